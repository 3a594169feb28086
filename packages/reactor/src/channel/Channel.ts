import {
  type Descriptor,
  isRetryable,
  type Outcome,
  Readiness,
  type ReceiveBuffer,
  type SystemCallError,
  systemCallError
} from "@scached/fdpass"
import type { EventLoop } from "../loop/EventLoop.ts"
import type { Member, Reader } from "../loop/Member.ts"
import type { ChannelHandler } from "./ChannelHandler.ts"
import { ChannelOutput, type OutputOwner } from "./internal/ChannelOutput.ts"

const nothing = (): void => {}

/**
 * A descriptor that was given to `Channel.sendDescriptor`.
 *
 * @category models
 */
export interface PendingSend {
  /** Has the descriptor not be sent, and `onSent` not be called, unless that has happened. */
  takeBack(): void
}

/**
 * A connected, non-blocking socket on the loop, driven by calls: the fast form that `Connection` is built on.
 *
 * What is sent in a handler leaves at the end of the turn's reads, and otherwise at once. What the kernel does not take waits here, in order and
 * bounded by `outputBytesMax`. Meanwhile nothing is read: a peer that does not read its answers gets no further questions in. Each turn reads
 * once, so that no peer keeps the loop.
 *
 * @category connections
 */
export class Channel implements Member, Reader, OutputOwner {
  /** Lent to the loop and to questions about the peer; the caller's after `detach`. */
  readonly descriptor: Descriptor
  /** Kept by the loop. */
  token = 0
  readonly reader: Reader
  readonly readsTogether: boolean
  readonly #loop: EventLoop
  readonly #handler: ChannelHandler
  readonly #output: ChannelOutput
  #isPaused = false
  #hasEnded = false
  /** The peer has closed its end, and nothing of it is left in the socket. */
  #isReadToEnd = false
  #isClosed = false

  private constructor(loop: EventLoop, socket: Descriptor, handler: ChannelHandler, outputBytesMax: number) {
    this.descriptor = socket
    this.reader = this
    this.readsTogether = handler.readsTogether === true
    this.#loop = loop
    this.#handler = handler
    this.#output = new ChannelOutput(loop, socket, this, outputBytesMax)
  }

  /** Puts a connected socket on the loop and owns it from then on; when the kernel refuses, the socket is closed. */
  static open(
    loop: EventLoop,
    socket: Descriptor,
    handler: ChannelHandler,
    outputBytesMax: number
  ): Channel | SystemCallError {
    const channel = new Channel(loop, socket.take(), handler, outputBytesMax)
    const outcome = loop.watch(channel, Readiness.readable)
    if (outcome >= 0) return channel
    channel.close()
    return systemCallError("epoll_ctl", outcome)
  }

  get isClosed(): boolean {
    return this.#isClosed
  }

  /** The socket, lent for questions about its peer; undefined once the channel is closed. */
  get socket(): Descriptor | undefined {
    return this.#isClosed ? undefined : this.descriptor
  }

  /** Whether the kernel has not taken all output. */
  get isBlocked(): boolean {
    return this.#output.isBlocked
  }

  /** Bytes that the kernel has not taken, at most `outputBytesMax` and one more for each descriptor among them. */
  get pendingBytes(): number {
    return this.#output.waitingBytes
  }

  /** Why nothing that is sent arrives any more; undefined as long as sending works. */
  get sendFailure(): SystemCallError | undefined {
    const { failure } = this.#output
    return failure < 0 ? systemCallError("send", failure) : undefined
  }

  /**
   * Sends bytes. Returns false when more than `outputBytesMax` might have to wait, and then none of them is sent: they can be sent again
   * after `onDrained`. Bytes for a peer that is gone are dropped; `onEnd` follows.
   *
   * In a handler the bytes leave at the end of the turn's reads, or before the next thing that this channel sends. They must not change until
   * then, and a failure or a peer that does not read shows only then, by `onBlocked`.
   */
  send(bytes: Uint8Array): boolean {
    return this.#output.send(bytes)
  }

