/** What hostile clients do to a cache, and what it does then, in words that are alike from run to run. */
import type { SystemCalls } from "@scached/fdpass"
import { AttributeList, CacheExchange, Conversation } from "@scached/interop"
import { becomes, openDescriptors, residentKib } from "./Daemon.ts"
import type { RudeSender } from "./RudeSender.ts"
import { isHeld, offer, Visitor } from "./Visitor.ts"

/** A cache under attack. */
export interface Victim {
  readonly calls: SystemCalls["Service"]
  readonly socketPath: string
  readonly pid: number
  readonly rude: RudeSender
}

/** An attack: what is done, and what scached must do. */
export interface HostileCase {
  readonly name: string
  /** The words that `run` must give for scached; scache(8)'s are only observed. */
  readonly scached: string
  readonly run: (victim: Victim) => string
}

const ttlSeconds = 100
const answerMillisMax = 1_500
const floodBytesMax = 20 * 2 ** 20
const sendTriesMax = 2_000
const roomOfDescriptors = 12

const enter = ({ calls, socketPath }: Victim): Visitor => new Visitor(calls, socketPath)

const greeted = (victim: Victim): Visitor => {
  const visitor = enter(victim)
  visitor.conversation.expect(AttributeList.greeting)
  return visitor
}

const ask = (visitor: Visitor): string => {
  visitor.throwAt(AttributeList.request.findEndpoint("never saved"))
  return visitor.conversation.hearsWithin(answerMillisMax) ? "others are answered" : "all others wait"
}

/** Saves a connection; its far end stays open. */
const save = (victim: Victim, visitor: Visitor, label: string): ReturnType<typeof offer> => {
  const offered = offer(victim.calls)
  CacheExchange.saveEndpoint(visitor.conversation, { ttlSeconds, label, properties: "p" }, offered)
  return offered
}

const growth = (kib: number): string =>
  kib < 16 * 1024 ? "grows by less than 16 MB" : `grows by ${Math.round(kib / 10_240) * 10} MB`

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

const heard = (visitor: Visitor): string => {
  if (!visitor.conversation.hearsWithin(answerMillisMax)) return "no answer"
  const { bytes, descriptors, ended } = visitor.conversation.takeArrived()
  for (const each of descriptors) each.close()
  const status = /status\0(\d)/.exec(bytes.toString("latin1"))?.[1]
  const words = status === undefined ? (bytes.length === 0 ? [] : ["an answer without status"]) : [`status ${status}`]
  return [...words, ...(ended ? ["disconnected"] : [])].join(", ")
}

/** All cases. */
export const hostileCases: ReadonlyArray<HostileCase> = [
  {
    name: "a client stops inside a request",
    scached: "others are answered",
    run: (victim) => {
      const other = greeted(victim)
      greeted(victim).throwAt(AttributeList.request.findEndpoint("x").subarray(0, 12))
      return ask(other)
    }
  },
  {
    name: "a client stops between its find and the descriptor",
    scached: "others are answered",
    run: (victim) => {
      const [saver, other, finder] = [greeted(victim), greeted(victim), greeted(victim)]
      save(victim, saver, "E")
      finder.throwAt(AttributeList.request.findEndpoint("E"))
      finder.conversation.expect(AttributeList.found.endpoint(0, "p"))
      return ask(other)
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
      return `${heard(visitor)}; ${growth(residentKib(victim.pid) - before)}`
    }
  },
  {
    name: "a client dies between the find's reply and the descriptor",
    scached: "the connection is back in its place",
    run: (victim) => {
      const [saver, finder] = [greeted(victim), greeted(victim)]
      const { mark } = save(victim, saver, "E")
      save(victim, saver, "E")
      finder.throwAt(AttributeList.request.findEndpoint("E"))
      finder.conversation.expect(AttributeList.found.endpoint(0, "p"))
      const before = openDescriptors(victim.pid)
      finder.leave()
      becomes(() => openDescriptors(victim.pid) < before)
      const found = CacheExchange.findEndpoint(victim.calls, saver.conversation, "E", "p")
      return found === mark ? "the connection is back in its place" : "the connection is lost"
    }
  },
  {
    name: "a client dies with the descriptor unread",
    scached: "the connection is back in its place",
    run: (victim) => {
      const [saver, finder] = [greeted(victim), greeted(victim)]
      const offered = save(victim, saver, "E")
      finder.throwAt(AttributeList.request.findEndpoint("E"))
      finder.conversation.expect(AttributeList.found.endpoint(0, "p"))
      finder.throwAt(AttributeList.dummy)
      finder.conversation.hearsWithin(answerMillisMax)
      const before = openDescriptors(victim.pid)
      finder.leave()
      becomes(() => openDescriptors(victim.pid) < before)
      return isHeld(victim.calls, offered) ? "the connection is back in its place" : "the connection is lost"
    }
  },
  {
    name: "two descriptors in one message",
    scached: "status 0; nothing leaks",
    run: (victim) => {
      const visitor = greeted(victim)
      const base = openDescriptors(victim.pid)
      visitor.throwAt(AttributeList.request.saveEndpoint(ttlSeconds, "E", "p"))
      visitor.conversation.expect(AttributeList.dummy)
      const offered = offer(victim.calls)
      victim.rude.sendCopies(visitor.socket, offered.near, 2)
      const answer = heard(visitor)
      visitor.leave()
      const kept = answer === "status 0" ? 1 : 0
      const rest = () => openDescriptors(victim.pid) - (base - 1) - kept
      becomes(() => rest() === 0, 1_000)
      return `${answer}; ${rest() === 0 ? "nothing leaks" : `${rest()} leaked`}`
    }
  },
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
    name: "three requests in one write",
    scached: "3 answers",
    run: (victim) => {
      const visitor = greeted(victim)
      const request = AttributeList.request.findEndpoint("x")
      visitor.throwAt(Buffer.concat([request, request, request]))
      let text = ""
      while (visitor.conversation.hearsWithin(300)) text += visitor.conversation.takeArrived().bytes.toString("latin1")
      const answers = text.split("status").length - 1
      return `${answers} ${answers === 1 ? "answer" : "answers"}`
    }
  },
  {
    name: "an empty list",
    scached: "status 1",
    run: (victim) => {
      const visitor = greeted(victim)
      visitor.throwAt(AttributeList.list())
      return heard(visitor)
    }
  },
  {
    name: "a request, and no more is sent (half-closed)",
    scached: "status 2",
    run: (victim) => {
      const visitor = greeted(victim)
      visitor.throwAt(AttributeList.request.findEndpoint("x"))
      victim.rude.halfClose(visitor.socket)
      return heard(visitor).replace(", disconnected", "")
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
    name: "a cached connection that its destination has closed",
    scached: "is not handed out",
    run: (victim) => {
      const visitor = greeted(victim)
      save(victim, visitor, "E").far.close()
      visitor.throwAt(AttributeList.request.findEndpoint("E"))
      return heard(visitor) === "status 0" ? "is handed out dead" : "is not handed out"
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

const setDescriptorsMax = (pid: number, count: number): void => {
  Bun.spawnSync(["prlimit", "--pid", String(pid), `--nofile=${count}:`])
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
