import { type Descriptor, Errno, type Outcome, type SimulatedSystemCalls, type SystemCallsShape } from "@scached/fdpass"
import type { CacheServer } from "../../src/cache/CacheServer.ts"
import type { CacheSettings } from "../../src/cache/CacheSettings.ts"
import { Conversation, type ConversationContext, describe } from "./Conversation.ts"
import { Model } from "./Model.ts"
import { SimulationFailure } from "./Report.ts"

type Process = SimulatedSystemCalls.SimulatedProcess

const isRetryable = (outcome: Outcome): boolean => outcome === -Errno.EAGAIN || outcome === -Errno.EINTR

/** Waits of the daemon at one moment of the clock before that counts as spinning. */
const waitsMax = 100_000

/**
 * Stands between the daemon and its system calls, and holds each of them against the model: what it sends, in which order, which descriptors
 * it passes and closes, and what it leaves undone when it goes to sleep.
 */
export class Observer {
  readonly model: Model
  readonly calls: SystemCallsShape
  readonly conversations = new Map<string, Conversation>()
  /** The running daemon, for its own figures. */
  server: CacheServer | undefined
  /** From here on it may close everything, and must. */
  isShutDown = false
  /** The first thing that was wrong, with the state of the machine at that moment. */
  failure: SimulationFailure | undefined
  sleeps = 0
  readonly #process: Process
  readonly #context: ConversationContext
  readonly #sockets = new Map<number, Conversation>()
  readonly #describe: () => string
  #active: Conversation | undefined
  #turnMillis = 0
  #waits = 0
  #waitedAtMillis = -1

  /**
   * Where system calls take time, a client that has had its share of a turn is seen to owe something one turn later than it does: its
   * deadline is then known to a millisecond only.
   */
  readonly #slackMillis: number

