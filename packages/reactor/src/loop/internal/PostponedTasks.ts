/** Share of a turn for postponed tasks: many handlers with much left to do must not add up to a long wait for the others. */
const postponedMillisMax = 1

/** Tasks for the next turn, after the sockets that are ready then. */
export class PostponedTasks {
  readonly #run: (task: () => void) => void
  readonly #readClock: () => number
  #tasks: Array<() => void> = []

  /** `run` runs a task and contains what it throws; `readClock` returns monotonic milliseconds. */
  constructor(run: (task: () => void) => void, readClock: () => number) {
    this.#run = run
    this.#readClock = readClock
  }

  get isEmpty(): boolean {
    return this.#tasks.length === 0
  }

  add(task: () => void): void {
    this.#tasks.push(task)
  }

  /** Takes the tasks of this turn out, before its handlers postpone others for the next one. */
  take(): ReadonlyArray<() => void> | undefined {
    const tasks = this.#tasks
    if (tasks.length === 0) return undefined
    this.#tasks = []
    return tasks
  }

  /** Runs as many as fit into their share of the turn, at least one. The others come first in the next turn. */
  run(tasks: ReadonlyArray<() => void>, nowMillis: number): void {
    const endMillis = nowMillis + postponedMillisMax
    for (const [index, task] of tasks.entries()) {
      if (index > 0 && this.#readClock() > endMillis) {
        this.#tasks = [...tasks.slice(index), ...this.#tasks]
        return
      }
      this.#run(task)
    }
  }
}
