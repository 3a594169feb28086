import type { SeededRandom } from "./SeededRandom.ts"
import type { Popularity } from "./Workload.ts"

/**
 * Draws indices by weight, in constant time for any number of them, with Walker's alias method: each column of equal width holds at most two
 * indices.
 */
export class WeightedChoice {
  readonly #share: Float64Array
  readonly #alias: Uint32Array

  constructor(weights: ReadonlyArray<number>) {
    const count = weights.length
    let sum = 0
    for (const weight of weights) sum += weight
    if (!(sum > 0)) throw new RangeError("weights of a choice: none is above 0")
    this.#share = new Float64Array(count)
    this.#alias = new Uint32Array(count)
    const left = weights.map((weight) => (weight * count) / sum)
    const small: Array<number> = []
    const large: Array<number> = []
    for (const [index, share] of left.entries()) (share < 1 ? small : large).push(index)
    for (;;) {
      const poor = small.pop()
      const rich = large.at(-1)
      if (poor === undefined || rich === undefined) {
        // Remainders of rounding fill their own columns.
        for (const index of poor === undefined ? large : [poor, ...small]) this.#share[index] = 1
        return
      }
      const share = left[poor] ?? 0
      this.#share[poor] = share
      this.#alias[poor] = rich
      const rest = (left[rich] ?? 0) - (1 - share)
      left[rich] = rest
      if (rest < 1) {
        large.pop()
        small.push(rich)
      }
    }
  }

  /** The choice among `count` labels. */
  static ofPopularity(popularity: Popularity, count: number): WeightedChoice {
    const weights = Array.from({ length: count }, (_, index) =>
      popularity._tag === "Zipf" ? 1 / (index + 1) ** popularity.exponent : 1
    )
    return new WeightedChoice(weights)
  }

  draw(random: SeededRandom): number {
    const column = random.below(this.#share.length)
    return random.fraction() < (this.#share[column] ?? 1) ? column : (this.#alias[column] ?? 0)
  }
}