  constructor(process: Process, limits: CacheSettings, describe: () => string) {
    this.#process = process
    this.#slackMillis = process.kernel.options.callMillis > 0 ? 1 : 0
    this.#describe = describe
    this.model = new Model(limits.ttlSecondsMax)
    this.#context = {
      model: this.model,
      requestBytesMax: limits.requestBytesMax,
      exchangeMillisMax: limits.exchangeSecondsMax * 1000,
      nowMillis: () => this.#turnMillis,
      fail: (message) => this.fail(message)
    }
    this.calls = this.#observe(process.calls)
    // Descriptors are closed by value and not through the calls. What a process closes with is looked up each time it opens one.
    const closeNumber = process.closeNumber
    const observed = (number: number): void => {
      this.#closing(number)
      closeNumber(number)
    }
    Object.assign(process, { closeNumber: observed })
  }

  /** The conversation of a client that is about to connect. */
  expect(name: string): Conversation {
    const conversation = new Conversation(name, this.#context)
    this.conversations.set(name, conversation)
    return conversation
  }

  fail(message: string): void {
    this.failure ??= new SimulationFailure(message, this.#describe())
  }

  get openConversations(): number {
    return this.#sockets.size
  }

  /** After the end: nothing may be left open but what was there before. */
  checkEnded(openBefore: number): void {
    this.#enter(undefined)
    for (const each of this.model.held) this.fail(`still held at the end: ${describe(each)}`)
    for (const each of this.#sockets.values()) this.fail(`${each.name}: still connected at the end`)
    if (this.#process.openCount !== openBefore) {
      this.fail(`${this.#process.openCount} descriptors are open at the end, there were ${openBefore} before`)
    }
    const { counts } = this.model
    const ended = counts["handed over"] + counts.expired + counts["shut down"]
    if (ended !== counts.saved) this.fail(`${counts.saved} connections were saved, and ${ended} ended`)
  }

  #observe(calls: SystemCallsShape): SystemCallsShape {
    return {
      ...calls,
      accept: (listener) => {
        this.#enter(undefined)
        const socket = calls.accept(listener)
        if (typeof socket !== "number") this.#accepted(socket)
        return socket
      },
      epollAdd: (epoll, watched, readiness, token) => {
        const outcome = calls.epollAdd(epoll, watched, readiness, token)
        const conversation = this.#sockets.get(this.#process.inspect(watched).number)
        if (outcome < 0 && conversation !== undefined) conversation.mustClose = "its socket cannot be watched"
        return outcome
      },
      receive: (socket, into, bytesMax) => {
        const conversation = this.#conversationOf(socket)
        // What it read before is dealt with when it reads again.
        this.#enter(undefined)
        this.#enter(conversation)
        const outcome = calls.receive(socket, into, bytesMax)
        if (outcome > 0) {
          const descriptor = into.takeDescriptor()
          conversation.received(outcome, descriptor === undefined ? undefined : this.#process.inspect(descriptor))
          into.putDescriptor(descriptor)
        } else if (!isRetryable(outcome)) conversation.end = outcome
        return outcome
      },
      send: (socket, bytes) => {
        const conversation = this.#conversationOf(socket)
        this.#enter(conversation)
        conversation.sending(bytes)
        const outcome = calls.send(socket, bytes)
        conversation.sendingDone(outcome, isRetryable(outcome))
        if (outcome < 0 && !isRetryable(outcome)) conversation.mustClose = "an answer was lost"
        return outcome
      },
      sendDescriptor: (socket, passed) => {
        const conversation = this.#conversationOf(socket)
        this.#enter(conversation)
        conversation.sendingDescriptor(this.#process.inspect(passed).number)
        const outcome = calls.sendDescriptor(socket, passed)
        conversation.sendingDescriptorDone(outcome, isRetryable(outcome))
        return outcome
      },
      epollWait: (epoll, batch, timeoutMillis) => {
        this.#enter(undefined)
        this.#countWait()
        if (timeoutMillis !== 0 && this.server !== undefined) this.#checkAsleep(timeoutMillis, this.server)
        if (this.failure !== undefined) throw this.failure
        return calls.epollWait(epoll, batch, timeoutMillis)
      },
      monotonicMillis: () => {
        this.#enter(undefined)
        this.#turnMillis = calls.monotonicMillis()
        return this.#turnMillis
      }
    }
  }

  #enter(conversation: Conversation | undefined): void {
    if (this.#active === conversation) return
    this.#active?.rest()
    this.#active = conversation
  }

  #accepted(socket: Descriptor): void {
    const { label, number } = this.#process.inspect(socket)
    // The kernel labels the socket with the name of the process that connected it.
    const conversation = this.conversations.get(label.replace(/^.*, from /, ""))
    if (conversation === undefined) throw new Error(`nobody knows "${label}"`)
    conversation.acceptedAtMillis = this.#process.kernel.nowMillis
    this.#sockets.set(number, conversation)
  }

  #conversationOf(socket: Descriptor): Conversation {
    const { number } = this.#process.inspect(socket)
    const conversation = this.#sockets.get(number)
    if (conversation === undefined) throw new Error(`descriptor ${number} belongs to no client`)
    return conversation
  }

  /** Every close must have its reason at that moment. */
  #closing(number: number): void {
    const conversation = this.#sockets.get(number)
    if (conversation !== undefined) {
      this.#enter(conversation)
      conversation.conclude(this.isShutDown, -Errno.ECONNRESET)
      conversation.closedAtMillis = this.#process.kernel.nowMillis
      conversation.incoming = undefined
      this.#sockets.delete(number)
      return
    }
    const connection = this.model.byNumber(number)
    if (connection !== undefined) return this.#closingCached(connection)
    for (const each of this.#sockets.values()) {
      if (each.incoming?.number !== number) continue
      // A stray. Were it not one, it would be missed when its save is answered.
      if (each === this.#active) each.settleSilent()
      each.incoming.isClosed = true
      each.incoming = undefined
    }
  }

  #closingCached(connection: NonNullable<ReturnType<Model["byNumber"]>>): void {
    if (connection.fate === "leased") {
      for (const each of this.#sockets.values()) {
        if (each.lease !== connection) continue
        this.#enter(each)
        each.settleSilent()
        if (each.lease === connection) each.conclude(this.isShutDown, -Errno.ECONNRESET)
      }
    } else this.#enter(undefined)
    if (connection.fate === "closing") return this.model.closed(connection, connection.ending)
    if (connection.deadlineMillis <= this.#turnMillis) return this.model.closed(connection, "expired")
    if (!this.isShutDown) this.fail(`closed before its time, at ${this.#turnMillis} ms: ${describe(connection)}`)
    this.model.closed(connection, "shut down")
  }

  #countWait(): void {
    const { nowMillis } = this.#process.kernel
    this.#waits = this.#waitedAtMillis === nowMillis ? this.#waits + 1 : 0
    this.#waitedAtMillis = nowMillis
    if (this.#waits > waitsMax) this.fail(`the daemon spins: ${waitsMax} turns at ${nowMillis} ms`)
  }

  /** The daemon is about to wait: all that it can do is done, and it will wake up in time. */
  #checkAsleep(timeoutMillis: number, server: CacheServer): void {
    this.sleeps++
    const now = this.#turnMillis
    let dueMillis = Number.POSITIVE_INFINITY
    for (const each of this.#sockets.values()) {
      each.checkAsleep(now - this.#slackMillis)
      dueMillis = Math.min(dueMillis, each.dueMillis + this.#slackMillis)
    }
    let cached = 0
    let leased = 0
    for (const each of this.model.held) {
      if (each.fate === "cached") {
        cached++
        dueMillis = Math.min(dueMillis, each.deadlineMillis)
        if (each.deadlineMillis <= now) this.fail(`not closed although expired: ${describe(each)}`)
      } else if (each.fate === "leased") leased++
      else this.fail(`not closed: ${describe(each)}`)
    }
    const wakeMillis = timeoutMillis < 0 ? Number.POSITIVE_INFINITY : now + timeoutMillis
    // epoll_wait knows whole milliseconds only.
    if (wakeMillis >= dueMillis + 1) this.fail(`asleep until ${wakeMillis} ms, something is due at ${dueMillis} ms`)
    const { connections, leases } = server.sizes
    if (connections !== cached || leases !== leased) {
      this.fail(`says it has ${connections} connections and ${leases} leases, must be ${cached} and ${leased}`)
    }
    let strays = 0
    for (const each of this.#sockets.values()) if (each.incoming !== undefined) strays++
    const open = 2 + this.#sockets.size + cached + leased + strays
    if (this.#process.openCount !== open) {
      this.fail(
        `${this.#process.openCount} descriptors are open, must be ${open}: ${this.#sockets.size} clients, ${cached} cached, ${leased} leased`
      )
    }
  }
}
