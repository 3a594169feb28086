import type { EventLoop } from "../EventLoop.ts"

const soonMillis = 2
const lateMillis = 1_000
/** So many closes that do not end within `patienceMillis` are worth a word, and no second one within `silenceMillis`. */
const manyCloses = 64
const patienceMillis = 1_000
const silenceMillis = 3_600_000

/**
 * Ends, a moment later, closes that wait: of sockets that linger, for instance. As long as nothing ends and nothing is added, it looks after
 * them more and more rarely, at last once a second; what is added then has its look within milliseconds all the same.
 */
export class CloseTender {
  readonly #loop: EventLoop
  #cancel: (() => void) | undefined
  #pauseMillis = soonMillis
  /** How many were under way at the last look. */
  #looked = 0
  #manySinceMillis: number | undefined
  #silentUntilMillis = Number.NEGATIVE_INFINITY

  constructor(loop: EventLoop) {
    this.#loop = loop
  }

  /** To be called while `count` closes are under way. */
  tend(count: number): void {
    // The count seldom falls between two looks. A higher one means that closes were added.
    this.#looked = Math.min(this.#looked, count)
    const isNew = count > this.#looked
    if (this.#cancel !== undefined && !(isNew && this.#pauseMillis > soonMillis)) return
    if (isNew) this.#pauseMillis = soonMillis
    this.#cancel?.()
    this.#cancel = this.#loop.at(this.#loop.nowMillis + this.#pauseMillis, () => this.#hurry())
  }

  #hurry(): void {
    const { calls } = this.#loop
    this.#cancel = undefined
    const before = calls.closesUnderWay()
    calls.hurryCloses()
    const count = calls.closesUnderWay()
    const isMoving = count < before || before > this.#looked
    this.#pauseMillis = isMoving ? soonMillis : Math.min(lateMillis, 2 * this.#pauseMillis)
    this.#looked = count
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
