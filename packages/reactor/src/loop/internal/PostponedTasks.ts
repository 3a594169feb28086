/** Share of a turn for what was postponed: many handlers with much left to do must not add up to a long wait for the others. */
const shareMillisMax = 1

const none: ReadonlyArray<() => void> = []

/** Tasks for the next turn, behind the sockets that are ready then. */
export class PostponedTasks {
  #tasks: Array<() => void> = []

  get isEmpty(): boolean {
    return this.#tasks.length === 0
  }

  add(task: () => void): void {
    this.#tasks.push(task)
  }

  /** What was postponed before this turn; what its handlers postpone is for the next one. */
  take(): ReadonlyArray<() => void> {
    if (this.isEmpty) return none
    const tasks = this.#tasks
    this.#tasks = []
    return tasks
  }

  /**
   * Runs as many as fit into their share of the turn, at least one; the others keep their place in the next one. `now` reads the clock, which
   * stood at `beginMillis` when the turn's events were reported.
   */
  run(tasks: ReadonlyArray<() => void>, beginMillis: number, now: () => number, runAll: RunAll): void {
    for (let index = 0; index < tasks.length; index++) {
      if (index > 0 && now() > beginMillis + shareMillisMax) {
        this.#tasks = [...tasks.slice(index), ...this.#tasks]
        return
      }
      runAll(tasks.slice(index, index + 1))
    }
  }
}

/** Runs tasks so that one that throws does not cost the others theirs. */
type RunAll = (tasks: ReadonlyArray<() => void>) => void
