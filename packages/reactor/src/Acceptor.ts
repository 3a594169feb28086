import { type Descriptor, Errno, type Outcome, Readiness, type SystemCallError, systemCallError } from "@scached/fdpass"
import type { EventLoop, ReadinessHandler, Watch } from "./EventLoop.ts"

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
   * Accepting fails for want of descriptors or memory; it is tried again every `retryMillis`. Told once until it works again
   * or fails differently.
   */
  onTrouble(error: SystemCallError, retryMillis: number): void
}

/** Clients accepted in one turn: the rest stay in the backlog until the others have had theirs. */
const acceptedPerTurnMax = 64
/** Pause after the process or the system ran out of something: the waiting client keeps the listener ready, and would spin the loop. */
const retryMillis = 100

/** The client gave up before it was accepted, or a signal came: nothing is wrong with the listener. */
const isPassing = (outcome: Outcome): boolean => outcome === -Errno.ECONNABORTED || outcome === -Errno.EINTR

/**
 * A listening socket on the loop: accepts whoever comes, a bounded number a turn, and rests when descriptors run out.
 *
 * The listening socket stays its owner's to close, after `close` here.
 *
 * @category connections
 */
export class Acceptor implements ReadinessHandler {
  readonly #loop: EventLoop
  readonly #listener: Descriptor
  readonly #handler: AcceptorHandler
  #watch: Watch | undefined
  #cancelRetry: (() => void) | undefined
  /** The trouble that the handler knows of. */
  #trouble: Outcome = 0
  #isClosed = false

  private constructor(loop: EventLoop, listener: Descriptor, handler: AcceptorHandler) {
    this.#loop = loop
    this.#listener = listener
    this.#handler = handler
  }

  /** Puts a listening, non-blocking socket on the loop. */
  static open(loop: EventLoop, listener: Descriptor, handler: AcceptorHandler): Acceptor | SystemCallError {
    const acceptor = new Acceptor(loop, listener, handler)
    const outcome = acceptor.#start()
    return outcome < 0 ? systemCallError("epoll_ctl", outcome) : acceptor
  }

  /** Called by the loop. */
  onReady(): void {
    for (let left = acceptedPerTurnMax; left > 0 && !this.#isClosed; left--) {
      const socket = this.#loop.calls.accept(this.#listener)
      if (typeof socket !== "number") this.#hand(socket)
      else if (socket === -Errno.EAGAIN) return
      else if (!isPassing(socket)) return this.#rest("accept4", socket)
    }
  }

  /** Stops accepting. */
  close(): void {
    this.#isClosed = true
    this.#watch?.stop()
    this.#watch = undefined
    this.#cancelRetry?.()
    this.#cancelRetry = undefined
  }

  #start(): Outcome {
    const watch = this.#loop.watch(this.#listener, Readiness.readable, this)
    if (typeof watch === "number") return watch
    this.#watch = watch
    return 0
  }

  #hand(socket: Descriptor): void {
    this.#trouble = 0
    try {
      this.#handler.onSocket(socket)
    } catch (defect) {
      // Contained here, since the loop would stop watching: one client would lock out all others.
      if (socket.isOwned) socket.close()
      this.#loop.onDefect(defect)
    }
  }

  #rest(operation: string, outcome: Outcome): void {
    this.#watch?.stop()
    this.#watch = undefined
    this.#cancelRetry = this.#loop.at(this.#loop.nowMillis + retryMillis, () => {
      this.#cancelRetry = undefined
      const restarted = this.#start()
      if (restarted < 0) this.#rest("epoll_ctl", restarted)
    })
    if (this.#trouble === outcome) return
    this.#trouble = outcome
    this.#handler.onTrouble(systemCallError(operation, outcome), retryMillis)
  }
}
