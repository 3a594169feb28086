import type { EventLoop } from "../EventLoop.ts"

const soonMillis = 2
const lateMillis = 1_000
/** So many closes that do not end within `patienceMillis` are worth a word, and no second one within `silenceMillis`. */
const manyCloses = 64
const patienceMillis = 1_000
const silenceMillis = 3_600_000

/**
 * Ends, a moment later, closes that wait: of sockets that linger, for instance. What cannot be ended is looked after more and more rarely, at
 * last once a second.
 */
export class DeferredCloses {
  readonly #loop: EventLoop
  #isArmed = false
  #pauseMillis = soonMillis
  #manySinceMillis: number | undefined
  #silentUntilMillis = Number.NEGATIVE_INFINITY

  constructor(loop: EventLoop) {
    this.#loop = loop
  }

  /** To be called while closes are under way. */
  tend(): void {
    if (this.#isArmed) return
    this.#isArmed = true
    this.#loop.at(this.#loop.nowMillis + this.#pauseMillis, () => {
      this.#isArmed = false
      this.#hurry()
    })
  }

  #hurry(): void {
    const { calls } = this.#loop
    const before = calls.closesUnderWay()
    calls.hurryCloses()
    const count = calls.closesUnderWay()
    this.#pauseMillis = count < before ? soonMillis : Math.min(lateMillis, 2 * this.#pauseMillis)
    this.#consider(count)
  }

  #consider(count: number): void {
    const { nowMillis } = this.#loop
    if (count < manyCloses) {
      this.#manySinceMillis = undefined
      return
    }
    this.#manySinceMillis ??= nowMillis
    if (nowMillis < this.#manySinceMillis + patienceMillis || nowMillis < this.#silentUntilMillis) return
    this.#silentUntilMillis = nowMillis + silenceMillis
    this.#loop.onClosesWaiting(count)
  }
}
