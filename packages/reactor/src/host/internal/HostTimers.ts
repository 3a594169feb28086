import { TimerHeap } from "../../loop/internal/TimerHeap.ts"
import { addTimerListener, removeTimerListener, type TimerListener } from "./timerFunctions.ts"

/** Different deadlines remembered at once. While there are more, the reactor looks in every `crowdedMillis` until the last is over. */
const deadlinesMax = 10_000
const crowdedMillis = 5

/** Longer delays, and those below 1 ms, are taken for 1 ms, as everywhere in JavaScript. */
const delayMillisMax = 2_147_483_647

/** The real one, whatever stands in its place later. */
const { setImmediate } = globalThis

const nothing = (): void => {}

/**
 * Knows when the bare timers of other libraries are due, while the reactor has the thread.
 *
 * Bun's timers have no descriptor and no event that could be waited for, so the functions that make them are wrapped: each
 * call notes when it will be due, and goes on to the real one. Cancelling is not observed: at worst the reactor gives way once
 * for nothing. What Bun times by itself, and functions that were taken before or imported by name, are not seen.
 */
export class HostTimers implements TimerListener {
  readonly #nowMillis: () => number
  readonly #wallMillis: () => number
  readonly #heap = new TimerHeap()
  /** The deadlines in the heap, in whole milliseconds: many timers share one. */
  readonly #deadlines = new Set<number>()
  #crowdedUntilMillis = Number.NEGATIVE_INFINITY
  #hostTurnMillis: number

  constructor(nowMillis: () => number, wallMillis: () => number) {
    this.#nowMillis = nowMillis
    this.#wallMillis = wallMillis
    this.#hostTurnMillis = nowMillis()
    addTimerListener(this)
  }

  /** When the host must have the thread next, on the monotonic clock. */
  get nextDeadlineMillis(): number | undefined {
    const next = this.#heap.nextDeadlineMillis
    const look = this.#hostTurnMillis + crowdedMillis
    if (look >= this.#crowdedUntilMillis) return next
    return next === undefined || look < next ? look : next
  }

  onTimer(delayMillis: number): void {
    const delay = delayMillis >= 1 && delayMillis <= delayMillisMax ? delayMillis : 1
    // One more millisecond, since the host's own rounding must not find the timer still short of its time.
    this.#note(Math.ceil(this.#nowMillis() + delay) + 1)
  }

  onTimerUntil(wallMillis: number): void {
    // The wall clock counts whole milliseconds.
    this.onTimer(wallMillis - this.#wallMillis() + 1)
  }

  onImmediate(): void {
    this.#note(Math.floor(this.#nowMillis()))
  }

  /** Calls `resume` after the host has run what is due. */
  afterHostTurn(resume: () => void): void {
    const now = this.#nowMillis()
    const next = this.nextDeadlineMillis
    this.#hostTurnMillis = now
    if (next === undefined || next > now) {
      setImmediate(resume)
      return
    }
    for (let due = this.#heap.takeDue(now); due !== undefined; due = this.#heap.takeDue(now)) {
      this.#deadlines.delete(due.deadlineMillis)
    }
    // Bun runs immediates before the timers of the same turn: only the second immediate is surely behind them.
    setImmediate(() => setImmediate(resume))
  }

  /** Ends the observation. */
  release(): void {
    removeTimerListener(this)
  }

  #note(deadline: number): void {
    if (this.#deadlines.has(deadline)) return
    if (this.#deadlines.size >= deadlinesMax) {
      this.#crowdedUntilMillis = Math.max(this.#crowdedUntilMillis, deadline + crowdedMillis)
      return
    }
    this.#deadlines.add(deadline)
    this.#heap.add(deadline, nothing)
  }
}
