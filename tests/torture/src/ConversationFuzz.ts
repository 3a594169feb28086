/** Conversations with one thing wrong, had with a running daemon and with the reference at once: each answer must be the same. */
import type { SystemCalls } from "@scached/fdpass"
import { MarkedConnection } from "@scached/interop"
import { type CheckOptions, type CheckResult, check } from "./Check.ts"
import { type Cut, type Exchange, labelMark, type Visit, visit } from "./ConversationCase.ts"
import { becomes, type Daemon, describeDescriptors, openDescriptors } from "./Daemon.ts"
import { Polite } from "./Polite.ts"
import { listOf, ReferenceServer, type ReferenceState } from "./ReferenceServer.ts"
import { ReferenceStore } from "./ReferenceStore.ts"
import type { RudeSender } from "./RudeSender.ts"
import { isHeld, type Offered, offer, Visitor } from "./Visitor.ts"

/** What a fuzzer of a running daemon needs. */
export interface Arena {
  readonly calls: SystemCalls["Service"]
  readonly daemon: Daemon
  /** Anew after a failure, which may have left it inside an exchange. */
  polite: Polite
  readonly rude: RudeSender
  /** Descriptors passed so far, for the report. */
  passed: number
}

const latin1 = (text: string): Buffer => Buffer.from(text, "latin1")

const piecesOf = (text: string, cut: Cut): ReadonlyArray<string> => {
  if (cut === "byte by byte") return [...text]
  const middle = text.length >> 1
  return cut === "in two" && middle > 0 ? [text.slice(0, middle), text.slice(middle)] : [text]
}

/** One visit, in which the daemon must do as the reference. */
class Stay {
  readonly #arena: Arena
  readonly #prefix: string
  readonly #store = new ReferenceStore()
  readonly #reference = new ReferenceServer(this.#store)
  readonly #visitor: Visitor
  readonly #offered = new Map<string, Offered>()
  #heard = 0

  readonly #descriptorsBefore: number

  constructor(arena: Arena, prefix: string) {
    this.#arena = arena
    this.#descriptorsBefore = openDescriptors(arena.daemon.pid)
    this.#prefix = prefix
    this.#visitor = new Visitor(arena.calls, arena.daemon.socketPath)
  }

  go({ exchanges, half, end }: Visit): void {
    this.#hear()
    const [last, ...before] = [...exchanges].reverse()
    for (const each of before.reverse()) this.#exchange(each, false)
    if (last !== undefined) this.#exchange(last, end === "unread")
    const isUnread = end === "unread" && this.#waits()
    if (!isUnread) this.#stopHalfWay(half)
    if (end === "half-close" && this.#reference.state !== "over") {
      this.#arena.rude.halfClose(this.#visitor.socket)
      this.#visitor.conversation.expectEnd()
    }
    this.#reference.leave(!isUnread)
    this.#visitor.leave()
    this.#compareHoldings()
    this.#takeAllBack()
  }

  /** Lets go of what is still open after a failure. */
  abandon(): void {
    this.#visitor.leave()
    for (const { near, far } of this.#offered.values()) {
      for (const each of [near, far]) if (each.isOwned) each.close()
    }
  }

