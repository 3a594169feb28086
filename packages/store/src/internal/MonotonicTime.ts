import { badTime } from "./checks.ts"

/** The latest time that a store was given. An earlier time counts as the latest: the order of the lanes depends on it. */
export class MonotonicTime {
  #latestMillis = Number.NEGATIVE_INFINITY

  advance(nowMillis: number): number {
    if (!(nowMillis > Number.NEGATIVE_INFINITY && nowMillis < Number.POSITIVE_INFINITY)) throw badTime(nowMillis)
    if (nowMillis > this.#latestMillis) this.#latestMillis = nowMillis
    return this.#latestMillis
  }
}
