/** Waits of the daemon at one moment of the clock before that counts as spinning. */
const waitsMax = 100_000

/** Counts the daemon's waits while the clock stands still: a daemon that never sleeps would keep it so for ever. */
export class Spinning {
  #waits = 0
  #atMillis = -1

  /** Counts a wait; says what is wrong once there are too many at one moment. */
  waitedAt(nowMillis: number): string | undefined {
    this.#waits = this.#atMillis === nowMillis ? this.#waits + 1 : 0
    this.#atMillis = nowMillis
    return this.#waits > waitsMax ? `the daemon spins: ${waitsMax} turns at ${nowMillis} ms` : undefined
  }
}
