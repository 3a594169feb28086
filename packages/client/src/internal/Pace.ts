import { Effect, type Scheduler } from "effect"

/**
 * How many steps one turn of the host's event loop has room for. A step, from one wait of an exchange to the next, took 20 to 60 µs
 * where it was measured: four leave a wide margin to a millisecond, and a turn of its own for each would be no faster, as a turn
 * without anything to do takes 1 to 3 µs.
 */
export const stepsMax = 4

/**
 * Spreads work over the turns of the host's event loop, first come first served.
 *
 * Without it one turn would do all there is: a cache that answers at once ends an exchange before anybody has to wait, the next in line
 * begins in the same breath, and with a thousand in line the host was held for 26 ms.
 */
export class Pace {
  #left = stepsMax
  #isNextDue = false
  readonly #waiting = new Set<() => void>()

  readonly #inLine = Effect.callback<void>((resume) => {
    const go = () => resume(Effect.void)
    this.#waiting.add(go)
    return Effect.sync(() => this.#waiting.delete(go))
  })

  /** Completes at once while this turn has room, and in one of the next otherwise. */
  readonly step: Effect.Effect<void> = Effect.withFiber((fiber) => {
    this.#expectNext(fiber.currentDispatcher)
    if (this.#left === 0 || this.#waiting.size > 0) return this.#inLine
    this.#left--
    return Effect.void
  })

  /**
   * Completes once whoever made this possible has gone on: what is woken at the end of something else would run within it, and be
   * over before it.
   */
  readonly stepApart: Effect.Effect<void> = Effect.withFiber((fiber) => {
    this.#expectNext(fiber.currentDispatcher)
    return this.#inLine
  })

  /** Effect's scheduler knows the host: what it is given runs in the next turn. */
  #expectNext(dispatcher: Scheduler.SchedulerDispatcher): void {
    if (this.#isNextDue) return
    this.#isNextDue = true
    dispatcher.scheduleTask(() => this.#begin(dispatcher), 0)
  }

  #begin(dispatcher: Scheduler.SchedulerDispatcher): void {
    this.#isNextDue = false
    this.#left = stepsMax
    // Those that join the line meanwhile are met as well.
    for (const go of this.#waiting) {
      this.#expectNext(dispatcher)
      if (this.#left === 0) return
      this.#left--
      this.#waiting.delete(go)
      go()
    }
  }
}
