/** More of something than a cache has room for. */
import type { Descriptor } from "@scached/fdpass"
import { AttributeList, CacheExchange, Conversation } from "@scached/interop"
import { becomes, openDescriptors, residentKib } from "./Daemon.ts"
import {
  answerMillisMax,
  ask,
  enter,
  greeted,
  growth,
  type HostileCase,
  heard,
  othersAnswered,
  save,
  ttlSeconds,
  type Victim
} from "./HostileCase.ts"
import { offer, type Visitor } from "./Visitor.ts"

const floodBytesMax = 20 * 2 ** 20
const sendTriesMax = 2_000
const roomOfDescriptors = 12

/** Sends as long as the other side takes it. */
const pour = ({ calls }: Victim, visitor: Visitor, chunk: Uint8Array, bytesMax: number): void => {
  for (let sent = 0, tries = 0; sent < bytesMax && tries < sendTriesMax; ) {
    const outcome = calls.send(visitor.socket, chunk)
    if (outcome === -11) {
      tries++
      Bun.sleepSync(1)
    } else if (outcome < 0) return
    else {
      sent += outcome
      tries = 0
    }
  }
}

/** Connects and is gone, without waiting for anything; a full backlog is no reason to stop. */
const comeAndGo = ({ calls, socketPath }: Victim): void => {
  const socket = calls.socket()
  if (typeof socket === "number") return
  calls.connect(socket, socketPath)
  socket.close()
}

/** Saves one more copy of a connection; false when it is refused. */
const saveCopy = ({ calls }: Victim, saver: Visitor, near: Descriptor): boolean => {
  saver.throwAt(AttributeList.request.saveEndpoint(ttlSeconds, "E", "p"))
  saver.conversation.expect(AttributeList.dummy)
  calls.sendDescriptor(saver.socket, near)
  return heard(saver) === "status 0"
}

const setDescriptorsMax = (pid: number, count: number): void => {
  Bun.spawnSync(["prlimit", "--pid", String(pid), `--nofile=${count}:`])
}

/**
 * Waits until the cache has accepted all that wait in the backlog. A listening socket hands connections out in their order: a client that
 * is greeted has none before it. A full backlog refuses it until there is room.
 */
const drainBacklog = (victim: Victim): void => {
  const isGreeted = becomes(() => {
    try {
      greeted(victim).leave()
      return true
    } catch {
      return false
    }
  })
  if (!isGreeted) throw new Error("the backlog does not drain")
}

const goesOn = (victim: Victim): string => {
  try {
    const visitor = greeted(victim)
    save(victim, visitor, "later")
    CacheExchange.findEndpoint(victim.calls, visitor.conversation, "later", "p")
    return "goes on afterwards"
  } catch (cause) {
    if (cause instanceof Conversation.ConversationFailure) return "serves nobody afterwards"
    throw cause
  }
}

