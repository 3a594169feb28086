import type { CallBatch } from "../../CallBatch.ts"
import { Errno } from "../../Errno.ts"
import type { Layout } from "../../Platform.ts"
import type { ReceiveBuffer } from "../../ReceiveBuffer.ts"
import type { Outcome } from "../../SystemCalls.ts"
import { Descriptor, kindOf, numberOf } from "../descriptor.ts"
import { MessageBlock, NativeBlock, NativeReceiveBuffer } from "./nativeMemory.ts"
import type { Ring } from "./Ring.ts"

/** Room for what is sent: answers have some hundred bytes. What does not fit is sent by itself. */
const sentBytesMax = 65_536

/** The calls as they are made one by one, and the parts of them that a batch has need of. */
export interface SingleCalls {
  readonly receive: (socket: Descriptor, into: ReceiveBuffer) => Outcome
  readonly send: (socket: Descriptor, bytes: Uint8Array) => Outcome
  readonly sendDescriptor: (socket: Descriptor, passed: Descriptor) => Outcome
  /** Makes a buffer ready for a read. */
  readonly prepareReceive: (into: NativeReceiveBuffer) => void
  /** Takes in what a read has brought beside its bytes. */
  readonly finishReceive: (into: NativeReceiveBuffer) => void
  /** From the numbers that were let go of, with their kinds, adds those to `prompt` whose close does not block. */
  readonly sortPrompt: (
    numbers: ReadonlyArray<number>,
    kinds: ReadonlyArray<number | undefined>,
    prompt: Array<number>
  ) => void
  readonly closeNumber: (number: number) => void
  readonly receiveFlags: number
  readonly sendFlags: number
}

/**
 * Calls that one ring makes together. Batches may share a ring: each uses it within `run` only.
 *
 * What a call is about stands in columns, by its place: no object a call.
 */
export class RingBatch implements CallBatch {
  readonly capacity: number
  size = 0
  readonly #ring: Ring
  readonly #calls: SingleCalls
  readonly #sockets: Array<Descriptor | undefined>
  /** What is read into, or passed; bytes that are sent only where they found no room in `#sent`. */
  readonly #subjects: Array<NativeReceiveBuffer | Descriptor | Uint8Array | undefined>
  /** Where in `#sent` the bytes of a write begin, and how many they are. */
  readonly #starts: Int32Array
  readonly #lengths: Int32Array
  readonly #closing: Array<number> = []
  /** The places of calls that were written into the ring. */
  readonly #written: Array<number> = []
  readonly #letGoNumbers: Array<number> = []
  readonly #letGoKinds: Array<number | undefined> = []
  /** The last one is that of closes, which no caller reads. */
  readonly #outcomes: Int32Array
  /** By place, each made when it is first needed. */
  readonly #messages: Array<MessageBlock | undefined>
  readonly #layout: Layout
  readonly #sent = new NativeBlock(sentBytesMax)
  #sentEnd = 0

  constructor(ring: Ring, calls: SingleCalls, layout: Layout, capacity: number) {
    this.capacity = Math.min(capacity, ring.entries)
    this.#ring = ring
    this.#calls = calls
    this.#sockets = Array.from({ length: this.capacity }, () => undefined)
    this.#subjects = Array.from({ length: this.capacity }, () => undefined)
    this.#starts = new Int32Array(this.capacity)
    this.#lengths = new Int32Array(this.capacity)
    this.#outcomes = new Int32Array(this.capacity + 1)
    this.#messages = Array.from({ length: this.capacity }, () => undefined)
    this.#layout = layout
  }

  receive(socket: Descriptor, into: ReceiveBuffer): number {
    if (!(into instanceof NativeReceiveBuffer)) throw new TypeError("a receive buffer of another layer")
    return this.#put(socket, into)
  }

  send(socket: Descriptor, bytes: Uint8Array): number {
    const { length } = bytes
    const start = this.#sentEnd
    if (length > sentBytesMax - start) return this.#put(socket, new Uint8Array(bytes))
    const place = this.#put(socket, undefined)
    this.#sent.bytes.set(bytes, start)
    this.#sentEnd += length
    this.#starts[place] = start
    this.#lengths[place] = length
    return place
  }

  sendDescriptor(socket: Descriptor, passed: Descriptor): number {
    return this.#put(socket, passed)
  }

  letGo(descriptor: Descriptor): void {
    const kind = kindOf(descriptor)
    this.#letGoNumbers.push(descriptor.surrender())
    this.#letGoKinds.push(kind)
  }

  close(descriptor: Descriptor): void {
    this.#closing.push(descriptor.surrender())
  }

