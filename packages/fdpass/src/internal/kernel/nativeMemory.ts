import { type Pointer, ptr } from "bun:ffi"
import type { Layout } from "../../Platform.ts"
import { ReceiveBuffer } from "../../ReceiveBuffer.ts"
import { type PollBatch, passedDescriptorsMax, type ReadinessBatch } from "../../SystemCalls.ts"
import { type Descriptor, numberOf } from "../descriptor.ts"

/** SOL_SOCKET, SCM_RIGHTS and SCM_PIDFD. */
const socketLevel = 1
const passedRights = 1
const senderProcess = 4
/** sizeof(int): one passed descriptor. */
const descriptorBytes = 4
/** sizeof(struct iovec). */
const vectorBytes = 16
/**
 * Room for control messages that were not asked for: credentials, a pidfd, a security label, time stamps. Some kernels 6.17 add one to
 * every recvmsg of io_uring; without room for it descriptors behind it would be lost.
 */
const otherControlBytes = 512
/** Control messages begin at multiples of this. */
const controlAlignment = 8

const aligned = (bytes: number): number => Math.ceil(bytes / controlAlignment) * controlAlignment

/**
 * A block of native memory: an explicit ArrayBuffer that this object keeps alive, and the address it has for good.
 *
 * A pointer does not keep its buffer alive, and a typed array of 1000 bytes or less moves when its `.buffer` is first touched
 * after `ptr()`: hence every structure is a view on one of these, and every one of these is held by a long-lived object.
 */
export class NativeBlock {
  readonly buffer: ArrayBuffer
  readonly bytes: Buffer
  readonly words: Uint32Array
  readonly address: Pointer

  constructor(bytes: number) {
    this.buffer = new ArrayBuffer(Math.ceil(bytes / 8) * 8)
    this.bytes = Buffer.from(this.buffer)
    this.words = new Uint32Array(this.buffer)
    this.address = ptr(this.buffer)
  }

  putPointer(offset: number, block: NativeBlock, blockOffset: number): void {
    new DataView(this.buffer).setBigUint64(offset, BigInt(block.address) + BigInt(blockOffset), true)
  }
}

/**
 * One `struct msghdr` with its vector, its control part and its bytes, laid out one behind the other.
 *
 * One that receives has room for as many descriptors as a message can carry. What does not fit is closed by the kernel within
 * recvmsg, and where the sender has made such a socket linger, that close waits for the sender's peer. The room costs nothing: the
 * kernel touches what it uses.
 */
export class MessageBlock {
  readonly block: NativeBlock
  readonly layout: Layout
  readonly controlOffset: number
  readonly bytesOffset: number
  readonly #controlLengthWord: number
  readonly #vectorLengthWord: number
  readonly #flagsWord: number
  readonly #descriptorWord: number
  /** CMSG_LEN of one descriptor. */
  readonly #oneLength: number
  /** CMSG_SPACE of as many as may come. */
  readonly #controlSpace: number

  constructor(layout: Layout, bytesMax: number, descriptorsMax = 1) {
    const vectorOffset = layout.messageHeaderBytes
    this.layout = layout
    this.controlOffset = vectorOffset + vectorBytes
    this.#oneLength = layout.controlHeaderBytes + descriptorBytes
    this.#controlSpace = aligned(layout.controlHeaderBytes + descriptorBytes * descriptorsMax) + otherControlBytes
    this.bytesOffset = this.controlOffset + this.#controlSpace
    this.block = new NativeBlock(this.bytesOffset + bytesMax)
    this.#controlLengthWord = layout.messageHeaderControlLengthOffset / 4
    this.#vectorLengthWord = (vectorOffset + 8) / 4
    this.#flagsWord = layout.messageHeaderFlagsOffset / 4
    this.#descriptorWord = (this.controlOffset + layout.controlHeaderBytes) / 4
    this.block.putPointer(layout.messageHeaderVectorOffset, this.block, vectorOffset)
    this.block.words[layout.messageHeaderVectorCountOffset / 4] = 1
    this.block.putPointer(layout.messageHeaderControlOffset, this.block, this.controlOffset)
    this.block.putPointer(vectorOffset, this.block, this.bytesOffset)
  }

  get address(): Pointer {
    return this.block.address
  }

