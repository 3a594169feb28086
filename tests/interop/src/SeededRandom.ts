/**
 * Random choices that a seed replays, alike on every machine and in every version of every library.
 *
 * @category randomness
 */
export class SeededRandom {
  #state: number

  constructor(seed: number) {
    this.#state = seed >>> 0
  }

  /** A whole number from 0 to `limit` less one. */
  below(limit: number): number {
    // SplitMix32: each state gives one well-mixed word.
    this.#state = (this.#state + 0x9e3779b9) >>> 0
    let word = this.#state
    word = Math.imul(word ^ (word >>> 16), 0x21f0aaad)
    word = Math.imul(word ^ (word >>> 15), 0x735a2d97)
    return ((word ^ (word >>> 15)) >>> 0) % limit
  }

  /** One of the choices, which must not be none. */
  pick<A>(choices: ReadonlyArray<A>): A {
    const index = this.below(choices.length)
    const choice = choices[index]
    if (choice === undefined) throw new Error("there is nothing to choose from")
    return choice
  }

  /** Whether an event of this many in a hundred happens. */
  percent(chance: number): boolean {
    return this.below(100) < chance
  }
}
