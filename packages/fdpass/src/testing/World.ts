import type { SeededRandom } from "./SeededRandom.ts"

/**
 * What came of an actor's step: it did something, it has nothing to do until something happens, it has nothing to do until then or until
 * a moment of the virtual clock (`wakeAtMillis`), it has nothing to do before such a moment whatever happens (`sleepUntilMillis`), or it
 * is finished for good.
 *
 * @category actors
 */
export type ActorProgress =
  | "moved"
  | "idle"
  | "done"
  | { readonly wakeAtMillis: number }
  | { readonly sleepUntilMillis: number }

/**
 * A part of a simulation that lives outside the program under test: a client, an operator, a clock that jumps.
 *
 * `step` does one small thing at a time and never waits. It is called again and again while the program under test waits, in an
 * order that the seed decides, also after it said that it was idle: it finds out by trying. Only while it sleeps it is left alone.
 *
 * @category actors
 */
export interface Actor {
  /** For the report of a deadlock. */
  readonly name: string
  step(): ActorProgress
}

/**
 * The program under test waits for ever, and no actor will ever do anything again; always a bug in one of them.
 *
 * @category errors
 */
export class SimulationDeadlock extends Error {
  override readonly name = "SimulationDeadlock"
}

/**
 * Actors keep moving without anything coming of it, and the virtual clock stands still.
 *
 * @category errors
 */
export class SimulationLivelock extends Error {
  override readonly name = "SimulationLivelock"
}

/** An actor that is left alone until a moment of the clock. */
interface Sleeper {
  readonly actor: Actor
  readonly untilMillis: number
}

/** The virtual clock and all that moves while the program under test waits. */
export class World {
  readonly #random: SeededRandom
  readonly #stepsMax: number
  readonly #describe: () => string
  /** Those that may move at any time, and those that sleep: most of a large scenario, which costs nothing meanwhile. */
  readonly #awake: Array<Actor> = []
  /** The one that wakes first is the last. */
  readonly #asleep: Array<Sleeper> = []
  #nowMillis = 0
  #isStepping = false

  constructor(random: SeededRandom, stepsMax: number, describe: () => string) {
    this.#random = random
    this.#stepsMax = stepsMax
    this.#describe = describe
  }

  get nowMillis(): number {
    return this.#nowMillis
  }

  add(actor: Actor): void {
    this.#awake.push(actor)
  }

  remove(actor: Actor): void {
    const index = this.#awake.indexOf(actor)
    if (index >= 0) {
      this.#awake.splice(index, 1)
      return
    }
    const sleeper = this.#asleep.findIndex((each) => each.actor === actor)
    if (sleeper >= 0) this.#asleep.splice(sleeper, 1)
  }

  /** Moves the clock alone: for the cost of a call. */
  pass(millis: number): void {
    this.#nowMillis += millis
  }

  /**
   * Lets the others move until `isReady`, at most `timeoutMillis` (-1: for ever) of virtual time.
   *
   * A few actors move even when something is ready already, so that a program that always has work does not stop the world.
   */
  wait(isReady: () => boolean, timeoutMillis: number): void {
    if (this.#isStepping) {
      if (timeoutMillis === 0) return
      throw new Error("an actor's step must not wait: use a timeout of 0 and return a wakeAtMillis")
    }
    const deadlineMillis = timeoutMillis < 0 ? Number.POSITIVE_INFINITY : this.#nowMillis + timeoutMillis
    this.#wakeDue()
    for (let count = this.#random.below(this.#awake.length + 1); count > 0 && this.#awake.length > 0; count--) {
      this.#step(this.#random.pick(this.#awake))
    }
    while (!isReady() && this.#nowMillis < deadlineMillis) {
      const wakeAtMillis = this.#moveUntil(isReady)
      if (isReady()) return
      const nextMillis = Math.min(deadlineMillis, wakeAtMillis)
      if (nextMillis === Number.POSITIVE_INFINITY) throw new SimulationDeadlock(this.#explainDeadlock())
      this.#nowMillis = nextMillis
    }
  }

  /** Lets every actor move until none can, at this moment of the clock. */
  settle(): void {
    this.#moveUntil(() => false)
  }

  /** Steps actors until `isReady`, or until each of them was idle in a row; returns the earliest moment one wants to wake. */
  #moveUntil(isReady: () => boolean): number {
    for (let steps = 0; ; ) {
      let wakeAtMillis = Number.POSITIVE_INFINITY
      let hasMoved = false
      this.#wakeDue()
      for (const actor of this.#random.shuffle([...this.#awake])) {
        const progress = this.#step(actor)
        if (progress === "moved") hasMoved = true
        else if (typeof progress === "object" && "wakeAtMillis" in progress) {
          wakeAtMillis = Math.min(wakeAtMillis, progress.wakeAtMillis)
        }
        // An actor that wants to wake now has as good as moved: it is asked again at once.
        if (Math.min(wakeAtMillis, this.#nextWakeMillis) <= this.#nowMillis) hasMoved = true
        if (hasMoved && isReady()) break
        if (++steps > this.#stepsMax) {
          throw new SimulationLivelock(
            `${this.#stepsMax} steps at ${this.#nowMillis} ms without an end, the last by "${actor.name}"\n${this.#describe()}`
          )
        }
      }
      if (!hasMoved || isReady()) return Math.min(wakeAtMillis, this.#nextWakeMillis)
    }
  }

  #step(actor: Actor): ActorProgress {
    this.#isStepping = true
    try {
      const progress = actor.step()
      if (typeof progress === "object" && "sleepUntilMillis" in progress)
        this.#fallAsleep(actor, progress.sleepUntilMillis)
      if (progress !== "done") return progress
      this.remove(actor)
      // What it did last may matter to others.
      return "moved"
    } finally {
      this.#isStepping = false
    }
  }

  #fallAsleep(actor: Actor, untilMillis: number): void {
    const index = this.#awake.indexOf(actor)
    // It was taken away in its own step.
    if (index < 0) return
    this.#awake.splice(index, 1)
    let low = 0
    for (let high = this.#asleep.length; low < high; ) {
      const middle = (low + high) >>> 1
      if ((this.#asleep[middle]?.untilMillis ?? 0) > untilMillis) low = middle + 1
      else high = middle
    }
    this.#asleep.splice(low, 0, { actor, untilMillis })
  }

  get #nextWakeMillis(): number {
    return this.#asleep.at(-1)?.untilMillis ?? Number.POSITIVE_INFINITY
  }

  #wakeDue(): void {
    for (let last = this.#asleep.at(-1); last !== undefined && last.untilMillis <= this.#nowMillis; ) {
      this.#asleep.pop()
      this.#awake.push(last.actor)
      last = this.#asleep.at(-1)
    }
  }

  #explainDeadlock(): string {
    // No actor is asleep, or this would be no deadlock.
    const names = this.#awake.map((actor) => `"${actor.name}"`).join(", ")
    const who = names === "" ? "there is no actor" : `every actor is idle for good (${names})`
    return (
      `the simulation is deadlocked at ${this.#nowMillis} ms: the program under test waits without a timeout, nothing is ready, ` +
      `and ${who}\n${this.#describe()}`
    )
  }
}