/** See the module. */
export const floodCases: ReadonlyArray<HostileCase> = [
  {
    name: "requests without end, answers never read",
    scached: "others are answered; grows by less than 16 MB",
    run: (victim) => {
      const [other, flood] = [greeted(victim), greeted(victim)]
      const before = residentKib(victim.pid)
      const request = AttributeList.request.findEndpoint("x".repeat(1_000))
      pour(victim, flood, Buffer.concat(Array<Buffer>(60).fill(request)), floodBytesMax)
      return `${ask(other)}; ${growth(residentKib(victim.pid) - before)}`
    }
  },
  {
    name: "a label of 200 MB",
    scached: "status 1, disconnected; grows by less than 16 MB",
    run: (victim) => {
      const visitor = greeted(victim)
      const before = residentKib(victim.pid)
      visitor.throwAt(Buffer.from("request\0find_endp\0label\0"))
      pour(victim, visitor, new Uint8Array(65_536).fill(0x78), 200 * 2 ** 20)
      pour(victim, visitor, Buffer.from("\0\0"), 2)
      visitor.conversation.hearsWithin(15_000)
      // What it has sent and nobody wants is thrown away first.
      const ends = ({ conversation }: Visitor) =>
        conversation.hearsWithin(answerMillisMax) && conversation.takeArrived().ended
      return `${heard(visitor, ends)}; ${growth(residentKib(victim.pid) - before)}`
    }
  },
  {
    name: "500 clients that say nothing",
    scached: "others are answered",
    run: (victim) => {
      const silent: Array<Visitor> = []
      for (let index = 0; index < 500; index++) {
        silent.push(enter(victim))
        // A listening socket holds a hundred that were not accepted yet.
        if (index % 50 === 49) silent.at(-1)?.conversation.hearsWithin(answerMillisMax)
      }
      const answer = ask(greeted(victim))
      for (const each of silent) each.leave()
      return answer
    }
  },
  {
    name: "20,000 clients that come and go at once",
    scached: "others are answered; grows by less than 32 MB; nothing leaks",
    run: (victim) => {
      const other = greeted(victim)
      const [base, before] = [openDescriptors(victim.pid), residentKib(victim.pid)]
      let waiting = 0
      for (let come = 0; come < 20_000; come++) {
        comeAndGo(victim)
        if (come % 1_000 === 0 && ask(other) !== othersAnswered) waiting++
      }
      const answers = waiting === 0 ? othersAnswered : `others wait ${waiting} times`
      // Before, the count may equal the base by chance, with the next ones still to be accepted.
      drainBacklog(victim)
      const isBack = becomes(() => openDescriptors(victim.pid) === base)
      const grown = growth(residentKib(victim.pid) - before, 32)
      return `${answers}; ${grown}; ${isBack ? "nothing leaks" : `${openDescriptors(victim.pid) - base} leaked`}`
    }
  },
  {
    name: "3000 connections saved under one label",
    scached: "others are answered; keeps 1000 at most",
    run: (victim) => {
      const [saver, other] = [greeted(victim), greeted(victim)]
      const base = openDescriptors(victim.pid)
      // One connection, of which each save passes a copy: that is as many descriptors.
      const { near } = offer(victim.calls)
      let refused = 0
      for (let count = 0; count < 3_000; count++) if (!saveCopy(victim, saver, near)) refused++
      const answer = ask(other)
      const kept = () => openDescriptors(victim.pid) - base
      // What had to make room is closed after the answer.
      const isBounded = becomes(() => kept() <= 1_000)
      return `${answer}; ${isBounded ? "keeps 1000 at most" : `keeps ${kept()}`}${refused === 0 ? "" : `, refuses ${refused}`}`
    }
  },
  {
    name: "15,000 bindings with labels of 60 KB",
    scached: "others are answered; grows by less than 500 MB",
    run: (victim) => {
      const [binder, other] = [greeted(victim), greeted(victim)]
      const before = residentKib(victim.pid)
      const endpoint = "e".repeat(60_000)
      for (let count = 0; count < 15_000; count++) {
        const fields = { ttlSeconds, label: `${count}`, properties: "", endpoint: `${count}${endpoint}` }
        CacheExchange.saveDestination(binder.conversation, fields)
      }
      return `${ask(other)}; ${growth(residentKib(victim.pid) - before, 500)}`
    }
  },
  {
    name: "its table of descriptors is full",
    scached: "status 2; others are answered; goes on afterwards",
    run: (victim) => {
      const [visitor, other] = [greeted(victim), greeted(victim)]
      const limit = openDescriptors(victim.pid) + roomOfDescriptors
      setDescriptorsMax(victim.pid, limit)
      let last = "status 0"
      for (let count = 0; last === "status 0" && count < 2 * roomOfDescriptors; count++) {
        visitor.throwAt(AttributeList.request.saveEndpoint(ttlSeconds, "E", "p"))
        if (heard(visitor) !== "an answer without status") break
        const offered = offer(victim.calls)
        victim.calls.sendDescriptor(visitor.socket, offered.near)
        offered.near.close()
        last = heard(visitor)
      }
      const others = openDescriptors(victim.pid) === 0 ? "it is gone" : ask(other)
      setDescriptorsMax(victim.pid, limit + 100)
      visitor.leave()
      return `${last}; ${others}; ${goesOn(victim)}`
    }
  }
]
