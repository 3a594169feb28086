import type { Batching, CallBatch, Descriptor, Outcome, ReceiveBuffer, SystemCalls } from "@scached/fdpass"

/** Reads of a batch, each into its own buffer. */
const readsMax = 32
/** What is sent together, by all clients. */
const sendsMax = 256

/** Who reads and sends. */
export interface LoadCaller {
  readonly socket: Descriptor
  readonly isOver: boolean
  /** Its read has brought this. */
  onRead(count: Outcome, buffer: ReceiveBuffer): void
  /** What came of sending so many bytes, 1 for a descriptor. */
  onSent(outcome: Outcome, expected: number): void
}

/**
 * The system calls of all clients: together, where that is faster on this machine, and otherwise one by one.
 *
 * A load source that enters the kernel for each call would be at the end of its powers before the server is that it loads.
 */
export class LoadCalls<Caller extends LoadCaller> {
  readonly #calls: SystemCalls["Service"]
  readonly #reads: CallBatch | undefined
  readonly #sends: CallBatch | undefined
  readonly #buffers: ReadonlyArray<ReceiveBuffer>
  readonly #senders: Array<Caller> = []
  readonly #expected: Array<number> = []
  readonly #ended: Array<Caller> = []
  #isClosing = false

  constructor(calls: SystemCalls["Service"], receiveBytesMax: number, batching: Batching) {
    this.#calls = calls
    this.#reads = calls.makeCallBatch(readsMax, batching)
    this.#sends = this.#reads && calls.makeCallBatch(sendsMax, batching)
    const count = this.#sends === undefined ? 1 : readsMax
    this.#buffers = Array.from({ length: count }, () => calls.makeReceiveBuffer(receiveBytesMax))
  }

  /** Reads for each caller, and hands it what came; `after` is called behind each. */
  readAll(callers: ReadonlyArray<Caller>, after: (caller: Caller) => void): void {
    for (let first = 0; first < callers.length; first += this.#buffers.length) {
      this.#readSome(callers, first, Math.min(callers.length, first + this.#buffers.length), after)
    }
  }

  /** Sends bytes, at once or with the batch; the outcome goes to the caller's `onSent`. */
  send(caller: Caller, bytes: Uint8Array): void {
    const sends = this.#sends
    if (sends === undefined) return caller.onSent(this.#calls.send(caller.socket, bytes), bytes.length)
    sends.send(caller.socket, bytes)
    this.#sent(sends, caller, bytes.length)
  }

  /** Sends a copy of a descriptor, which must stay open until `onSent`. */
  sendDescriptor(caller: Caller, passed: Descriptor): void {
    const sends = this.#sends
    if (sends === undefined) return caller.onSent(this.#calls.sendDescriptor(caller.socket, passed), 1)
    sends.sendDescriptor(caller.socket, passed)
    this.#sent(sends, caller, 1)
  }

  /** Closes a descriptor, at once or with what is sent next. */
  close(descriptor: Descriptor): void {
    if (this.#sends === undefined) return descriptor.close()
    this.#sends.close(descriptor)
    this.#isClosing = true
  }

  /** Makes the calls that wait; `onEnded` is called for those to whom it is the end. */
  flush(onEnded: (caller: Caller) => void): void {
    const sends = this.#sends
    if (sends === undefined) return
    if (sends.size > 0 || this.#isClosing) this.#run(sends)
    for (const caller of this.#ended.splice(0)) onEnded(caller)
  }

  #readSome(callers: ReadonlyArray<Caller>, first: number, end: number, after: (caller: Caller) => void): void {
    const reads = this.#reads
    const isShared = reads !== undefined && end - first > 1
    for (let index = first; index < end && isShared; index++) {
      const [caller, buffer] = [callers[index], this.#buffers[index - first]]
      if (caller !== undefined && buffer !== undefined) reads.receive(caller.socket, buffer)
    }
    if (isShared) reads.run()
    for (let index = first; index < end; index++) {
      const [caller, buffer] = [callers[index], this.#buffers[index - first]]
      if (caller === undefined || buffer === undefined) continue
      const count = isShared ? reads.outcome(index - first) : this.#calls.receive(caller.socket, buffer)
      caller.onRead(count, buffer)
      after(caller)
    }
    if (isShared) reads.clear()
  }

  #sent(sends: CallBatch, caller: Caller, expected: number): void {
    this.#senders.push(caller)
    this.#expected.push(expected)
    if (sends.size === sends.capacity) this.#run(sends)
  }

  #run(sends: CallBatch): void {
    sends.run()
    this.#isClosing = false
    for (let place = 0; place < this.#senders.length; place++) {
      const caller = this.#senders[place]
      if (caller === undefined || caller.isOver) continue
      caller.onSent(sends.outcome(place), this.#expected[place] ?? 0)
      if (caller.isOver) this.#ended.push(caller)
    }
    this.#senders.length = 0
    this.#expected.length = 0
    sends.clear()
  }
}
