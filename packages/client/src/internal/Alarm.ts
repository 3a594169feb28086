import type { HostLoop } from "./HostLoop.ts"

/** A caller that wants to be woken at a certain time. */
export interface Sleeper {
  /** Kept by the alarm: when it is to be woken, `Infinity` for never. */
  dueMillis: number
  readonly wake: () => void
}

/**
 * The alarm stays set for this many turns without a sleeper: the next call in line begins in the next turn, and a caller that asks again
 * has one turn in between.
 */
const quietTurnsMax = 2

const never = Number.POSITIVE_INFINITY

/**
 * Wakes a few sleepers with one timer.
 *
 * A timer for each request took more than its exchange. This one is set for the earliest time, and stays set when that sleeper
 * no longer needs it: it then finds no sleeper, and is set for the next. So it rings once in the longest that an answer may take,
 * however many requests there are. Only when some turns of the loop have passed without a sleeper is it cancelled, since
 * it keeps the process alive.
 */
export class Alarm {
  readonly #loop: HostLoop
  readonly #sleepers: Array<Sleeper> = []
  #dueCount = 0
  #ringsAtMillis = never
  #callOff: (() => void) | undefined
  #isLookDue = false
  #quietTurns = 0

  constructor(loop: HostLoop) {
    this.#loop = loop
  }

  /** Makes a sleeper known, once. */
  add(sleeper: Sleeper): void {
    this.#sleepers.push(sleeper)
  }

  /** Wakes it at that time, instead of any other that it was to be woken at. */
  set(sleeper: Sleeper, atMillis: number, nowMillis: number): void {
    if (sleeper.dueMillis === never) this.#dueCount++
    this.#quietTurns = 0
    sleeper.dueMillis = atMillis
    if (atMillis < this.#ringsAtMillis) this.#ringAt(atMillis, nowMillis)
  }

  /** Does not wake it any more. */
  clear(sleeper: Sleeper): void {
    if (sleeper.dueMillis === never) return
    sleeper.dueMillis = never
    this.#dueCount--
    if (this.#dueCount === 0 && !this.#isLookDue) this.#lookInNextTurn()
  }

  #lookInNextTurn(): void {
    this.#isLookDue = true
    this.#loop.inNextTurn(this.#look)
  }

  #ringAt(atMillis: number, nowMillis: number): void {
    this.#callOff?.()
    this.#ringsAtMillis = atMillis
    this.#callOff = this.#loop.after(Math.max(0, atMillis - nowMillis), this.#ring)
  }

  readonly #ring = (): void => {
    this.#ringsAtMillis = never
    this.#callOff = undefined
    const nowMillis = this.#loop.nowMillis()
    for (const sleeper of this.#sleepers) {
      if (sleeper.dueMillis > nowMillis) continue
      sleeper.dueMillis = never
      this.#dueCount--
      sleeper.wake()
    }
    const nextMillis = this.#sleepers.reduce((earliest, { dueMillis }) => Math.min(earliest, dueMillis), never)
    if (nextMillis < this.#ringsAtMillis) this.#ringAt(nextMillis, nowMillis)
  }

  readonly #look = (): void => {
    this.#isLookDue = false
    if (this.#dueCount > 0) return
    if (++this.#quietTurns < quietTurnsMax) return this.#lookInNextTurn()
    this.#callOff?.()
    this.#callOff = undefined
    this.#ringsAtMillis = never
  }
}
