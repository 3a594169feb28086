import { type Pointer, ptr } from "bun:ffi"
import type { Layout } from "../Platform.ts"
import { ReceiveBuffer } from "../ReceiveBuffer.ts"
import type { ReadinessBatch } from "../SystemCalls.ts"

/** SOL_SOCKET and SCM_RIGHTS. */
const socketLevel = 1
const passedRights = 1
/** sizeof(int): one passed descriptor. */
const descriptorBytes = 4
/** sizeof(struct iovec). */
const vectorBytes = 16
/** Room for the control part, CMSG_SPACE of one descriptor. */
const controlSpace = 24

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
 * The control part has room for exactly one descriptor, and says so to the kernel: a sender that passes several has the rest
 * closed by the kernel before we could ever own them.
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
  readonly #controlLength: number

  constructor(layout: Layout, bytesMax: number) {
    const vectorOffset = layout.messageHeaderBytes
    this.layout = layout
    this.controlOffset = vectorOffset + vectorBytes
    this.bytesOffset = this.controlOffset + controlSpace
    this.block = new NativeBlock(this.bytesOffset + bytesMax)
    this.#controlLength = layout.controlHeaderBytes + descriptorBytes
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

  /** Makes it ready for a recvmsg of at most `bytesMax` bytes and one descriptor. */
  prepareToReceive(bytesMax: number): void {
    const words = this.block.words
    words[this.#vectorLengthWord] = bytesMax
    words[this.#controlLengthWord] = this.#controlLength
    words[this.#flagsWord] = 0
    words[this.controlOffset / 4] = 0
  }

  /** Makes it ready for a sendmsg of one NUL byte that carries `descriptor`. */
  prepareToSend(descriptor: number): void {
    const words = this.block.words
    words[this.#vectorLengthWord] = 1
    words[this.#controlLengthWord] = this.#controlLength
    words[this.controlOffset / 4] = this.#controlLength
    words[this.controlOffset / 4 + 1] = 0
    words[(this.controlOffset + this.layout.controlLevelOffset) / 4] = socketLevel
    words[(this.controlOffset + this.layout.controlTypeOffset) / 4] = passedRights
    words[this.#descriptorWord] = descriptor
    this.block.bytes[this.bytesOffset] = 0
  }

  /** The flags that recvmsg returned. */
  get flags(): number {
    return this.block.words[this.#flagsWord] ?? 0
  }

  /** The number of the descriptor that recvmsg brought, undefined when it brought none. */
  get receivedNumber(): number | undefined {
    const words = this.block.words
    if ((words[this.#controlLengthWord] ?? 0) < this.#controlLength) return undefined
    if (words[(this.controlOffset + this.layout.controlLevelOffset) / 4] !== socketLevel) return undefined
    if (words[(this.controlOffset + this.layout.controlTypeOffset) / 4] !== passedRights) return undefined
    return words[this.#descriptorWord]
  }
}

/** The kernel layer's receive buffer: the bytes of a message block that recvmsg fills in place. */
export class NativeReceiveBuffer extends ReceiveBuffer {
  readonly message: MessageBlock
  readonly bytes: Buffer

  constructor(layout: Layout, bytesMax: number) {
    super()
    this.message = new MessageBlock(layout, bytesMax)
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
