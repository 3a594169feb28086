/** Timers of the host known at once; beyond that the reactor simply looks in every `crowdedMillis`. */
const deadlinesMax = 10_000
const crowdedMillis = 5

/**
 * Observes the bare timers of other libraries while the reactor has the thread.
 *
 * Bun's timers have no descriptor and no event that could be waited for, so the functions that make them are wrapped: each
 * call notes when it will be due, and goes on to the real one. Cancelling is not observed: at worst the reactor gives way once
 * for nothing. Timers made through references taken before (`import { setTimeout } from "node:timers"`) are not seen.
 */
export class HostTimers {
  readonly #nowMillis: () => number
  readonly #original = {
    setTimeout: globalThis.setTimeout,
    setInterval: globalThis.setInterval,
    setImmediate: globalThis.setImmediate,
    sleep: Bun.sleep
  }
  /** Deadlines in whole milliseconds; a set, since many timers share one. */
  readonly #deadlines = new Set<number>()
  #nextDeadlineMillis: number | undefined

  constructor(nowMillis: () => number) {
    this.#nowMillis = nowMillis
    const original = this.#original
    const note = (delayMillis: unknown) => this.#note(typeof delayMillis === "number" ? delayMillis : 0)
    const noteDate = (until: number | Date) =>
      this.#note(until instanceof Date ? until.getTime() - performance.timeOrigin - performance.now() : until)
    globalThis.setTimeout = Object.assign((...args: Parameters<typeof setTimeout>) => {
      note(args[1])
      return original.setTimeout(...args)
    }, original.setTimeout)
    globalThis.setInterval = Object.assign((...args: Parameters<typeof setInterval>) => {
      const [callback, delayMillis, ...rest] = args
      note(delayMillis)
      const renew = (...values: Array<unknown>) => {
        note(delayMillis)
        Reflect.apply(callback, undefined, values)
      }
      return original.setInterval(renew, delayMillis, ...rest)
    }, original.setInterval)
    globalThis.setImmediate = Object.assign((...args: Parameters<typeof setImmediate>) => {
      note(0)
      return original.setImmediate(...args)
    }, original.setImmediate)
    Bun.sleep = (until) => {
      noteDate(until)
      return original.sleep(until)
    }
  }

  get nextDeadlineMillis(): number | undefined {
    return this.#nextDeadlineMillis
  }

  /** Calls `resume` after the host has run what is due. */
  afterHostTurn(resume: () => void): void {
    const { setImmediate } = this.#original
    const next = this.#nextDeadlineMillis
    if (next === undefined || next > this.#nowMillis()) {
      setImmediate(resume)
      return
    }
    this.#forgetPast()
    // Bun runs immediates before the timers of the same turn: only the second immediate is surely behind them.
    setImmediate(() => setImmediate(resume))
  }

  /** Puts the original functions back. */
  release(): void {
    globalThis.setTimeout = this.#original.setTimeout
    globalThis.setInterval = this.#original.setInterval
    globalThis.setImmediate = this.#original.setImmediate
    Bun.sleep = this.#original.sleep
  }

  #note(delayMillis: number): void {
    const delay = Math.max(0, Number.isNaN(delayMillis) ? 0 : delayMillis)
    const bounded = this.#deadlines.size < deadlinesMax ? delay : Math.min(delay, crowdedMillis)
    // One more millisecond, since the host's own rounding must not find the timer still short of its time.
    const deadline = delay === 0 ? Math.floor(this.#nowMillis()) : Math.ceil(this.#nowMillis() + bounded) + 1
    this.#deadlines.add(deadline)
    if (this.#nextDeadlineMillis === undefined || deadline < this.#nextDeadlineMillis) {
      this.#nextDeadlineMillis = deadline
    }
  }

  #forgetPast(): void {
    const now = this.#nowMillis()
    let earliest: number | undefined
    for (const deadline of this.#deadlines) {
      if (deadline <= now) this.#deadlines.delete(deadline)
      else if (earliest === undefined || deadline < earliest) earliest = deadline
    }
    this.#nextDeadlineMillis = earliest
  }
}
