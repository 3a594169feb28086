/**
 * Log lines to a logger's datagram socket, from within an event loop: syslogd's `/dev/log`, or Postfix's `public/postlog`.
 *
 * @category logging
 */
import {
  type Descriptor,
  Errno,
  isPeerGone,
  isRetryable,
  type Outcome,
  Readiness,
  type SystemCallError,
  systemCallError
} from "@scached/fdpass"
import { type EventLoop, type Member, makeMember, Reactor } from "@scached/reactor"
import { Effect, type Scope } from "effect"

/**
 * How a log socket is set up.
 *
 * @category models
 */
export interface LogSocketOptions {
  /** Where the logger listens. A relative path is looked up again from the directory that is current then: it survives a chroot. */
  readonly path: string
  /** The datagram that tells of messages which were lost. */
  readonly lossNotice: (lost: number) => Uint8Array
}

/** What may wait while the logger is busy or away: more than Postfix's own log queue of ten messages, and less than a megabyte. */
const waitingMessagesMax = 1_000
const waitingBytesMax = 262_144
/** While the logger is away and something waits for it. */
const retryMillis = 1_000
/** How long the last words may take at the end. */
const farewellMillisMax = 500

const isBusy = (outcome: Outcome): boolean => isRetryable(outcome) || outcome === -Errno.ENOBUFS

/** The logger that the socket was connected to is gone. */
const isAway = (outcome: Outcome): boolean =>
  isPeerGone(outcome) || outcome === -Errno.ECONNREFUSED || outcome === -Errno.ENOTCONN

/**
 * A datagram socket to a logger.
 *
 * A message is sent at once, or waits when the logger is busy or not running: at most 1000 messages or 256 KB wait. Further
 * messages are dropped and counted, and the count is logged after the waiting messages. A logger that restarts is found again at its path
 * with the next message, or within a second. Nothing here ever blocks on the logger, and a loop with nothing to log is not woken.
 *
 * @category logging
 */
export class LogSocket {
  readonly #loop: EventLoop
  readonly #options: LogSocketOptions
  #socket: Descriptor | undefined
  #isConnected = false
  #trouble: SystemCallError | undefined
  #waiting: Array<Uint8Array> = []
  #waitingBytes = 0
  #untoldLosses = 0
  #losses = 0
  /** Watched while the logger is busy. */
  #member: Member | undefined
  #cancelRetry: (() => void) | undefined
  #onDrained: (() => void) | undefined

  constructor(loop: EventLoop, options: LogSocketOptions) {
    this.#loop = loop
    this.#options = options
    this.#connect()
  }

  /** Why the logger cannot be reached; undefined while it can. */
  get trouble(): SystemCallError | undefined {
    return this.#trouble
  }

  /** Messages that wait for the logger. */
  get waitingMessages(): number {
    return this.#waiting.length
  }

  /** Messages that were lost since the beginning. */
  get losses(): number {
    return this.#losses
  }

