import type { AttemptFailure } from "../ClientError.ts"

/** Why, and for how much longer, a cache is not asked. */
export interface Resting {
  readonly reason: AttemptFailure
  readonly restMillis: number
}

/** Leaves a cache that is out of reach alone for a while, each time for twice as long as before, up to a limit. */
export class Rest {
  readonly #firstMillis: number
  readonly #maxMillis: number
  #lastMillis = 0
  #untilMillis = Number.NEGATIVE_INFINITY
  #reason: AttemptFailure | undefined

  constructor(firstMillis: number, maxMillis: number) {
    this.#firstMillis = firstMillis
    this.#maxMillis = Math.max(firstMillis, maxMillis)
  }

  /** Whether it is to be left alone now. */
  at(nowMillis: number): Resting | undefined {
    const restMillis = this.#untilMillis - nowMillis
    return this.#reason === undefined || !(restMillis > 0) ? undefined : { reason: this.#reason, restMillis }
  }

  /** It was out of reach; returns for how long it is left alone. */
  begin(nowMillis: number, reason: AttemptFailure): number {
    this.#lastMillis = this.#lastMillis === 0 ? this.#firstMillis : Math.min(2 * this.#lastMillis, this.#maxMillis)
    this.#untilMillis = nowMillis + this.#lastMillis
    this.#reason = reason
    return this.#lastMillis
  }

  /** It has answered. */
  end(): void {
    this.#lastMillis = 0
    this.#reason = undefined
  }
}
