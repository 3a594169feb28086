import { type Descriptor, isPollable, type Outcome, Readiness } from "@scached/fdpass"
import type { EventLoop } from "../loop/EventLoop.ts"
import { IdleConnection } from "./IdleConnection.ts"
import type { IdleState } from "./IdleState.ts"
import { IdleList } from "./internal/IdleList.ts"
import { IdleSet } from "./internal/IdleSet.ts"
import { IdleSweep } from "./internal/IdleSweep.ts"

/**
 * What ends the rest of an idle connection: nothing, the peer's leaving (its end closed, or the connection broken), or that and any
 * byte that arrives.
 *
 * @category models
 */
export type IdleInterest = "nothing" | "hang-up" | "hang-up or bytes"

/**
 * How idle connections are watched.
 *
 * @category models
 */
export interface IdleWatcherOptions {
  readonly interest: IdleInterest
  /**
   * How long a connection must rest before anything is done for it; up to half as much may be added, so that many have their turn with
   * one wake-up. One that is taken out again before costs no system call. At 0 each is watched from the beginning.
   */
  readonly afterMillis: number
  /** How connections are probed before they are registered with epoll. Without it they are registered after `afterMillis`. */
  readonly looks?: IdleLooks
}

/**
 * Looks at young connections, many with one system call.
 *
 * To have the kernel watch a connection, and to take it out again, costs as much as some ten looks: too much for those that do not stay
 * for long.
 *
 * @category models
 */
export interface IdleLooks {
  /** Time between two looks at the same connection, and the longest that something goes unnoticed meanwhile. */
  readonly everyMillis: number
  /** How long a connection must be idle before it is registered with epoll. */
  readonly untilMillis: number
}

/**
 * Called once, when the connection no longer rests undisturbed; it is not watched any more then, and still its owner's.
 *
 * @category models
 */
export type IdleHandler = (state: Exclude<IdleState, "idle" | "unknown">) => void

/**
 * An idle connection that is watched, or will be. `stop` must come before its descriptor is closed or taken.
 *
 * @category models
 */
export interface IdleWatch {
  /** Ends it: the handler is not called any more. */
  stop(): void
}

/** Connections that are registered in one turn, at some 0.8 µs each, or probed, at a third of that. */
const connectionsPerTurnMax = 256

const interestBits: Readonly<Record<IdleInterest, number>> = {
  nothing: 0,
  "hang-up": Readiness.peerClosed,
  "hang-up or bytes": Readiness.peerClosed | Readiness.readable | Readiness.urgent
}

/** One that has a function to call. */
class HandledConnection extends IdleConnection {
  readonly handler: IdleHandler

  constructor(descriptor: Descriptor, handler: IdleHandler) {
    super(descriptor)
    this.handler = handler
  }

  onStirred(state: Exclude<IdleState, "idle" | "unknown">): void {
    this.handler(state)
  }
}

/**
 * Watches idle connections, so that one whose peer has left is noticed before it is handed out.
 *
 * Connections that rest for a moment only cost nothing, young ones a look now and then, and those that rest for long nothing until
 * something happens to them. A connection gives at most one event. Descriptors that are no UNIX, IPv4 or IPv6 sockets are not watched:
 * the kernel would run their driver's code for it, which may block. When the kernel refuses (its limit on watches), the connection is looked at
 * again and again or, without looks, rests unwatched.
 *
 * @category idle connections
 */
export class IdleWatcher {
  readonly #loop: EventLoop
  readonly #afterMillis: number
  readonly #looks: IdleLooks | undefined
  #bits: number
  /** Connections that are not watched, kept in case they are later. */
  readonly #ignored = new IdleList(this)
  readonly #waiting = new IdleList(this)
  readonly #young = new IdleList(this)
  readonly #watched = new IdleList(this)
  readonly #sweep: IdleSweep
  /** Where the kernel watches. Tried again with the next connection while it is an error number. */
  #set: IdleSet | Outcome
  #refused = 0
  #lastRefusal: Outcome = 0
  #cancelTimer: (() => void) | undefined
  /** Registrations are being changed, some connections a turn. */
  #isRefreshing = false
  #stage: "asleep" | "enrolling" | "looking" = "asleep"

  constructor(loop: EventLoop, options: IdleWatcherOptions) {
    this.#loop = loop
    this.#afterMillis = options.afterMillis
    this.#looks = options.looks
    this.#bits = interestBits[options.interest]
    this.#sweep = new IdleSweep(loop, this.#young, connectionsPerTurnMax)
    this.#set = IdleSet.open(loop)
  }

  /** Connections that rest, and for which nothing was done yet. */
  get waiting(): number {
    return this.#waiting.size
  }

  /** Connections that are looked at from time to time. */
  get lookedAt(): number {
    return this.#young.size
  }

  /** Connections that the kernel watches. */
  get watched(): number {
    return this.#watched.size
  }

