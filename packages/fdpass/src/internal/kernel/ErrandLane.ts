import { type Errand, ErrandList, errandsMax } from "./ErrandList.ts"
import type { NativeBlock } from "./nativeMemory.ts"

/** What a lane needs of the threads library. */
export interface ErrandStarter {
  /** Runs a list on a separate thread; its handle, or undefined where there can be no thread now. */
  readonly start: (list: NativeBlock) => number | undefined
  readonly hasEnded: (thread: number) => boolean
}

interface Run {
  readonly thread: number
  readonly list: ErrandList
  /** Looks in a row at which it had done nothing. */
  vainLooks: number
  isStuck: boolean
}

/** Threads that run errands one after another: they compete with the main thread for the cores. */
const busyMax = 2
/** Threads that wait for a socket's lock: beyond this number no errand is accepted. */
const stuckMax = 16
/** Errands that wait for a thread. */
const waitingMax = 4_096
/** A thread that has done nothing between so many looks has its other errands taken from it. On a busy machine one look means little. */
const vainLooksMax = 4

/**
 * Errands on separate threads, where a call may wait for a lock.
 *
 * One that waits keeps its thread and its descriptor; what stands behind it goes to another thread.
 */
export class ErrandLane {
  readonly #runs: Array<Run> = []
  readonly #waiting: Array<Errand> = []
  readonly #spare: Array<ErrandList> = []
  #stuck = 0

  /** Those that are not done yet, as far as is known. */
  get count(): number {
    return this.#runs.reduce((sum, { list }) => sum + list.left, this.#waiting.length)
  }

  /** Takes an errand, for now or for when a thread is free; false where too many wait already, or too many threads are stuck. */
  add(errand: Errand, starter: ErrandStarter): boolean {
    if (this.#stuck >= stuckMax || this.#waiting.length >= waitingMax) return false
    this.#waiting.push(errand)
    if (this.#waiting.length >= errandsMax) this.#begin(starter)
    return true
  }

  /** Begins with what waits, tells what is done, and takes the others away from a thread that waits itself. */
  tend(starter: ErrandStarter): void {
    for (const run of [...this.#runs]) this.#look(run, starter)
    this.#begin(starter)
  }

  #look(run: Run, starter: ErrandStarter): void {
    const { list, thread } = run
    // Before the reports, since a thread that has ended has done all: what it did after them would be told late.
    const hasEnded = starter.hasEnded(thread)
    run.vainLooks = list.report() > 0 ? 0 : run.vainLooks + 1
    if (hasEnded) {
      if (run.isStuck) this.#stuck--
      this.#runs.splice(this.#runs.indexOf(run), 1)
      this.#spare.push(list)
    } else if (!run.isStuck && run.vainLooks >= vainLooksMax) {
      run.isStuck = true
      this.#stuck++
      this.#waiting.unshift(...list.takeBack())
    }
  }

  #begin(starter: ErrandStarter): void {
    while (this.#waiting.length > 0 && this.#runs.length - this.#stuck < busyMax && this.#stuck < stuckMax) {
      const list = this.#spare.pop() ?? new ErrandList()
      list.fill(this.#waiting.slice(0, errandsMax))
      const thread = starter.start(list.block)
      if (thread === undefined) {
        list.takeBack()
        this.#spare.push(list)
        return
      }
      this.#waiting.splice(0, errandsMax)
      this.#runs.push({ thread, list, vainLooks: 0, isStuck: false })
    }
  }
}
