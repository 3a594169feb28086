/** A small generator of numbers whose whole sequence follows from two seeds (the algorithm is Marsaglia's xorshift of 128 bits). */
export class SeededRandom {
  #a: number
  #b: number
  #c = 0x9e37_79b9
  #d = 0x7f4a_7c15

  constructor(seed: number, stream: number) {
    this.#a = seed | 0
    this.#b = stream | 0
    // Seeds that differ in one bit must not begin alike.
    for (let round = 0; round < 32; round++) this.next()
  }

  /** A whole number from 0 to 2^32-1. */
  next(): number {
    let mixed = this.#d
    const first = this.#a
    this.#d = this.#c
    this.#c = this.#b
    this.#b = first
    mixed ^= mixed << 11
    mixed ^= mixed >>> 8
    this.#a = mixed ^ first ^ (first >>> 19)
    return this.#a >>> 0
  }

  /** A whole number from 0 to `bound` - 1. */
  below(bound: number): number {
    return Math.floor((this.next() / 0x1_0000_0000) * bound)
  }

  /** A fraction from 0 to below 1. */
  fraction(): number {
    return this.next() / 0x1_0000_0000
  }
}
