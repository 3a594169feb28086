/** Rounds of the ready queue within one turn, so that a fiber that keeps yielding cannot starve the sockets. */
const readyRoundsMax = 16

const nothing = (): void => {}

/** Tasks that run in the current turn, in the order in which they were queued. */
export class ReadyTasks {
  readonly #run: (tasks: ReadonlyArray<() => void>) => void
  #ready: Array<() => void> = []
  /** The round that is being run, for a task that is taken back from it. */
  #round: Array<() => void> = []

  /** `run` runs tasks, and contains what they throw. */
  constructor(run: (tasks: ReadonlyArray<() => void>) => void) {
    this.#run = run
  }

  get isEmpty(): boolean {
    return this.#ready.length === 0
  }

  add(task: () => void): void {
    this.#ready.push(task)
  }

  /** Takes a task back that has not run yet. */
  remove(task: () => void): void {
    // Searched from the end and only here: taking back is rare, and an object a task would be paid by all of them.
    for (const queue of [this.#ready, this.#round]) {
      const index = queue.lastIndexOf(task)
      if (index < 0) continue
      queue[index] = nothing
      return
    }
  }

  /** Runs the tasks and what they add, at most 16 rounds. */
  run(): void {
    for (let round = 0; round < readyRoundsMax && this.#ready.length > 0; round++) {
      this.#round = this.#ready
      this.#ready = []
      this.#run(this.#round)
    }
  }
}
