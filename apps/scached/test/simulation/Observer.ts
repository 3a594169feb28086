import { type Descriptor, Errno, type Outcome, type SimulatedSystemCalls, type SystemCallsShape } from "@scached/fdpass"
import { Channel } from "@scached/reactor"
import type { CacheServer } from "../../src/cache/CacheServer.ts"
import type { CacheSettings } from "../../src/cache/CacheSettings.ts"
import { watchTimes } from "../../src/cache/ConnectionCache.ts"
import { Conversation } from "./Conversation.ts"
import type { ConversationContext } from "./ConversationContext.ts"
import { forbidding } from "./forbidding.ts"
import { Model, type ModelConnection } from "./Model.ts"
import { peerStateOf } from "./peerState.ts"
import { SimulationFailure } from "./Report.ts"
import { describe } from "./words.ts"

type Process = SimulatedSystemCalls.SimulatedProcess

const isRetryable = (outcome: Outcome): boolean => outcome === -Errno.EAGAIN || outcome === -Errno.EINTR

/** Waits of the daemon at one moment of the clock before that counts as spinning. */
const waitsMax = 100_000

/** Virtual time in which what has to happen at once must have happened. */
const promptMillis = 500

/** What accept says where nothing is wrong with the listener. */
const passing: ReadonlySet<number> = new Set([Errno.EAGAIN, Errno.EINTR, Errno.ECONNABORTED])

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
  readonly #limits: CacheSettings
  readonly #oddRate: number
  readonly #random: SimulatedSystemCalls.SeededRandom
  readonly #context: ConversationContext
  readonly #sockets = new Map<number, Conversation>()
  readonly #describe: () => string
  readonly #channels = new WeakMap<Channel, Conversation>()
  #added: Conversation | undefined
  #active: Conversation | undefined
  #turnMillis = 0
  #waits = 0
  #waitedAtMillis = -1
  /** The number of the listening socket, since when somebody waits there, and whether accepting fails. */
  #listener: number | undefined
  #pendingSinceMillis: number | undefined
  #isAcceptTroubled = false

  /**
   * Where system calls take time, a client that has had its share of a turn is seen to owe something one turn later than it does: its
   * deadline is then known to a millisecond only.
   */
  readonly #slackMillis: number

  constructor(process: Process, limits: CacheSettings, describe: () => string, oddRate: number) {
    this.#process = process
    this.#oddRate = oddRate
    this.#random = process.kernel.random.fork()
    this.#slackMillis = process.kernel.options.callMillis > 0 ? 1 : 0
    this.#describe = describe
    this.#limits = limits
    this.model = new Model(limits, (number) => peerStateOf(process, number))
    this.#context = {
      model: this.model,
      requestBytesMax: limits.requestBytesMax,
      get exchangeMillisMax() {
        return limits.exchangeSecondsMax * 1000
      },
      nowMillis: () => this.#turnMillis,
      refused: (label) => this.#refused(label),
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

  /** Runs the daemon, and hears each answer when it is made. Its channel is that of the socket that was watched just before the first. */
  listening<A>(run: () => A): A {
    const original = Channel.prototype.sendAfterReads
    const makes = (channel: Channel, bytes: Uint8Array) => this.#makes(channel, bytes)
    Channel.prototype.sendAfterReads = function (this: Channel, bytes) {
      makes(this, bytes)
      return original.call(this, bytes)
    }
    try {
      return run()
    } finally {
      Channel.prototype.sendAfterReads = original
    }
  }

  #makes(channel: Channel, bytes: Uint8Array): void {
    const conversation = this.#channels.get(channel) ?? this.#added
    if (conversation === undefined) return this.fail("an answer was made for nobody")
    this.#channels.set(channel, conversation)
    this.#enter(conversation)
    conversation.making(bytes)
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
    const ended = counts["handed over"] + counts.expired + counts.evicted + counts.dead + counts["shut down"]
    if (ended !== counts.saved) this.fail(`${counts.saved} connections were saved, and ${ended} ended`)
  }

  #observe(calls: SystemCallsShape): SystemCallsShape {
    return {
      ...calls,
      ...forbidding(calls, (name) => {
        if (this.server !== undefined && !this.isShutDown) this.fail(`the daemon calls ${name} while it serves`)
      }),
      peek: (socket) => {
        if (!this.#isOdd()) return calls.peek(socket)
        const cached = this.model.byNumber(this.#process.inspect(socket).number)
        if (cached !== undefined) cached.isUnlooked = true
        return -Errno.EINTR
      },
      peerCredentials: (socket) => {
        if (!this.#isOdd()) return calls.peerCredentials(socket)
        const { number } = this.#process.inspect(socket)
        const cached = this.model.byNumber(number)
        if (cached !== undefined) cached.isUnwatched = true
        // Nobody knows who it is.
        if (this.#limits.access !== undefined) this.#sockets.get(number)?.refuse()
        return -Errno.ENOBUFS
      },
      epollModify: (epoll, watched, readiness, token) => {
        if (!this.#isOdd()) return calls.epollModify(epoll, watched, readiness, token)
        const conversation = this.#sockets.get(this.#process.inspect(watched).number)
        if (conversation !== undefined) conversation.mustClose = "its socket cannot be watched"
        return -Errno.ENOMEM
      },
      accept: (listener) => {
        this.#enter(undefined)
        this.#listener = this.#process.inspect(listener).number
        const socket = calls.accept(listener)
        if (typeof socket !== "number") this.#accepted(socket)
        this.#isAcceptTroubled = typeof socket === "number" && !passing.has(-socket)
        return socket
      },
      epollAdd: (epoll, watched, readiness, token) => {
        const outcome = calls.epollAdd(epoll, watched, readiness, token)
        const conversation = this.#sockets.get(this.#process.inspect(watched).number)
        if (outcome < 0 && conversation !== undefined) conversation.mustClose = "its socket cannot be watched"
        this.#added = conversation
        const cached = this.model.byNumber(this.#process.inspect(watched).number)
        if (outcome < 0 && cached !== undefined) cached.isUnwatched = true
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

  /** Whether a call fails that the simulated kernel never lets fail. */
  #isOdd(): boolean {
    return this.#oddRate > 0 && this.server !== undefined && !this.isShutDown && this.#random.chance(this.#oddRate)
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
    const peer = this.#process.kernel.processes.find(({ name }) => name === conversation.name)?.credentials
    if (peer !== undefined && this.#limits.access?.admits(peer, () => []) === false) conversation.refuse()
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
      if (each === this.#active) each.settleSilent()
      // One for which there is no room, or one whose client ends. Anything else is a stray.
      if (each.savingLabel === undefined) each.incoming = undefined
      else each.incoming.isClosed = true
    }
  }

  /** A save is refused: only where one more is too many, and nobody has to give way. */
  #refused(label: string): void {
    this.model.counts.refused++
    if (this.model.excess(label) === undefined) this.fail(`a connection was not saved although there is room: ${label}`)
    // Among labels with equally many, the store may choose the one that need not give way.
    const victims = this.model.victimsFor(label, this.#turnMillis).filter((each) => each.label !== label)
    if (victims.length > 0)
      this.fail(`a connection was not saved, others hold more: ${victims.map(describe).join("; ")}`)
  }

  /** Whether a cached connection may make room for the save that the daemon carries out now; whose it is, no call may have told. */
  #makesRoom(connection: ModelConnection): boolean {
    this.#active?.settleSilent()
    const candidates = this.#active === undefined ? this.#sockets.values() : [this.#active]
    for (const { savingLabel } of candidates) {
      if (savingLabel !== undefined && this.model.victimsFor(savingLabel, this.#turnMillis).includes(connection))
        return true
    }
    return false
  }

  #closingCached(connection: NonNullable<ReturnType<Model["byNumber"]>>): void {
    if (connection.fate === "leased") {
      for (const each of this.#sockets.values()) {
        if (each.lease !== connection) continue
        this.#enter(each)
        each.settleSilent()
        if (each.lease === connection) each.conclude(this.isShutDown, -Errno.ECONNRESET)
      }
    }
    if (connection.fate === "cached" && this.#makesRoom(connection)) {
      return this.model.closed(connection, connection.deadlineMillis <= this.#turnMillis ? "expired" : "evicted")
    }
    if (connection.fate === "closing") return this.model.closed(connection, connection.ending)
    if (connection.deadlineMillis <= this.#turnMillis) return this.model.closed(connection, "expired")
    if (connection.fate === "cached" && this.model.isDisturbed(connection)) return this.model.closed(connection, "dead")
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
        this.#checkPeer(each, now)
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
    this.#checkDoor(now)
    const open = 2 + server.reserved() + this.#sockets.size + cached + leased + strays
    if (this.#process.openCount !== open) {
      this.fail(
        `${this.#process.openCount} descriptors are open, must be ${open}: ${this.#sockets.size} clients, ${cached} cached, ${leased} leased`
      )
    }
  }

  /** A cached connection whose peer has ended it leaves with the next look at the latest. */
  #checkPeer(connection: ModelConnection, now: number): void {
    if (connection.isUnwatched || !this.model.isDisturbed(connection)) return
    connection.deadSinceMillis ??= now
    const { afterMillis, looks } = watchTimes
    const watchedSince = connection.restsSinceMillis + 1.5 * afterMillis
    if (now > Math.max(connection.deadSinceMillis, watchedSince) + looks.everyMillis + promptMillis)
      this.fail(
        `still cached although its peer has ended it at ${connection.deadSinceMillis} ms: ${describe(connection)}`
      )
  }

  /** No more clients than may be, and nobody waits while there is a place. */
  #checkDoor(now: number): void {
    const { clientsMax } = this.#limits
    if (this.#sockets.size > clientsMax)
      this.fail(`${this.#sockets.size} clients are served, at most ${clientsMax} may be`)
    const file = this.#listener === undefined ? undefined : this.#process.fileOf(this.#listener)
    const isWaiting = file !== undefined && "pendingCount" in file && Number(file.pendingCount) > 0
    if (!isWaiting || this.#isAcceptTroubled || this.#sockets.size === clientsMax) this.#pendingSinceMillis = undefined
    else this.#pendingSinceMillis ??= now
    if (now > (this.#pendingSinceMillis ?? now) + promptMillis)
      this.fail("a client waits although there is a place for it")
  }
}