  /**
   * Sends one NUL byte with a copy of the descriptor, after everything that waits and at the time of `send`. The descriptor stays the
   * caller's, and must stay open until `onSent` is called or the descriptor is taken back.
   *
   * `onSent` gets the outcome exactly once, within this call or later: `-EPIPE` when the channel is closed before, `-EBADF` when the
   * descriptor is.
   */
  sendDescriptor(descriptor: Descriptor, onSent: (outcome: Outcome) => void): PendingSend {
    return this.#output.sendDescriptor(descriptor, onSent)
  }

  /** Sends at once what waits for the end of the turn's reads; afterwards `isBlocked` and `sendFailure` report the outcome. */
  flush(): void {
    this.#output.flush()
  }

  /** Stops reading until `resume`. A peer that dies meanwhile is noticed afterwards. */
  pause(): void {
    // The watch stays until it reports something: an owner that resumes within the turn costs no system call.
    this.#isPaused = true
  }

  /** Goes on reading. */
  resume(): void {
    if (!this.#isPaused) return
    this.#isPaused = false
    this.onWaiting()
  }

  /**
   * Leaves the loop and closes the socket; pending output is dropped, and so is unread input, with the
   * descriptors in it. The handler is not called any more. `onClosed` is called when the socket is closed: within this call, or later when
   * much is to be thrown away.
   */
  close(onClosed = nothing): void {
    if (this.#isClosed) return
    const socket = this.detach()
    // The kernel would close descriptors that were not received, and one whose maker set it to linger would block this thread.
    if (!this.#isReadToEnd) return this.#loop.discard(socket, onClosed)
    socket.close()
    onClosed()
  }

  /**
   * Leaves the loop and gives the open socket away, which is then the caller's to close; otherwise as `close`. On a closed channel
   * it throws `DescriptorMisuse`.
   */
  detach(): Descriptor {
    this.#output.leave()
    this.#loop.unwatch(this)
    const socket = this.descriptor.take()
    this.#isClosed = true
    this.#output.close()
    return socket
  }

  /** Called by the loop. */
  get isReadDue(): boolean {
    return !this.#output.isBlocked && !this.#isPaused && !this.#hasEnded
  }

  /** Called by the loop. */
  onRead(count: Outcome, buffer: ReceiveBuffer): void {
    try {
      if (count > 0) {
        const descriptor = buffer.takeDescriptor()
        this.#handler.onReceive(buffer.first(count), descriptor, buffer.truncated)
      } else if (count === 0) {
        this.#isReadToEnd = true
        this.#end(undefined)
      } else if (!isRetryable(count)) this.#end(systemCallError("recvmsg", count))
    } catch (defect) {
      this.abandon(defect)
    }
  }

  /** Called by the loop. */
  onReady(): void {
    try {
      if (!this.#output.isBlocked) this.onWaiting()
      else if (this.#output.drain()) this.#handler.onDrained()
    } catch (defect) {
      this.abandon(defect)
    }
  }

  /** Called by the output. @internal */
  onWaiting(): void {
    if (this.#isClosed) return
    const isReading = !this.#isPaused && !this.#hasEnded
    const outcome = this.#loop.watch(this, this.isBlocked ? Readiness.writable : isReading ? Readiness.readable : 0)
    // The loop would never call this channel again.
    if (outcome < 0) this.onSendFailure(systemCallError("epoll_ctl", outcome))
  }

  /** Called by the output. @internal */
  onGatheredSent(): void {
    if (!this.#isClosed && (this.isBlocked || this.#output.failure < 0)) this.#handler.onBlocked?.()
  }

  /** Called by the output, in the middle of a call of the owner: the handler learns of it from the loop. @internal */
  onSendFailure(error: SystemCallError): void {
    this.#loop.defer(() => {
      try {
        this.#end(error)
      } catch (defect) {
        this.abandon(defect)
      }
    })
  }

  /** The owner threw, and its state of this connection is unknown: the connection ends. Called by the output. @internal */
  abandon(defect: unknown): void {
    try {
      this.#end(undefined)
    } catch (another) {
      this.#loop.onDefect(another)
    } finally {
      this.close()
    }
    this.#loop.onDefect(defect)
  }

  #end(error: SystemCallError | undefined): void {
    if (this.#hasEnded || this.#isClosed) return
    this.#hasEnded = true
    this.#handler.onEnd(error)
  }
}
