import { type Descriptor, type Outcome, Readiness } from "@scached/fdpass"
import type { EventLoop } from "./EventLoop.ts"
import { IdleConnection } from "./IdleConnection.ts"
import type { IdleState } from "./IdleState.ts"
import { IdleList } from "./internal/IdleList.ts"

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
   * How long a connection must rest before the kernel is told to watch it; up to half as much may be added, so that many are told with
   * one wake-up. One that is taken out again before costs no system call. At 0 each is watched from the beginning.
   */
  readonly afterMillis: number
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

/** Connections that the kernel is told of in one turn, at some 0.8 µs each. */
const registeredPerTurnMax = 256

const interestBits: Readonly<Record<IdleInterest, number>> = {
  nothing: 0,
  "hang-up": Readiness.peerClosed,
  "hang-up or bytes": Readiness.peerClosed | Readiness.readable
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
 * Watches connections that nobody reads, so that one whose peer has left is found out before anybody asks for it.
 *
 * Connections that do not rest for long never reach the kernel's set, and those that do cost nothing until something happens to them. A
 * connection gives at most one event. Descriptors that are no sockets are not watched: the kernel would run their file system's code
 * for it, which may block. When the kernel refuses (its limit on watches), the connection rests unwatched.
 *
 * @category idle connections
 */
export class IdleWatcher {
  readonly #loop: EventLoop
  readonly #afterMillis: number
  #bits: number
  readonly #waiting = new IdleList(this)
  readonly #watched = new IdleList(this)
  #refused = 0
  #lastRefusal: Outcome = 0
  #cancelTimer: (() => void) | undefined
  #isPostponed = false

  constructor(loop: EventLoop, options: IdleWatcherOptions) {
    this.#loop = loop
    this.#afterMillis = options.afterMillis
    this.#bits = interestBits[options.interest]
  }

  /** Connections that rest, and that the kernel has not been told of yet. */
  get waiting(): number {
    return this.#waiting.size
  }

  /** Connections that the kernel watches. */
  get watched(): number {
    return this.#watched.size
  }

  /** How often the kernel has refused to watch a socket, and with what error number: 0 while it never has. */
  get refusals(): { readonly count: number; readonly errno: number } {
    return { count: this.#refused, errno: -this.#lastRefusal }
  }

  /** Changes what connections are watched for, from the next one on; those that the kernel watches already stay as they are. */
  setInterest(interest: IdleInterest): void {
    this.#bits = interestBits[interest]
  }

  /** Watches a connection that begins to rest; the descriptor stays the caller's. */
  watch(descriptor: Descriptor, handler: IdleHandler): IdleWatch {
    const connection = new HandledConnection(descriptor, handler)
    this.rest(connection)
    return connection
  }

  /** The same for one that is its own entry, which costs no object; one that rests already begins anew. */
  rest(connection: IdleConnection): void {
    connection.stop()
    if (this.#bits === 0) return
    if (this.#afterMillis === 0) return this.#register(connection)
    connection.sinceMillis = this.#loop.nowMillis
    this.#waiting.append(connection)
    if (this.#cancelTimer === undefined && !this.#isPostponed) this.#arm(connection)
  }

  /** Ends all watches. */
  close(): void {
    this.#cancelTimer?.()
    this.#cancelTimer = undefined
    for (const list of [this.#waiting, this.#watched]) while (list.first !== undefined) this.forget(list.first)
  }

  /** Ends the watch of a connection that it watches, or will. @internal */
  forget(connection: IdleConnection): void {
    connection.list?.remove(connection)
    this.#loop.release(connection)
  }

  /** Half the time later than the first needs it: those that come meanwhile are registered along with it. */
  #arm(first: IdleConnection): void {
    this.#cancelTimer = this.#loop.at(first.sinceMillis + this.#afterMillis * 1.5, () => {
      this.#cancelTimer = undefined
      this.#registerDue()
    })
  }

  #registerDue(): void {
    const dueMillis = this.#loop.nowMillis - this.#afterMillis
    for (let left = registeredPerTurnMax; ; left--) {
      const connection = this.#waiting.first
      // An idle program has no timer.
      if (connection === undefined) return
      if (connection.sinceMillis > dueMillis) return this.#arm(connection)
      if (left === 0) break
      this.#waiting.remove(connection)
      this.#register(connection)
    }
    this.#isPostponed = true
    this.#loop.postpone(() => {
      this.#isPostponed = false
      this.#registerDue()
    })
  }

  #register(connection: IdleConnection): void {
    if (this.#bits === 0) return
    // Asked only to find out what is no socket. Not with `peek`, which takes a pending error away.
    if (typeof this.#loop.calls.peerCredentials(connection.descriptor) === "number") return
    const outcome = this.#loop.register(connection, this.#bits)
    if (outcome < 0) {
      this.#refused++
      this.#lastRefusal = outcome
      return
    }
    this.#watched.append(connection)
  }
}
