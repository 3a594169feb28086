import { type Descriptor, Errno, type PeerCredentials, type SystemCallsShape } from "@scached/fdpass"
import type * as SimulatedSystemCalls from "@scached/fdpass/testing"
import type { Channel } from "@scached/reactor"
import type { CacheServer } from "../../../src/cache/CacheServer.ts"
import type { CacheSettings } from "../../../src/settings/CacheSettings.ts"
import { Asleep } from "../client/Asleep.ts"
import { Conversation } from "../client/Conversation.ts"
import type { ConversationContext } from "../client/ConversationContext.ts"
import { forbidding } from "../forbidding.ts"
import { Model } from "../model/Model.ts"
import type { ModelConnection } from "../model/ModelConnection.ts"
import { OddFaults } from "../OddFaults.ts"
import { SimulationFailure } from "../Report.ts"
import { describe } from "../words.ts"
import { Clients } from "./Clients.ts"
import { Departures } from "./Departures.ts"
import { DescriptorNumbers } from "./DescriptorNumbers.ts"
import { type CallNotes, ObservedBatch } from "./ObservedBatch.ts"
import { isPassing, isRetryable } from "./outcomes.ts"
import { overhear } from "./overhear.ts"
import { peerStateOf } from "./peerState.ts"
import { Spinning } from "./Spinning.ts"

type Process = SimulatedSystemCalls.SimulatedProcess

/** What the daemon takes a peer for when the kernel tells nothing of it. */
const unknownPeer: PeerCredentials = { pid: 0, uid: -1, gid: -1 }

/**
 * Stands between the daemon and its system calls, and holds each of them against the model: what it sends, in which order, which descriptors
 * it passes and closes, and what it leaves undone when it goes to sleep.
 */
export class Observer {
  readonly model: Model
  readonly departures: Departures
  readonly calls: SystemCallsShape
  /** The running daemon, for its own figures. */
  server: CacheServer | undefined
  /** From here on it may close everything, and must. */
  isShutDown = false
  /** The first thing that was wrong, with the state of the machine at that moment. */
  failure: SimulationFailure | undefined
  /** Calls that fail in ways that the simulated kernel does not know. */
  readonly oddFaults: OddFaults
  readonly #process: Process
  readonly #clients: Clients
  readonly #asleep: Asleep
  readonly #context: ConversationContext
  readonly #describe: () => string
  readonly #numbers: DescriptorNumbers
  readonly #channels = new WeakMap<Channel, Conversation>()
  #added: Conversation | undefined
  #active: Conversation | undefined
  #turnMillis = 0
  readonly #spinning = new Spinning()
  #listener: number | undefined
  #isAcceptTroubled = false
  /** Whether the daemon's calls are made together. */
  readonly #isBatching: boolean

