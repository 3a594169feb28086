/** Starts so much after their time are counted as late: below it is the load generator's own turn. */
export const lateMillisMin = 1

/** Operations that are given up are reported in so many steps at most: a millisecond's work. */
const stepsMax = 50_000

/**
 * When operations are due in an open loop: at a constant rate, whatever the server does. Latency counts from there, so that a server
 * that stalls for a second is charged with all who would have come meanwhile, and not with the one who waited.
 */
export class OpenLoopSchedule {
  readonly #startMillis: number
  readonly #intervalMillis: number
  readonly #count: number
  #taken = 0
  /** Operations that began more than `lateMillisMin` later than they were due. */
  late = 0

  constructor(startMillis: number, durationMillis: number, ratePerSecond: number) {
    this.#startMillis = startMillis
    this.#intervalMillis = 1_000 / ratePerSecond
    this.#count = Math.ceil(durationMillis / this.#intervalMillis - 1e-9)
  }

  /** When the next operation is due; infinity when all have begun. */
  get nextMillis(): number {
    return this.#taken < this.#count ? this.#startMillis + this.#taken * this.#intervalMillis : Number.POSITIVE_INFINITY
  }

  /** Begins the next operation now, and returns when it was due. */
  take(nowMillis: number): number {
    const dueMillis = this.nextMillis
    this.#taken++
    if (nowMillis - dueMillis > lateMillisMin) this.late++
    return dueMillis
  }

  /**
   * Gives up what has not begun, and returns how many operations that were. `onAbandoned` gets how long each has waited by now; of very
   * many some come together, with the longest wait among them, since answers of the last operations would have to wait meanwhile.
   */
  abandon(nowMillis: number, onAbandoned: (waitedMillis: number, count: number) => void): number {
    const due = Math.min(this.#count, Math.floor((nowMillis - this.#startMillis) / this.#intervalMillis) + 1)
    const abandoned = Math.max(0, due - this.#taken)
    const step = Math.max(1, Math.ceil(abandoned / stepsMax))
    for (let left = abandoned; left > 0; left -= step) {
      const count = Math.min(step, left)
      onAbandoned(nowMillis - this.nextMillis, count)
      this.#taken += count
    }
    this.#taken = this.#count
    return abandoned
  }
}