  /** How often the kernel has refused to watch a socket, and with what error number: 0 while it never has. */
  get refusals(): { readonly count: number; readonly errno: number } {
    return { count: this.#refused, errno: -this.#lastRefusal }
  }

  /** Changes what connections are watched for: at once for those that begin to rest, and within some turns for those that rest already. */
  setInterest(interest: IdleInterest): void {
    if (this.#bits === interestBits[interest]) return
    this.#bits = interestBits[interest]
    this.#watched.cursor = this.#watched.first
    if (this.#isRefreshing) return
    this.#isRefreshing = true
    this.#loop.postpone(() => this.#refresh())
  }

  /** Watches a connection that begins to rest; the descriptor stays the caller's. */
  watch(descriptor: Descriptor, handler: IdleHandler): IdleWatch {
    const connection = new HandledConnection(descriptor, handler)
    this.rest(connection)
    return connection
  }

  /** The same for one that is its own entry, which costs no object; one that is idle already starts over. */
  rest(connection: IdleConnection): void {
    connection.stop()
    connection.sinceMillis = this.#loop.nowMillis
    if (this.#bits === 0) return this.#ignored.append(connection)
    if (this.#afterMillis === 0) this.#enrol(connection)
    else this.#waiting.append(connection)
    this.#arm()
  }

  /** Ends all watches. */
  close(): void {
    this.#cancelTimer?.()
    this.#cancelTimer = undefined
    this.#isRefreshing = false
    for (const list of [this.#ignored, this.#waiting, this.#young, this.#watched]) {
      while (list.first !== undefined) this.forget(list.first)
    }
    if (typeof this.#set !== "number") this.#set.close()
    this.#set = 0
  }

  /** Ends the watch of a connection that it watches, or will. @internal */
  forget(connection: IdleConnection): void {
    connection.list?.remove(connection)
    this.#unregister(connection)
  }

  #unregister(connection: IdleConnection): void {
    if (typeof this.#set !== "number") this.#set.unwatch(connection)
  }

  /** Sees to it that there is a round when one is due, and no timer when nothing is: an idle program sleeps. */
  #arm(): void {
    if (this.#stage !== "asleep" || this.#cancelTimer !== undefined) return
    const dueMillis = this.#dueMillis()
    if (dueMillis === undefined) return
    this.#cancelTimer = this.#loop.at(dueMillis, () => {
      this.#cancelTimer = undefined
      this.#stage = "enrolling"
      this.#work()
    })
  }

  #dueMillis(): number | undefined {
    if (this.#young.first !== undefined) return this.#loop.nowMillis + (this.#looks?.everyMillis ?? 0)
    // Half the time later than the first needs it: those that come meanwhile have their turn along with it.
    const waiting = this.#waiting.first
    return waiting && waiting.sinceMillis + this.#afterMillis * 1.5
  }

  /** A turn's share of a round: first those whose time of waiting is over, then looks, at them too. */
  #work(): void {
    if (this.#stage === "enrolling" && !this.#enrolDue()) {
      this.#stage = "looking"
      this.#sweep.restart()
    }
    if (this.#stage === "enrolling" || this.#look()) return this.#loop.postpone(() => this.#work())
    this.#stage = "asleep"
    this.#arm()
  }

  /** True when there are more to be looked at than in one turn. */
  #look(): boolean {
    if (this.#bits !== 0) {
      // All of them may have to be closed: those of the last look come first.
      return this.#loop.closeRoom < connectionsPerTurnMax || this.#sweep.look(this.#bits, this.#onIdle)
    }
    // No longer of interest.
    for (let left = connectionsPerTurnMax; left > 0 && this.#young.first !== undefined; left--) {
      this.#move(this.#young.first, this.#ignored)
    }
    return this.#young.first !== undefined
  }

  /** A turn's share of what follows from a changed interest. */
  #refresh(): void {
    if (!this.#isRefreshing) return
    for (let left = connectionsPerTurnMax; left > 0; left--) {
      const watched = this.#watched.cursor
      const ignored = this.#bits === 0 ? undefined : this.#ignored.first
      if (watched !== undefined) this.#refreshWatched(watched)
      else if (ignored !== undefined) this.#move(ignored, this.#waiting)
      else {
        this.#isRefreshing = false
        break
      }
    }
    if (this.#isRefreshing) this.#loop.postpone(() => this.#refresh())
    this.#arm()
  }

  /** Tells the kernel the present interest in a connection that it watches. */
  #refreshWatched(connection: IdleConnection): void {
    this.#watched.cursor = connection.next
    if (this.#bits === 0) {
      this.#unregister(connection)
      this.#move(connection, this.#ignored)
    } else if (typeof this.#set !== "number") this.#set.watch(connection, this.#bits)
  }

  #move(connection: IdleConnection, to: IdleList): void {
    connection.list?.remove(connection)
    to.append(connection)
  }

  /** Has the kernel watch one that has rested for long. */
  readonly #onIdle = (connection: IdleConnection): void => {
    const untilMillis = this.#looks?.untilMillis ?? 0
    if (this.#loop.nowMillis - connection.sinceMillis >= untilMillis) this.#register(connection)
  }

  /** True when more are due than may be seen to in one turn. */
  #enrolDue(): boolean {
    const latestMillis = this.#loop.nowMillis - this.#afterMillis
    for (let left = connectionsPerTurnMax; ; left--) {
      const connection = this.#waiting.first
      if (connection === undefined || connection.sinceMillis > latestMillis) return false
      if (left === 0) return true
      this.#waiting.remove(connection)
      this.#enrol(connection)
    }
  }

  #enrol(connection: IdleConnection): void {
    if (this.#bits === 0) return this.#ignored.append(connection)
    // The kind is remembered, so that a look at the connection later does not ask again.
    if (!isPollable(this.#loop.calls.socketKind(connection.descriptor))) return
    if (this.#looks === undefined) this.#register(connection)
    else this.#young.append(connection)
  }

  #register(connection: IdleConnection): void {
    if (typeof this.#set === "number") this.#set = IdleSet.open(this.#loop)
    const outcome = typeof this.#set === "number" ? this.#set : this.#set.watch(connection, this.#bits)
    if (outcome < 0) {
      this.#refused++
      this.#lastRefusal = outcome
      return
    }
    connection.list?.remove(connection)
    this.#watched.append(connection)
  }
}