  /** Makes it ready for a recvmsg of at most `bytesMax` bytes. */
  prepareToReceive(bytesMax: number): void {
    const words = this.block.words
    words[this.#vectorLengthWord] = bytesMax
    words[this.#controlLengthWord] = this.#controlSpace
    words[this.#flagsWord] = 0
  }

  /** Makes it ready for a sendmsg of one NUL byte that carries `descriptor`. */
  prepareToSend(descriptor: number): void {
    const words = this.block.words
    words[this.#vectorLengthWord] = 1
    words[this.#controlLengthWord] = this.#oneLength
    words[this.controlOffset / 4] = this.#oneLength
    words[this.controlOffset / 4 + 1] = 0
    words[(this.controlOffset + this.layout.controlLevelOffset) / 4] = socketLevel
    words[(this.controlOffset + this.layout.controlTypeOffset) / 4] = passedRights
    words[this.#descriptorWord] = descriptor
    this.block.bytes[this.bytesOffset] = 0
  }

  /** Makes it ready for a sendmsg of bytes that carry several descriptors, or none. */
  prepareToSendAll(bytes: Uint8Array, descriptors: ReadonlyArray<number>): void {
    const words = this.block.words
    const length = this.layout.controlHeaderBytes + descriptorBytes * descriptors.length
    this.prepareToSend(0)
    words[this.#vectorLengthWord] = bytes.length
    words[this.#controlLengthWord] = descriptors.length === 0 ? 0 : length
    words[this.controlOffset / 4] = length
    words.set(descriptors, this.#descriptorWord)
    this.block.bytes.set(bytes, this.bytesOffset)
  }

  /** The flags that recvmsg returned. */
  get flags(): number {
    return this.block.words[this.#flagsWord] ?? 0
  }

  /** Whether recvmsg brought control data; looked at first, since most reads bring none. */
  get hasControl(): boolean {
    return this.block.words[this.#controlLengthWord] !== 0
  }

  /** The numbers of all descriptors that recvmsg brought, in the sender's order. */
  get receivedNumbers(): ReadonlyArray<number> {
    return this.#numbersOf(passedRights)
  }

  /** The number of the one descriptor that was passed; undefined when there is none, or anything beside it. Nearly always it is alone. */
  get loneNumber(): number | undefined {
    const words = this.block.words
    const start = this.controlOffset
    const { controlLevelOffset, controlTypeOffset } = this.layout
    const isLone =
      words[start / 4] === this.#oneLength &&
      (words[this.#controlLengthWord] ?? 0) <= aligned(this.#oneLength) &&
      words[(start + controlLevelOffset) / 4] === socketLevel &&
      words[(start + controlTypeOffset) / 4] === passedRights
    return isLone ? words[this.#descriptorWord] : undefined
  }

  /** The numbers of descriptors that the kernel has added by itself: a pidfd a message where the socket's maker has set SO_PASSPIDFD. */
  get addedNumbers(): ReadonlyArray<number> {
    return this.#numbersOf(senderProcess)
  }

  #numbersOf(type: number): ReadonlyArray<number> {
    const words = this.block.words
    const { controlHeaderBytes, controlLevelOffset, controlTypeOffset } = this.layout
    const end = this.controlOffset + (words[this.#controlLengthWord] ?? 0)
    const numbers: Array<number> = []
    // A socket that another process set up may bring other control messages too. They are skipped, or descriptors after them would leak.
    for (let start = this.controlOffset; start + controlHeaderBytes <= end; ) {
      const length = words[start / 4] ?? 0
      if (length < controlHeaderBytes) break
      const isWanted =
        words[(start + controlLevelOffset) / 4] === socketLevel && words[(start + controlTypeOffset) / 4] === type
      for (let offset = controlHeaderBytes; isWanted && offset + descriptorBytes <= length; offset += descriptorBytes) {
        numbers.push(words[(start + offset) / 4] ?? 0)
      }
      start += aligned(length)
    }
    return numbers
  }
}

/** The kernel layer's receive buffer: the bytes of a message block that recvmsg fills in place. */
export class NativeReceiveBuffer extends ReceiveBuffer {
  readonly message: MessageBlock
  readonly bytes: Buffer

  constructor(layout: Layout, bytesMax: number) {
    super()
    this.message = new MessageBlock(layout, bytesMax, passedDescriptorsMax)
    this.bytes = Buffer.from(this.message.block.buffer, this.message.bytesOffset, bytesMax)
  }
}

/** The kernel layer's batch of epoll events. */
export class NativeReadinessBatch implements ReadinessBatch {
  readonly capacity: number
  readonly block: NativeBlock
  readonly #stride: number
  readonly #dataWord: number

  constructor(layout: Layout, capacity: number) {
    this.capacity = capacity
    this.block = new NativeBlock(layout.epollEventBytes * capacity)
    this.#stride = layout.epollEventBytes / 4
    this.#dataWord = layout.epollEventDataOffset / 4
  }

  token(index: number): number {
    return this.block.words[index * this.#stride + this.#dataWord] ?? 0
  }

  readiness(index: number): number {
    return this.block.words[index * this.#stride] ?? 0
  }

  /** Writes the event that epoll_ctl reads. */
  put(readiness: number, token: number): void {
    this.block.words[0] = readiness
    this.block.words[this.#dataWord] = token
    this.block.words[this.#dataWord + 1] = 0
  }
}

/** The kernel layer's batch of descriptors to look at: an array of `struct pollfd`, a number and two half words each on all machines. */
export class NativePollBatch implements PollBatch {
  readonly capacity: number
  readonly block: NativeBlock

  constructor(capacity: number) {
    this.capacity = capacity
    this.block = new NativeBlock(8 * capacity)
  }

  put(index: number, descriptor: Descriptor, readiness: number): void {
    this.block.words[2 * index] = numberOf(descriptor)
    // The upper half is what was found.
    this.block.words[2 * index + 1] = readiness
  }

  readiness(index: number): number {
    return (this.block.words[2 * index + 1] ?? 0) >>> 16
  }
}
