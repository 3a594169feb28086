import type { HostLoop } from "./HostLoop.ts"

/**
 * How many steps one turn of the host's event loop has room for. A step, from one wait of an exchange to the next, took 20 to 60 µs
 * where it was measured: four leave a wide margin to a millisecond, and a separate turn for each would be no faster, as a turn
 * without anything to do takes 1 to 3 µs.
 */
export const stepsMax = 4

/** Something with work to do, a step at a time. */
export interface Walker {
  readonly walk: () => void
}

/**
 * Spreads work over the turns of the host's event loop, first come first served.
 *
 * Without it one turn would do all there is: a cache that answers at once ends an exchange before its caller has to wait, the next in line
 * begins at once, and with a thousand in line the host was held for 26 ms.
 */
export class Pace {
  readonly #loop: HostLoop
  #left = stepsMax
  #isNextDue = false
  readonly #waiting = new Set<Walker>()

  constructor(loop: HostLoop) {
    this.#loop = loop
  }

  /** Lets it walk at once while this turn has room, and in one of the next otherwise. */
  step(walker: Walker): void {
    if (this.#left === 0 || this.#waiting.size > 0) {
      this.#waiting.add(walker)
      return
    }
    this.#use()
    walker.walk()
  }

  /**
   * Runs the work after the code that made it possible has continued: otherwise it would run within that code, and end
   * before it.
   */
  stepApart(walker: Walker): void {
    this.#expectNext()
    this.#waiting.add(walker)
  }

  /** It does not walk any more, if it was to. */
  leave(walker: Walker): void {
    this.#waiting.delete(walker)
  }

  /** Only the last step asks for the next turn: the start of a turn is unknown without a task in it, and a task for each turn would be waste. */
  #use(): void {
    this.#left--
    if (this.#left === 0) this.#expectNext()
  }

  #expectNext(): void {
    if (this.#isNextDue) return
    this.#isNextDue = true
    this.#loop.inNextTurn(this.#begin)
  }

  readonly #begin = (): void => {
    this.#isNextDue = false
    this.#left = stepsMax
    if (this.#waiting.size === 0) return
    try {
      // Those that join the line meanwhile are met as well.
      for (const walker of this.#waiting) {
        if (this.#left === 0) break
        this.#left--
        this.#waiting.delete(walker)
        walker.walk()
      }
    } finally {
      // Should one throw, those behind it have their turn nevertheless.
      if (this.#left === 0 || this.#waiting.size > 0) this.#expectNext()
    }
  }
}
