import { type Descriptor, Errno, type Outcome, Readiness, type SystemCallError, systemCallError } from "@scached/fdpass"
import type { EventLoop } from "../loop/EventLoop.ts"
import type { Member } from "../loop/Member.ts"
import type { DescriptorReserve } from "./DescriptorReserve.ts"

/**
 * What an acceptor tells its owner.
 *
 * @category models
 */
export interface AcceptorHandler {
  /**
   * A client has connected; the socket is the handler's. When this throws and the socket was not taken, it is closed; the
   * defect goes to `EventLoop.onDefect`, and accepting goes on.
   */
  onSocket(socket: Descriptor): void
  /**
   * Accepting fails for want of descriptors or memory. New clients wait in the backlog; accepting is tried again every
   * `retryMillis`, and at once when the owner says that a descriptor is free. Told once a trouble, and again at the earliest a minute
   * later: a process at its limit would otherwise tell it with every client that leaves.
   */
  onTrouble(error: SystemCallError, retryMillis: number): void
  /** The trouble is over: a client was accepted, and none was left waiting. Called once for each reported trouble. */
  onRelief?(): void
}

/**
 * What an acceptor can be given beside its handler.
 *
 * @category models
 */
export interface AcceptorOptions {
  /** Made full again before a client is accepted after a trouble: what becomes free serves the reserve first. */
  readonly reserve?: DescriptorReserve
}

/** Clients accepted in one turn: the rest stay in the backlog until the others have had theirs. */
const acceptedPerTurnMax = 64
/** Pause after the process or the system ran out of something: the waiting client keeps the listener ready, and would spin the loop. */
const retryMillis = 100
/** The same trouble is not told again before that. */
const silenceMillis = 60_000

/** The client gave up before it was accepted, or a signal came: nothing is wrong with the listener. */
const isPassing = (outcome: Outcome): boolean => outcome === -Errno.ECONNABORTED || outcome === -Errno.EINTR

/**
 * A listening socket on the loop: accepts clients, a bounded number a turn, and pauses when descriptors run out.
 *
 * The listening socket stays its owner's to close, after `close` here.
 *
 * @category connections
 */
export class Acceptor implements Member {
  /** The listening socket. */
  readonly descriptor: Descriptor
  /** Kept by the loop. */
  token = 0
  readonly #loop: EventLoop
  readonly #handler: AcceptorHandler
  readonly #reserve: DescriptorReserve | undefined
  #cancelRetry: (() => void) | undefined
  /** Whether the handler knows of a trouble that is not over. */
  #isTold = false
  /** The last report to the handler, and its time. */
  #toldOutcome: Outcome = 0
  #toldMillis = Number.NEGATIVE_INFINITY
  #isPaused = false
  #isClosed = false

  private constructor(loop: EventLoop, listener: Descriptor, handler: AcceptorHandler, options: AcceptorOptions) {
    this.descriptor = listener
    this.#loop = loop
    this.#handler = handler
    this.#reserve = options.reserve
  }

  /** Puts a listening, non-blocking socket on the loop. */
  static open(
    loop: EventLoop,
    listener: Descriptor,
    handler: AcceptorHandler,
    options: AcceptorOptions = {}
  ): Acceptor | SystemCallError {
    const acceptor = new Acceptor(loop, listener, handler, options)
    const outcome = acceptor.#start()
    return outcome < 0 ? systemCallError("epoll_ctl", outcome) : acceptor
  }

  /** Whether it waits for descriptors or memory. */
  get isResting(): boolean {
    return this.#cancelRetry !== undefined
  }

  /** Called by the loop. */
  onReady(): void {
    for (let left = acceptedPerTurnMax; left > 0 && this.token !== 0; left--) {
      const socket = this.#loop.calls.accept(this.descriptor)
      if (typeof socket !== "number") this.#hand(socket)
      else if (socket === -Errno.EAGAIN) return this.#relieve()
      else if (!isPassing(socket)) return this.#rest("accept4", socket)
    }
  }

  /**
   * Reports that a descriptor of this process has been closed, so that waiting clients need not wait for the next try. Call this after each
   * close, or after the last one of many; it costs nothing when no client waits.
   */
  descriptorFreed(): void {
    if (this.#cancelRetry !== undefined) this.#retry()
  }

  /** Accepts no client until `resume`: clients wait in the backlog. */
  pause(): void {
    this.#isPaused = true
    this.#stop()
  }

  /** Goes on accepting; what the kernel refuses then counts as a trouble. */
  resume(): void {
    if (!this.#isPaused || this.#isClosed) return
    this.#isPaused = false
    const outcome = this.#start()
    if (outcome < 0) this.#rest("epoll_ctl", outcome)
  }

  /** Stops accepting. */
  close(): void {
    this.#isClosed = true
    this.#stop()
  }

  #start(): Outcome {
    return this.#loop.watch(this, Readiness.readable)
  }

  #stop(): void {
    this.#loop.unwatch(this)
    this.#cancelRetry?.()
    this.#cancelRetry = undefined
  }

  #hand(socket: Descriptor): void {
    try {
      this.#handler.onSocket(socket)
    } catch (defect) {
      // Contained here, since the loop would stop watching: one client would lock out all others.
      if (socket.isOwned) socket.close()
      this.#loop.onDefect(defect)
    }
  }

  #rest(operation: string, outcome: Outcome): void {
    this.#stop()
    this.#retryLater()
    const isKnown = this.#toldOutcome === outcome
    if (isKnown && (this.#isTold || this.#loop.nowMillis < this.#toldMillis + silenceMillis)) return
    this.#isTold = true
    this.#toldOutcome = outcome
    this.#toldMillis = this.#loop.nowMillis
    this.#handler.onTrouble(systemCallError(operation, outcome), retryMillis)
  }

  #retryLater(): void {
    this.#cancelRetry = this.#loop.at(this.#loop.nowMillis + retryMillis, () => this.#retry())
  }

  #retry(): void {
    this.#stop()
    if (this.#reserve?.refill() === false) return this.#retryLater()
    const restarted = this.#start()
    if (restarted < 0) this.#rest("epoll_ctl", restarted)
  }

  /** Only here, with no client left waiting: at its limit a process accepts one for each that leaves, and is in trouble all the time. */
  #relieve(): void {
    if (!this.#isTold) return
    this.#isTold = false
    this.#handler.onRelief?.()
  }
}
