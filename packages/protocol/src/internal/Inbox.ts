const none = new Uint8Array(0)

/** Below this a buffer of our own is not worth giving back. */
const ownBytesSmall = 4096

/**
 * Bytes that came and are not used yet. The last read's bytes are looked at where they lie; only what is left of them when
 * the reader stops is copied, so that an ordinary request costs no copy at all.
 */
export class Inbox {
  bytes: Uint8Array = none
  /** The first unused byte. */
  at = 0
  /** Behind the last one. */
  end = 0
  #borrowed = false
  readonly #bytesMax: number

  /** `bytesMax`: how much is ever left unused when the reader stops. */
  constructor(bytesMax: number) {
    this.#bytesMax = bytesMax
  }

  get unused(): number {
    return this.end - this.at
  }

  push(bytes: Uint8Array, byteCount: number): void {
    if (this.unused === 0) {
      this.bytes = bytes
      this.at = 0
      this.end = byteCount
      this.#borrowed = true
      return
    }
    this.retain()
    this.#makeRoom(byteCount)
    this.bytes.set(byteCount === bytes.length ? bytes : bytes.subarray(0, byteCount), this.end)
    this.end += byteCount
  }

  /** Whether a word stands in what is unused. */
  holds(word: string): boolean {
    return Buffer.from(this.bytes.buffer, this.bytes.byteOffset + this.at, this.unused).includes(word)
  }

  consume(byteCount: number): void {
    this.at += byteCount
  }

  /** Copies what is unused, so that the pushed array may be written to again. */
  retain(): void {
    const unused = this.unused
    if (unused === 0) {
      if (this.bytes !== none) this.#become(none, 0)
    } else if (this.#borrowed || (this.bytes.length > ownBytesSmall && unused * 4 < this.bytes.length)) {
      // Not slice(): that of a Buffer, which is what system calls read into, is no copy but a view.
      this.#become(new Uint8Array(this.bytes.subarray(this.at, this.end)), unused)
    }
  }

  clear(): void {
    this.#become(none, 0)
  }

  #become(bytes: Uint8Array, unused: number): void {
    this.bytes = bytes
    this.at = 0
    this.end = unused
    this.#borrowed = false
  }

  /** Doubles, so that a request that comes byte by byte is not copied once a byte; never beyond the limit and one read. */
  #makeRoom(byteCount: number): void {
    const unused = this.unused
    if (this.end + byteCount <= this.bytes.length) return
    const needed = unused + byteCount
    const room =
      needed <= this.bytes.length ? this.bytes : new Uint8Array(Math.max(needed, Math.min(unused * 2, this.#bytesMax)))
    if (room === this.bytes) room.copyWithin(0, this.at, this.end)
    else room.set(this.bytes.subarray(this.at, this.end))
    this.#become(room, unused)
  }
}