  /** Sends a datagram, or has it wait. The bytes must not change afterwards. */
  write(datagram: Uint8Array): void {
    if (this.#untoldLosses > 0) return this.#lose()
    if (this.#waiting.length > 0) return this.#wait(datagram)
    const outcome = this.#send(datagram)
    if (outcome >= 0) return
    if (!isBusy(outcome) && !this.#isLost(outcome)) return this.#lose()
    this.#wait(datagram)
    this.#awaitLogger(outcome)
  }

  /** Succeeds when nothing waits any more. */
  readonly drained: Effect.Effect<void> = Effect.callback<void>((resume) => {
    if (this.#waiting.length === 0) return resume(Effect.void)
    this.#onDrained = () => resume(Effect.void)
  })

  /** Closes the socket; what still waits is lost. */
  close(): void {
    this.#unwatch()
    this.#cancelRetry?.()
    this.#cancelRetry = undefined
    this.#socket?.close()
    this.#socket = undefined
    this.#waiting = []
  }

  /** Tries once, and once more at a logger that has come back. */
  #send(datagram: Uint8Array): Outcome {
    if (!this.#isConnected && !this.#connect()) return -Errno.ENOTCONN
    const outcome = this.#trySend(datagram)
    if (!isAway(outcome)) return outcome
    this.#isConnected = false
    return this.#connect() ? this.#trySend(datagram) : -Errno.ENOTCONN
  }

  #trySend(datagram: Uint8Array): Outcome {
    return this.#socket === undefined ? -Errno.ENOTCONN : this.#loop.calls.send(this.#socket, datagram)
  }

  #connect(): boolean {
    const { calls } = this.#loop
    if (this.#socket === undefined) {
      const made = calls.datagramSocket()
      if (typeof made === "number") return this.#fail("socket", made)
      this.#socket = made
    }
    const outcome = calls.connect(this.#socket, this.#options.path)
    if (outcome < 0) return this.#fail("connect", outcome)
    this.#trouble = undefined
    this.#isConnected = true
    return true
  }

  #fail(operation: string, outcome: Outcome): false {
    this.#trouble = systemCallError(operation, outcome, this.#options.path)
    return false
  }

  /** Whether it is the logger that is missing, as opposed to something wrong with the message. */
  #isLost(outcome: Outcome): boolean {
    return isAway(outcome) || !this.#isConnected
  }

  #wait(datagram: Uint8Array): void {
    const isFull = this.#waiting.length >= waitingMessagesMax || this.#waitingBytes + datagram.length > waitingBytesMax
    if (isFull) return this.#lose()
    this.#waiting.push(datagram)
    this.#waitingBytes += datagram.length
  }

  #lose(): void {
    this.#losses++
    if (this.#waiting.length > 0) this.#untoldLosses++
  }

  #awaitLogger(outcome: Outcome): void {
    if (isBusy(outcome) && this.#socket !== undefined) {
      // The logger is busy, and has room again when the socket is writable.
      this.#member ??= makeMember(this.#socket, () => this.#drain())
      if (this.#loop.watch(this.#member, Readiness.writable) >= 0) return
    }
    this.#unwatch()
    this.#cancelRetry ??= this.#loop.at(this.#loop.nowMillis + retryMillis, () => {
      this.#cancelRetry = undefined
      this.#drain()
    })
  }

  #drain(): void {
    let taken = 0
    for (const datagram of this.#waiting) {
      const outcome = this.#send(datagram)
      if (outcome < 0 && (isBusy(outcome) || this.#isLost(outcome))) {
        this.#forget(taken)
        return this.#awaitLogger(outcome)
      }
      if (outcome < 0) this.#losses++
      taken++
    }
    this.#forget(taken)
    this.#unwatch()
    const lost = this.#untoldLosses
    this.#untoldLosses = 0
    if (lost > 0) this.write(this.#options.lossNotice(lost))
    if (this.#waiting.length === 0) this.#onDrained?.()
  }

  #forget(count: number): void {
    for (const datagram of this.#waiting.splice(0, count)) this.#waitingBytes -= datagram.length
  }

  #unwatch(): void {
    if (this.#member !== undefined) this.#loop.unwatch(this.#member)
    this.#member = undefined
  }
}

/**
 * Opens a log socket that is closed with the scope, after what waits has been sent or half a second has passed. A logger that
 * is not there is no failure: see `trouble`.
 *
 * @category logging
 */
export const open = (options: LogSocketOptions): Effect.Effect<LogSocket, never, Reactor | Scope.Scope> =>
  Effect.flatMap(Reactor, (loop) =>
    Effect.acquireRelease(
      Effect.sync(() => new LogSocket(loop, options)),
      (socket) =>
        Effect.timeoutOption(socket.drained, farewellMillisMax).pipe(Effect.andThen(Effect.sync(() => socket.close())))
    )
  )
