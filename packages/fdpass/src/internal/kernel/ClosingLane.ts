import { NativeBlock } from "./nativeMemory.ts"

/** What a lane needs of the threads library. */
export interface ThreadStarter {
  /** Runs the closing function on a separate thread; its handle, or undefined where there can be no thread now. */
  readonly start: (list: NativeBlock) => number | undefined
  /** How many numbers one thread can take: 1 where it is the C library's `close`. */
  readonly listMax: number
  readonly hasEnded: (thread: number) => boolean
  readonly interrupt: (thread: number) => void
}

interface Run {
  readonly thread: number
  /** The count, and the numbers: -1 for each that the thread has taken. */
  readonly list: NativeBlock
  readonly numbers: Int32Array
  /** How many it had taken when it was last looked at. */
  taken: number
  /** It has closed nothing between two looks: all but the number that it is at were given to others. */
  isStuck: boolean
}

/** How many threads of a lane there may be at the same time. */
export interface LaneLimits {
  /** Threads that close one number after another. They compete with the main thread for the cores. */
  readonly busyMax: number
  /** Threads whose close does not end, beside the busy ones. They take no time of a core, and each keeps one number open. */
  readonly stuckMax: number
}

/** Numbers that one thread closes. With 256 of them one that waits would keep as many open. */
const listMax = 64
/** Threads begun at once: each takes the main thread some 50 µs. */
const startsMax = 4
const taken = -1

/**
 * Closes of one kind, on threads of their own.
 *
 * Kinds have lanes of their own, so that a close which never ends keeps only its own kind waiting. Threads that are stuck are counted apart:
 * while files hang, those that close well still find a thread. With one limit for both, 32 files that hung stopped all closing.
 */
export class ClosingLane {
  readonly #limits: LaneLimits
  readonly #runs: Array<Run> = []
  readonly #waiting: Array<number> = []
  readonly #spare: Array<NativeBlock> = []

  #stuck = 0

  /** What comes beyond the limits waits. */
  constructor(limits: LaneLimits) {
    this.#limits = limits
  }

  /** Those that are not closed yet, as far as is known. */
  get count(): number {
    let count = this.#waiting.length
    for (const { numbers, taken } of this.#runs) count += Math.max(1, numbers.length - taken)
    return count
  }

  /** Closes a number: at once where no thread of its kind is busy, or else along with others. */
  add(number: number, starter: ThreadStarter): void {
    this.#waiting.push(number)
    if (this.#busy === 0 || this.#waiting.length % listMax === 0) this.#begin(starter)
  }

  get #busy(): number {
    return this.#runs.length - this.#stuck
  }

  /** Begins with what waits, as far as threads are free. */
  #begin(starter: ThreadStarter): void {
    for (let left = startsMax; left > 0 && this.#waiting.length > 0; left--) {
      const isFull = this.#busy >= this.#limits.busyMax || this.#stuck >= this.#limits.stuckMax
      if (isFull || !this.#start(starter)) return
    }
  }

  /** Notices which threads have ended, moves on those that wait, and begins with what had to wait. */
  hurry(starter: ThreadStarter): void {
    for (let index = this.#runs.length - 1; index >= 0; index--) {
      const run = this.#runs[index]
      if (run === undefined) continue
      if (starter.hasEnded(run.thread)) {
        if (run.isStuck) this.#stuck--
        this.#runs.splice(index, 1)
        this.#spare.push(run.list)
      } else this.#moveOn(run, starter)
    }
    this.#begin(starter)
  }

  /** A signal ends the wait of a socket that lingers, one of many in a queue too; the kernel goes on with it by itself. */
  #moveOn(run: Run, starter: ThreadStarter): void {
    starter.interrupt(run.thread)
    if (run.isStuck) return
    const count = run.numbers.reduce((sum, number) => (number === taken ? sum + 1 : sum), 0)
    run.isStuck = count === run.taken && count > 0
    run.taken = count
    if (!run.isStuck) return
    this.#stuck++
    // It has closed nothing since the last look, which no signal has changed. The others need not wait for the one that it is at. The exchange
    // is atomic on both sides: each number is closed once.
    for (let index = 0; index < run.numbers.length; index++) {
      const number = Atomics.exchange(run.numbers, index, taken)
      if (number !== taken) this.#waiting.push(number)
    }
    run.taken = run.numbers.length
  }

  #start(starter: ThreadStarter): boolean {
    const count = Math.min(this.#waiting.length, starter.listMax, listMax)
    const list = this.#spare.pop() ?? new NativeBlock(4 * (1 + listMax))
    const numbers = new Int32Array(list.buffer, 4, count)
    list.words[0] = count
    for (let index = 0; index < count; index++) numbers[index] = this.#waiting[index] ?? taken
    const thread = starter.start(list)
    if (thread === undefined) {
      this.#spare.push(list)
      return false
    }
    this.#waiting.splice(0, count)
    this.#runs.push({ thread, list, numbers, taken: 0, isStuck: false })
    return true
  }
}
