/**
 * Random numbers that a seed replays: the sfc32 generator, 128 bits of state, passes PractRand.
 *
 * @category simulation
 */
export class SeededRandom {
  #a: number
  #b: number
  #c: number
  #counter = 1

  constructor(seed: number) {
    if (!Number.isSafeInteger(seed)) throw new RangeError(`a seed is a whole number, not ${seed}`)
    this.#a = seed >>> 0
    this.#b = Math.floor(seed / 2 ** 32) >>> 0
    this.#c = 0x9e3779b9
    // Seeds that differ in one bit differ in all after a dozen rounds.
    for (let round = 0; round < 12; round++) this.next()
  }

  /** A whole number from 0 to 2^32-1. */
  next(): number {
    const result = (((this.#a + this.#b) | 0) + this.#counter) | 0
    this.#counter = (this.#counter + 1) | 0
    this.#a = this.#b ^ (this.#b >>> 9)
    this.#b = (this.#c + (this.#c << 3)) | 0
    this.#c = (((this.#c << 21) | (this.#c >>> 11)) + result) | 0
    return result >>> 0
  }

  /** A fraction from 0 up to, but not including, 1. */
  fraction(): number {
    return this.next() / 2 ** 32
  }

  /** A whole number from 0 to `limit` - 1. */
  below(limit: number): number {
    return Math.floor(this.fraction() * limit)
  }

  /** True with the given probability. */
  chance(probability: number): boolean {
    return this.fraction() < probability
  }

  /** One of `choices`, which must not be empty. */
  pick<A>(choices: ReadonlyArray<A>): A {
    if (choices.length === 0) throw new RangeError("nothing to pick from")
    // The index is below the length, so that undefined can only be one of the choices.
    return choices[this.below(choices.length)] as A
  }

  /** Puts `items` into a random order, in place. */
  shuffle<A>(items: Array<A>): Array<A> {
    for (let last = items.length - 1; last > 0; last--) {
      const other = this.below(last + 1)
      // Both indexes are below the length.
      const moved = items[last] as A
      items[last] = items[other] as A
      items[other] = moved
    }
    return items
  }

  /** A separate generator, for a part that must not disturb the draws of the rest. */
  fork(): SeededRandom {
    return new SeededRandom(this.next())
  }
}
