import { type Descriptor, Errno, type Outcome, Readiness, type SystemCallError, systemCallError } from "@scached/fdpass"
import type { EventLoop, ReadinessHandler, Watch } from "./EventLoop.ts"

/**
 * What a channel tells its owner. Every call comes from the loop; the owner may send or close in it.
 *
 * @category models
 */
export interface ChannelHandler {
  /**
   * Bytes came, and with them perhaps a descriptor, which is then the handler's to close. `bytes` is a view on the loop's
   * shared buffer: what is needed later must be copied. `wasTruncated` says that a descriptor was lost on the way in, or
   * that the sender passed more than one.
   */
  onReceive(bytes: Uint8Array, descriptor: Descriptor | undefined, wasTruncated: boolean): void
  /** Everything that had to wait has been sent. */
  onDrained(): void
  /** The peer has closed its end, or the connection failed. The channel is still to be closed by its owner. */
  onEnd(error: SystemCallError | undefined): void
}

/** One thing that waits to be sent. */
type Pending =
  | { readonly _tag: "Bytes"; readonly bytes: Uint8Array }
  | { readonly _tag: "Descriptor"; readonly descriptor: Descriptor; readonly onSent: (outcome: Outcome) => void }

const isRetryable = (outcome: Outcome): boolean => outcome === -Errno.EAGAIN || outcome === -Errno.EINTR

/** Repeats of a system call that signals keep interrupting, before it is left to the next turn. */
const interruptionsMax = 8

const repeatInterrupted = (call: () => Outcome): Outcome => {
  let outcome = call()
  for (let left = interruptionsMax; outcome === -Errno.EINTR && left > 0; left--) outcome = call()
  return outcome
}

/**
 * A connected, non-blocking socket on the loop, driven by calls: the fast form that `Connection` is built on.
 *
 * Sending is tried at once; what the kernel does not take waits here, in order and bounded by `outputBytesMax`, and meanwhile
 * nothing is read: a peer that does not read its answers gets no further questions in. Each turn reads once, so that a peer
 * that always has more to say does not keep the loop to itself.
 *
 * @category connections
 */
export class Channel implements ReadinessHandler {
  readonly #loop: EventLoop
  readonly #socket: Descriptor
  readonly #handler: ChannelHandler
  readonly #outputBytesMax: number
  /** None while there is nothing to wait for: a hang-up is reported whatever was asked for, and would spin the loop. */
  #watch: Watch | undefined
  #pending: Array<Pending> = []
  #pendingBytes = 0
  #isPaused = false
  #isClosed = false

  private constructor(loop: EventLoop, socket: Descriptor, handler: ChannelHandler, outputBytesMax: number) {
    this.#loop = loop
    this.#socket = socket
    this.#handler = handler
    this.#outputBytesMax = outputBytesMax
  }

  /** Puts a connected socket on the loop and owns it from then on; when the kernel refuses, the socket is closed. */
  static open(
    loop: EventLoop,
    socket: Descriptor,
    handler: ChannelHandler,
    outputBytesMax: number
  ): Channel | SystemCallError {
    const channel = new Channel(loop, socket.take(), handler, outputBytesMax)
    const outcome = channel.#watchFor(Readiness.readable)
    if (outcome >= 0) return channel
    channel.close()
    return systemCallError("epoll_ctl", outcome)
  }

  get isClosed(): boolean {
    return this.#isClosed
  }

  /** Whether something waits to be sent. */
  get isBlocked(): boolean {
    return this.#pending.length > 0
  }

  /** Bytes that wait to be sent. */
  get pendingBytes(): number {
    return this.#pendingBytes
  }