  constructor(process: Process, limits: CacheSettings, describe: () => string, oddRate: number, isBatching: boolean) {
    this.#process = process
    this.#isBatching = isBatching
    this.#describe = describe
    this.#numbers = new DescriptorNumbers(process)
    this.#clients = new Clients(process, limits)
    const fail = (message: string) => this.fail(message)
    this.model = new Model(limits, (number) => peerStateOf(process, number), fail)
    this.departures = new Departures(process, limits, fail)
    this.#context = {
      model: this.model,
      requestBytesMax: limits.requestBytesMax,
      isGreeting: limits.isGreeting,
      get exchangeMillisMax() {
        return limits.exchangeSecondsMax * 1000
      },
      nowMillis: () => this.#turnMillis,
      fail
    }
    this.#asleep = new Asleep({
      process,
      limits,
      model: this.model,
      departures: this.departures,
      conversations: () => [...this.#clients.connected()],
      listener: () => this.#listener,
      isAcceptTroubled: () => this.#isAcceptTroubled,
      isShutDown: () => this.isShutDown,
      slackMillis: process.kernel.options.callMillis > 0 ? 1 : 0,
      fail
    })
    const isServing = () => this.server !== undefined && !this.isShutDown
    this.oddFaults = new OddFaults(oddRate, process.kernel.random.fork(), isServing)
    this.calls = this.#observe(this.oddFaults.before(process.calls))
    // Descriptors are closed by value and not through the calls. What a process closes with is looked up each time it opens one.
    const closeNumber = process.closeNumber
    const observed = (number: number): void => {
      this.#closing(number)
      closeNumber(number)
    }
    Object.assign(process, { closeNumber: observed })
  }

  /** The conversations of all clients there were. */
  get conversations(): Iterable<Conversation> {
    return this.#clients.all
  }

  /** The conversation of a client that is about to connect. */
  expect(name: string): Conversation {
    const conversation = new Conversation(name, this.#context)
    this.#clients.expect(conversation)
    return conversation
  }

  /** The settings have changed, and with them who may be connected. */
  readmit(): void {
    this.#clients.readmit()
  }

  fail(message: string): void {
    this.failure ??= new SimulationFailure(message, this.#describe())
  }

  /** Runs the daemon, and hears what it does without a system call. */
  listening<A>(run: () => A): A {
    return overhear(
      {
        opens: (channel) => this.#opens(channel),
        makes: (channel, bytes) => this.#makes(channel, bytes),
        made: (channel) => this.#channels.get(channel)?.made(),
        pauses: (channel) => this.#rests(channel, true),
        resumes: (channel) => {
          this.#rests(channel, false)
          this.#enter(this.#channels.get(channel))
        },
        drains: () => {
          if (this.#active !== undefined) this.#active.isResting = false
        },
        putsBack: (descriptor) =>
          this.#clients.holderOf(this.model.byNumber(this.#numbers.of(descriptor)))?.settleSilent(),
        departs: (descriptor, octets) => {
          const number = this.#numbers.of(descriptor)
          const connection = this.model.byNumber(number)
          if (connection === undefined) this.fail(`farewell is said on descriptor ${number}, which is not cached`)
          else this.#closingCached(connection)
          this.departures.begun(number, octets)
        },
        decides: (decision) => {
          this.#active?.settleSilent()
          this.model.admission.decided(decision, this.#turnMillis)
        },
        numberOf: (descriptor) => this.#numbers.of(descriptor)
      },
      run
    )
  }

  #rests(channel: Channel, isResting: boolean): void {
    const conversation = this.#channels.get(channel)
    if (conversation !== undefined) conversation.isResting = isResting
  }

  /** A channel is that of the socket that was watched just before. */
  #opens(channel: Channel): void {
    if (this.#added !== undefined) this.#channels.set(channel, this.#added)
  }

  #makes(channel: Channel, bytes: Uint8Array): void {
    const conversation = this.#channels.get(channel)
    if (conversation === undefined) return this.fail("an answer was made for no client")
    this.#enter(conversation)
    conversation.making(bytes)
  }

  /** After the end: nothing may be left open but what was there before. */
  checkEnded(openBefore: number): void {
    this.#enter(undefined)
    for (const each of this.model.held) this.fail(`still held at the end: ${describe(each)}`)
    for (const each of this.#clients.connected()) this.fail(`${each.name}: still connected at the end`)
    if (this.#process.openCount !== openBefore) {
      this.fail(`${this.#process.openCount} descriptors are open at the end, there were ${openBefore} before`)
    }
    const imbalance = this.model.imbalance
    if (imbalance !== undefined) this.fail(imbalance)
  }

  #observe(calls: SystemCallsShape): SystemCallsShape {
    return {
      ...calls,
      ...forbidding(calls, (name) => {
        if (this.server !== undefined && !this.isShutDown) this.fail(`the daemon calls ${name} while it serves`)
      }),
      look: (descriptor, readiness, isThorough) => {
        const outcome = calls.look(descriptor, readiness, isThorough)
        const cached = this.model.byNumber(this.#numbers.of(descriptor))
        if (cached !== undefined && (outcome === -Errno.EINTR || outcome === -Errno.ENOMEM)) cached.isUnlooked = true
        return outcome
      },
      discardUnread: (socket, descriptorsMax) => {
        // It is about to be closed: at once, or when all that is in it is gone.
        const conversation = this.#conversationOf(socket)
        this.#enter(conversation)
        conversation.conclude(this.isShutDown, -Errno.ECONNRESET)
        return calls.discardUnread(socket, descriptorsMax)
      },
      peerCredentials: (socket) => {
        const credentials = calls.peerCredentials(socket)
        if (credentials !== -Errno.ENOBUFS) return credentials
        // Nobody knows whose it is; its groups are all that can let it in.
        this.#clients.admit(this.#clients.find(this.#numbers.of(socket)), unknownPeer)
        return credentials
      },
      peerGroups: (socket) => {
        const groups = calls.peerGroups(socket)
        if (typeof groups === "number") this.#clients.find(this.#numbers.of(socket))?.refuse()
        return groups
      },
      epollModify: (epoll, watched, readiness, token) => {
        const outcome = calls.epollModify(epoll, watched, readiness, token)
        const conversation = this.#clients.find(this.#numbers.of(watched))
        if (outcome < 0 && conversation !== undefined) conversation.mustClose = "its socket cannot be watched"
        return outcome
      },
      accept: (listener) => {
        this.#enter(undefined)
        this.#listener = this.#numbers.of(listener)
        const socket = calls.accept(listener)
        if (typeof socket !== "number") this.#clients.accepted(this.#process.inspect(socket))
        this.#isAcceptTroubled = typeof socket === "number" && !isPassing(socket)
        return socket
      },
      epollAdd: (epoll, watched, readiness, token) => {
        const outcome = calls.epollAdd(epoll, watched, readiness, token)
        if (this.#listener === this.#numbers.of(watched)) this.#isAcceptTroubled = outcome < 0
        const conversation = this.#clients.find(this.#numbers.of(watched))
        if (outcome < 0 && conversation !== undefined) conversation.mustClose = "its socket cannot be watched"
        this.#added = conversation
        const cached = this.model.byNumber(this.#numbers.of(watched))
        if (outcome < 0 && cached !== undefined) cached.isUnwatched = true
        return outcome
      },
      receive: (socket, into, bytesMax) => {
        const outcome = calls.receive(socket, into, bytesMax)
        this.#notes.received(socket, into, outcome)
        return outcome
      },
      send: (socket, bytes) => {
        const outcome = calls.send(socket, bytes)
        this.#notes.sent(socket, bytes, outcome)
        return outcome
      },
      writeElsewhere: (socket, bytes, done) => {
        this.departures.writing(this.#numbers.of(socket), bytes)
        return calls.writeElsewhere(socket, bytes, done)
      },
      sendDescriptor: (socket, passed) => {
        const outcome = calls.sendDescriptor(socket, passed)
        this.#notes.descriptorSent(socket, passed, outcome)
        return outcome
      },
      makeCallBatch: (capacity) => (this.#isBatching ? new ObservedBatch(calls, capacity, this.#notes) : undefined),
      poll: (batch, count) => {
        const outcome = calls.poll(batch, count)
        // Nobody was looked at; the next look will tell.
        if (outcome < 0) for (const each of this.model.held) each.deadSinceMillis = undefined
        return outcome
      },
      epollWait: (epoll, batch, timeoutMillis) => {
        this.#enter(undefined)
        const spinning = this.#spinning.waitedAt(this.#process.kernel.nowMillis)
        if (spinning !== undefined) this.fail(spinning)
        if (timeoutMillis !== 0 && this.server !== undefined) {
          this.#asleep.check(this.#turnMillis, timeoutMillis, this.server)
        }
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

  /** What becomes of a call, when the daemon deals with it. */
  readonly #notes: CallNotes = {
    received: (socket, into, outcome) => {
      const conversation = this.#conversationOf(socket)
      // What it read before is dealt with when it reads again.
      this.#enter(undefined)
      this.#enter(conversation)
      if (outcome > 0) {
        const descriptor = into.takeDescriptor()
        const number = descriptor === undefined ? undefined : this.#numbers.of(descriptor)
        const fileId = number === undefined ? undefined : this.#process.fileOf(number)?.id
        conversation.received(outcome, number === undefined || fileId === undefined ? undefined : { number, fileId })
        into.putDescriptor(descriptor)
      } else if (!isRetryable(outcome)) conversation.end = outcome
    },
    sent: (socket, bytes, outcome) => {
      const conversation = this.#conversationOf(socket)
      this.#enter(conversation)
      conversation.sending(bytes)
      conversation.sendingDone(outcome, isRetryable(outcome))
      if (outcome < 0 && !isRetryable(outcome)) conversation.mustClose = "an answer was lost"
    },
    descriptorSent: (socket, passed, outcome) => {
      const conversation = this.#conversationOf(socket)
      this.departures.passed(this.#numbers.of(passed))
      this.#enter(conversation)
      conversation.sendingDescriptor(this.#numbers.of(passed))
      conversation.sendingDescriptorDone(outcome, isRetryable(outcome))
    }
  }

  #enter(conversation: Conversation | undefined): void {
    if (this.#active === conversation) return
    this.#active?.rest()
    this.#active = conversation
  }

  #conversationOf(socket: Descriptor): Conversation {
    return this.#clients.at(this.#numbers.of(socket))
  }

  /** Every close must have its reason at that moment. */
  #closing(number: number): void {
    const conversation = this.#clients.find(number)
    if (conversation !== undefined) {
      this.#enter(conversation)
      conversation.conclude(this.isShutDown, -Errno.ECONNRESET)
      conversation.closedAtMillis = this.#process.kernel.nowMillis
      conversation.input.incoming = undefined
      this.#clients.left(number)
      return
    }
    if (this.departures.closed(number)) return
    const connection = this.model.byNumber(number)
    if (connection !== undefined) return this.#closingCached(connection)
    for (const each of this.#clients.connected()) {
      const { input } = each
      if (input.incoming?.number !== number) continue
      if (each === this.#active) each.settleSilent()
      // One for which there is no room, or one whose client ends. Anything else is a stray.
      if (each.isSaving) input.incoming.isClosed = true
      else input.incoming = undefined
    }
  }

  #closingCached(connection: ModelConnection): void {
    const holder = connection.fate === "leased" ? this.#clients.holderOf(connection) : undefined
    if (holder !== undefined) {
      this.#enter(holder)
      holder.settleSilent()
      if (holder.lease === connection) holder.conclude(this.isShutDown, -Errno.ECONNRESET)
    }
    if (connection.fate === "closing") return this.model.closed(connection, connection.ending)
    const isDead = this.model.isDisturbed(connection) || this.model.isDead(connection)
    const isExpired = connection.deadlineMillis <= this.#turnMillis
    if (isExpired) return this.model.closed(connection, "expired", connection.fate === "cached" && isDead)
    if (connection.fate === "cached" && isDead) return this.model.closed(connection, "dead")
    if (!this.isShutDown) this.fail(`closed before its time, at ${this.#turnMillis} ms: ${describe(connection)}`)
    this.model.closed(connection, "shut down")
  }
}
