import type { Descriptor, Outcome } from "@scached/fdpass"

/** Room of a new block: small messages that wait in a row share one, since each would otherwise cost more than it holds. */
const blockBytesMin = 2048

/** Bytes that wait to be sent: the part from `start` to `end` of a buffer that has room for more. */
export class PendingBytes {
  readonly _tag = "Bytes"
  readonly #buffer: Uint8Array
  #start = 0
  #end = 0

  constructor(bytes: Uint8Array) {
    this.#buffer = new Uint8Array(Math.max(bytes.length, blockBytesMin))
    this.append(bytes)
  }

  get length(): number {
    return this.#end - this.#start
  }

  get bytes(): Uint8Array {
    return this.#buffer.subarray(this.#start, this.#end)
  }

  /** Copies the bytes in, all or none of them. */
  append(bytes: Uint8Array): boolean {
    if (this.#buffer.length - this.#end < bytes.length) return false
    this.#buffer.set(bytes, this.#end)
    this.#end += bytes.length
    return true
  }

  consume(count: number): void {
    this.#start += count
  }
}

/** A descriptor that waits to be sent; on the wire it is one byte long. */
export class PendingDescriptor {
  readonly _tag = "Descriptor"
  readonly length = 1
  readonly descriptor: Descriptor
  readonly #onSent: (outcome: Outcome) => void
  /** It was taken back, or its callback has the outcome: it is not sent, and the callback is not called again. */
  isSettled = false

  constructor(descriptor: Descriptor, onSent: (outcome: Outcome) => void) {
    this.descriptor = descriptor
    this.#onSent = onSent
  }

  takeBack(): void {
    this.isSettled = true
  }

  settle(outcome: Outcome): void {
    if (this.isSettled) return
    this.isSettled = true
    this.#onSent(outcome)
  }
}

/** What waits to be sent on one connection, in order. */
export class OutputQueue {
  #items: Array<PendingBytes | PendingDescriptor> = []
  /** Items before it have left: shifting the array each time would cost its whole length. */
  #head = 0
  #bytes = 0

  get isEmpty(): boolean {
    return this.#head === this.#items.length
  }

  /** Bytes on the wire that are still to come. */
  get bytes(): number {
    return this.#bytes
  }

  get first(): PendingBytes | PendingDescriptor | undefined {
    return this.#items[this.#head]
  }

  /** Copies the bytes in, behind all the others. */
  addBytes(bytes: Uint8Array): void {
    this.#bytes += bytes.length
    const last = this.isEmpty ? undefined : this.#items.at(-1)
    if (last instanceof PendingBytes && last.append(bytes)) return
    this.#items.push(new PendingBytes(bytes))
  }

  addDescriptor(item: PendingDescriptor): void {
    this.#bytes += item.length
    this.#items.push(item)
  }

  /** Notes that `count` bytes of the first item have left; the item goes when they were its last. */
  consume(count: number): void {
    const item = this.first
    if (item === undefined) return
    this.#bytes -= count
    if (item._tag === "Bytes" && count < item.length) return item.consume(count)
    this.#head++
    if (this.isEmpty) {
      this.#items = []
      this.#head = 0
    }
  }

  /** Empties the queue; what was in it is the caller's to settle. */
  takeAll(): ReadonlyArray<PendingBytes | PendingDescriptor> {
    const items = this.#items.slice(this.#head)
    this.#items = []
    this.#head = 0
    this.#bytes = 0
    return items
  }
}