  /** Sends bytes; false when more than `outputBytesMax` would have to wait, and then nothing of them was kept. */
  send(bytes: Uint8Array): boolean {
    if (this.#isClosed) return true
    let sent = 0
    if (this.#pending.length === 0) {
      const outcome = this.#loop.calls.send(this.#socket, bytes)
      if (outcome === bytes.length) return true
      if (outcome >= 0) sent = outcome
      // A dead peer is found by the next read, in one place; here its bytes are simply gone.
      else if (!isRetryable(outcome)) return true
    }
    const left = bytes.length - sent
    if (this.#pendingBytes + left > this.#outputBytesMax) return false
    this.#pending.push({ _tag: "Bytes", bytes: bytes.slice(sent) })
    this.#pendingBytes += left
    this.#updateWatch()
    return true
  }

  /**
   * Sends one NUL byte with a copy of the descriptor, behind everything that waits. `onSent` gets the outcome, at once or
   * later; when the channel is closed before, it gets `-EPIPE`. The descriptor stays the caller's.
   */
  sendDescriptor(descriptor: Descriptor, onSent: (outcome: Outcome) => void): void {
    if (this.#isClosed) return onSent(-Errno.EPIPE)
    if (this.#pending.length === 0) {
      const outcome = this.#trySendDescriptor(descriptor)
      if (!isRetryable(outcome)) return onSent(outcome)
    }
    this.#pending.push({ _tag: "Descriptor", descriptor, onSent })
    this.#updateWatch()
  }

  /** Stops reading until `resume`. */
  pause(): void {
    this.#isPaused = true
    this.#updateWatch()
  }

  resume(): void {
    this.#isPaused = false
    this.#updateWatch()
  }

  /** Leaves the loop and closes the socket; what still waited is dropped. */
  close(): void {
    if (this.#isClosed) return
    this.#isClosed = true
    this.#watch?.stop()
    this.#socket.close()
    const pending = this.#pending
    this.#pending = []
    this.#pendingBytes = 0
    for (const each of pending) if (each._tag === "Descriptor") each.onSent(-Errno.EPIPE)
  }

  onReady(): void {
    if (this.#pending.length > 0) this.#flush()
    else if (!this.#isPaused) this.#receive()
  }

  #receive(): void {
    const buffer = this.#loop.receiveBuffer
    const count = this.#loop.calls.receive(this.#socket, buffer)
    if (count > 0) {
      const descriptor = buffer.takeDescriptor()
      this.#handler.onReceive(buffer.bytes.subarray(0, count), descriptor, buffer.truncated)
    } else if (count === 0) this.#handler.onEnd(undefined)
    else if (!isRetryable(count)) this.#handler.onEnd(systemCallError("recvmsg", count))
  }

  #flush(): void {
    const { calls } = this.#loop
    let sentItems = 0
    for (const each of this.#pending) {
      if (each._tag === "Bytes") {
        const outcome = repeatInterrupted(() => calls.send(this.#socket, each.bytes))
        if (isRetryable(outcome)) break
        if (outcome >= 0 && outcome < each.bytes.length) {
          this.#pending[sentItems] = { _tag: "Bytes", bytes: each.bytes.subarray(outcome) }
          this.#pendingBytes -= outcome
          break
        }
        this.#pendingBytes -= each.bytes.length
      } else {
        const outcome = this.#trySendDescriptor(each.descriptor)
        if (isRetryable(outcome)) break
        each.onSent(outcome)
        // The owner closes the channel when it cannot go on, and with it the list that is being walked.
        if (this.#isClosed) return
      }
      sentItems++
    }
    this.#pending.splice(0, sentItems)
    this.#updateWatch()
    if (this.#pending.length === 0) this.#handler.onDrained()
  }

  #trySendDescriptor(descriptor: Descriptor): Outcome {
    return repeatInterrupted(() => this.#loop.calls.sendDescriptor(this.#socket, descriptor))
  }

  #updateWatch(): void {
    if (this.#isClosed) return
    const wanted = this.#pending.length > 0 ? Readiness.writable : this.#isPaused ? 0 : Readiness.readable
    const outcome = this.#watchFor(wanted)
    if (outcome >= 0) return
    // Not watched, it would never be heard of again. Told from the loop, since the owner is in the middle of a call.
    this.#loop.defer(() => {
      if (!this.#isClosed) this.#handler.onEnd(systemCallError("epoll_ctl", outcome))
    })
  }

  #watchFor(readiness: number): Outcome {
    if (readiness === 0) {
      this.#watch?.stop()
      this.#watch = undefined
      return 0
    }
    if (this.#watch !== undefined) return this.#watch.update(readiness)
    const watch = this.#loop.watch(this.#socket, readiness, this)
    if (typeof watch === "number") return watch
    this.#watch = watch
    return 0
  }
}