  run(): void {
    if (this.size > 1) this.#runTogether()
    else if (this.size === 1) this.#outcomes[0] = this.#callSingly(0)
    this.#sortLetGo()
    if (this.#closing.length > 0) this.#closeAll()
  }

  outcome(place: number): Outcome {
    return this.#outcomes[place] ?? 0
  }

  clear(): void {
    for (let place = 0; place < this.size; place++) {
      this.#sockets[place] = undefined
      this.#subjects[place] = undefined
    }
    this.size = 0
    this.#sentEnd = 0
  }

  #put(socket: Descriptor, subject: NativeReceiveBuffer | Descriptor | Uint8Array | undefined): number {
    const place = this.size
    if (place === this.capacity) throw new RangeError(`a batch has room for ${this.capacity} calls: run and clear it`)
    this.size++
    this.#sockets[place] = socket
    this.#subjects[place] = subject
    return place
  }

  #runTogether(): void {
    this.#written.length = 0
    for (let place = 0; place < this.size; place++) if (this.#write(place)) this.#written.push(place)
    const { length } = this.#written
    const taken = length === 0 ? 0 : this.#ring.enter(length, this.#outcomes)
    for (let index = 0; index < length; index++) {
      const place = this.#written[index] ?? 0
      if (index < taken) this.#finish(place)
      // What the kernel refuses to take, out of memory for instance, has not been made.
      else this.#outcomes[place] = this.#callSingly(place)
    }
  }

  #finish(place: number): void {
    const subject = this.#subjects[place]
    if (subject instanceof NativeReceiveBuffer && this.outcome(place) >= 0) this.#calls.finishReceive(subject)
  }

  /**
   * Adds the descriptors that were let go of and whose close does not block. This comes last: a process with a copy could
   * make a close block between the check and the close.
   */
  #sortLetGo(): void {
    if (this.#letGoNumbers.length === 0) return
    this.#calls.sortPrompt(this.#letGoNumbers, this.#letGoKinds, this.#closing)
    this.#letGoNumbers.length = 0
    this.#letGoKinds.length = 0
  }

  #closeAll(): void {
    const closing = this.#closing
    for (let first = 0; first < closing.length; first += this.#ring.entries) {
      const end = Math.min(closing.length, first + this.#ring.entries)
      const isShared = end - first > 1 && !this.#ring.isBroken
      for (let index = first; index < end && isShared; index++) this.#ring.close(closing[index] ?? -1, this.capacity)
      const taken = isShared ? this.#ring.enter(end - first, this.#outcomes) : 0
      for (let index = first + taken; index < end; index++) this.#calls.closeNumber(closing[index] ?? -1)
    }
    closing.length = 0
  }

  /** Writes a call into the ring; false when it is made already, or cannot be. */
  #write(place: number): boolean {
    const socket = this.#sockets[place]
    const subject = this.#subjects[place]
    const isGone = socket?.isOwned !== true || (subject instanceof Descriptor && !subject.isOwned)
    if (isGone || this.#ring.isBroken || subject instanceof Uint8Array) {
      this.#outcomes[place] = this.#callSingly(place)
      return false
    }
    const { receiveFlags, sendFlags } = this.#calls
    const number = numberOf(socket)
    // Unless the kernel says otherwise.
    this.#outcomes[place] = -Errno.EIO
    if (subject === undefined) {
      const address = this.#sent.address + (this.#starts[place] ?? 0)
      this.#ring.send(number, address, this.#lengths[place] ?? 0, sendFlags, place)
    } else if (subject instanceof NativeReceiveBuffer) {
      this.#calls.prepareReceive(subject)
      this.#ring.receiveMessage(number, subject.message.address, receiveFlags, place)
    } else {
      const message = this.#message(place)
      message.prepareToSend(numberOf(subject))
      this.#ring.sendMessage(number, message.address, sendFlags, place)
    }
    return true
  }

  #message(place: number): MessageBlock {
    const message = this.#messages[place] ?? new MessageBlock(this.#layout, 1)
    this.#messages[place] = message
    return message
  }

  #callSingly(place: number): Outcome {
    const { receive, send, sendDescriptor } = this.#calls
    const socket = this.#sockets[place]
    const subject = this.#subjects[place]
    if (socket?.isOwned !== true) return -Errno.EBADF
    if (subject instanceof NativeReceiveBuffer) return receive(socket, subject)
    if (subject instanceof Uint8Array) return send(socket, subject)
    if (subject !== undefined) return subject.isOwned ? sendDescriptor(socket, subject) : -Errno.EBADF
    const start = this.#starts[place] ?? 0
    return send(socket, this.#sent.bytes.subarray(start, start + (this.#lengths[place] ?? 0)))
  }
}