  #exchange(exchange: Exchange, isLast: boolean): void {
    if (this.#state() === "over") return
    if (exchange.kind === "stray descriptor") return this.#pass(1, isLast)
    const awaits = exchange.kind === "save" ? "descriptor" : "first dummy"
    const text = listOf(...exchange.pairs).replaceAll(labelMark, this.#prefix)
    this.#write(text, exchange.cut, isLast)
    if (this.#state() !== awaits || this.#waits()) return
    if (exchange.kind === "save") return this.#pass(exchange.cargo, isLast)
    this.#write(exchange.dummies[0], "whole", isLast)
    if (this.#waits()) return
    if (this.#state() === "last dummy") this.#write(exchange.dummies[1], "whole", isLast)
  }

  #write(text: string, cut: Cut, isLast: boolean): void {
    for (const piece of piecesOf(text, cut)) {
      if (this.#reference.state === "over") break
      this.#visitor.throwAt(latin1(piece))
      this.#reference.feed(piece)
      // Whoever stalls inside a request delays nobody.
      if (cut === "in two") this.#arena.polite.miss()
    }
    this.#answer(isLast)
  }

  #pass(count: Exchange["cargo"], isLast: boolean): void {
    if (count === 0) {
      this.#visitor.throwAt(Buffer.of(0))
      this.#reference.feed("\0")
    } else {
      const offered = offer(this.#arena.calls)
      this.#offered.set(offered.mark, offered)
      if (count === 1) this.#visitor.conversation.sendDescriptor(offered.near)
      else this.#arena.rude.sendCopies(this.#visitor.socket, offered.near, count)
      offered.near.close()
      this.#arena.passed += count
      this.#reference.feed("\0", offered.mark)
    }
    this.#answer(isLast)
  }

  #state(): ReferenceState {
    return this.#reference.state
  }

  #waits(): boolean {
    return this.#heard < this.#reference.said.length
  }

  /** Hears what must have been said; the last time only that something was. */
  #answer(isLast: boolean): void {
    if (!isLast) return this.#hear()
    if (this.#waits() && !this.#visitor.conversation.hearsWithin(5_000))
      throw new Error("the last answer does not come")
  }

  #hear(): void {
    const { conversation } = this.#visitor
    for (const said of this.#reference.said.slice(this.#heard)) {
      if (said._tag === "Bytes") conversation.expect(latin1(said.bytes))
      else {
        const mark = MarkedConnection.closeAndTellMark(this.#arena.calls, conversation.expectDescriptor())
        if (mark !== said.id) throw new Error(`it handed out ${mark} instead of ${said.id}`)
      }
    }
    this.#heard = this.#reference.said.length
    if (this.#reference.state === "over") return conversation.expectEnd()
    this.#arena.polite.miss()
    if (conversation.hearsWithin(0)) conversation.expectSilence(0)
  }

  #stopHalfWay(half: number): void {
    if (half === 0 || this.#reference.state !== "request") return
    const request = listOf(["request", "save_endp"], ["ttl", "1000"], ["label", this.#prefix], ["property", ""])
    const piece = request.slice(0, Math.min(half, request.length - 1))
    this.#visitor.throwAt(latin1(piece))
    this.#reference.feed(piece)
    this.#hear()
  }

  /** What the daemon holds is what the reference holds: no connection is lost, none is leaked. */
  #compareHoldings(): void {
    const kept = new Set(this.#store.kept.map(({ id }) => id))
    const held = (): ReadonlyArray<string> =>
      [...this.#offered.values()].filter((each) => isHeld(this.#arena.calls, each)).map(({ mark }) => mark)
    const isRight = () => held().length === kept.size && held().every((mark) => kept.has(mark))
    if (!becomes(isRight)) {
      throw new Error(`it holds ${held().join(" ")}; it should hold ${[...kept].join(" ")}`)
    }
    // Only now has it noticed that the client left: before, a connection may still be on its way to that one.
    this.#mustHaveOpen(this.#descriptorsBefore + kept.size)
  }

  /** Finds everything again, in its order, so that the daemon is as empty as before. */
  #takeAllBack(): void {
    for (const { label, properties, id } of this.#store.kept) {
      const mark = this.#arena.polite.find(label, properties)
      if (mark !== id) throw new Error(`the next connection was ${mark} instead of ${id}`)
    }
    for (const { far } of this.#offered.values()) far.close()
    this.#mustHaveOpen(this.#descriptorsBefore)
  }

  #mustHaveOpen(count: number): void {
    const { pid } = this.#arena.daemon
    if (becomes(() => openDescriptors(pid) === count)) return
    const found = `the daemon has ${openDescriptors(pid)} descriptors open instead of ${count}`
    throw new Error(`${found}: ${describeDescriptors(pid)}`)
  }
}

let visits = 0

/** Has visits one after the other; after each, the daemon has as many descriptors open as before. */
export const fuzzConversations = (arena: Arena, options: CheckOptions): CheckResult =>
  check("conversations", visit, options, (value) => {
    const stay = new Stay(arena, `visit ${visits++} `)
    try {
      stay.go(value)
    } catch (cause) {
      stay.abandon()
      arena.polite.leave()
      arena.polite = new Polite(arena.calls, arena.daemon.socketPath, "polite")
      throw cause
    }
  })
