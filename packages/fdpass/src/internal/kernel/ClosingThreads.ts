import { close } from "node:fs"
import { libc } from "./libc.ts"
import { NativeBlock } from "./nativeMemory.ts"

/** Threads that close at the same time; what more comes waits for one of them. */
const threadsMax = 32
/** So many may wait for a thread before threads are looked for that have ended meanwhile: some microseconds for each look. */
const waitingMax = 256
/** SIGURG: nobody uses it, and it does nothing where it is not asked for. */
const wakeSignal = 23
const setMask = 2
/** sizeof(sigset_t). */
const signalSetBytes = 128

/** Looked up when they are first needed: most programs never close what waits. */
const openThreads = () => {
  const { functionNamed, symbols } = libc()
  const closeFunction = functionNamed("close")
  // A C library from before threads were in its one file lacks this.
  functionNamed("pthread_tryjoin_np")
  // A signal without a handler would not interrupt anything, and a handler must be no code of the runtime: abs takes a number, and does nothing.
  symbols.signal(wakeSignal, functionNamed("abs"))
  return { symbols, closeFunction }
}

type Threads = ReturnType<typeof openThreads>

/**
 * Closes numbers on threads of their own, each with nothing to do but that: the C library's `close` is the thread's function. (On x86-64 and
 * arm64 the number arrives where the thread's argument is put.)
 *
 * Bun's own pool has as many threads as the machine has cores: with as many sockets that linger for an hour, nothing would be closed any more.
 * Here a signal ends the wait of one that lingers, and of all that are closed along with it; the kernel then goes on by itself. What no
 * signal can end, the close of a file whose file system does not answer, keeps its thread.
 */
export class ClosingThreads {
  readonly #running: Array<number> = []
  readonly #waiting: Array<number> = []
  #opened: Threads | undefined | "none"
  #inPool = 0
  readonly #made = new NativeBlock(8)
  readonly #masked = new NativeBlock(signalSetBytes)
  readonly #usual = new NativeBlock(signalSetBytes)

  /** Those that are not closed yet, as far as is known. */
  get count(): number {
    return this.#running.length + this.#waiting.length + this.#inPool
  }

  close(number: number): void {
    this.#waiting.push(number)
    // Usually `hurry` begins with the next ones. Whoever is in such haste does it himself: it takes his time, and not the others' descriptors.
    const isLate = this.#waiting.length >= waitingMax && this.#running.length >= threadsMax
    if (isLate && this.#opened !== undefined && this.#opened !== "none") this.#forgetEnded(this.#opened)
    this.#begin()
  }

  /** Ends waits that a signal can end, and begins with those that had to wait for a thread. */
  hurry(): void {
    const threads = this.#opened
    if (threads === undefined || threads === "none") return
    this.#forgetEnded(threads)
    // Only before the next ones begin: one that is signalled before it has come to its close waits in it all the same.
    for (const thread of this.#running) threads.symbols.pthread_kill(thread, wakeSignal)
    this.#begin()
  }

  #forgetEnded({ symbols }: Threads): void {
    for (let index = this.#running.length - 1; index >= 0; index--) {
      if (symbols.pthread_tryjoin_np(this.#running[index] ?? 0, 0) === 0) this.#running.splice(index, 1)
    }
  }

  #begin(): void {
    if (this.#running.length >= threadsMax) return
    let begun = 0
    for (const number of this.#waiting) {
      if (this.#running.length >= threadsMax) break
      begun++
      this.#start(number)
    }
    this.#waiting.splice(0, begun)
  }

  #start(number: number): void {
    const threads = this.#open()
    if (threads === "none" || !this.#startThread(threads, number)) this.#closeInPool(number)
  }

  #startThread({ closeFunction, symbols }: Threads, number: number): boolean {
    // All but one are left to the thread that the runtime expects them on.
    symbols.pthread_sigmask(setMask, this.#masked.address, this.#usual.address)
    const outcome = symbols.pthread_create(this.#made.address, 0, closeFunction, number)
    symbols.pthread_sigmask(setMask, this.#usual.address, 0)
    if (outcome !== 0) return false
    this.#running.push((this.#made.words[0] ?? 0) + (this.#made.words[1] ?? 0) * 2 ** 32)
    return true
  }

  /** Where there can be no thread, the runtime's have to do. */
  #closeInPool(number: number): void {
    this.#inPool++
    close(number, () => {
      this.#inPool--
    })
  }

  #open(): Threads | "none" {
    this.#opened ??= this.#prepare()
    return this.#opened
  }

  #prepare(): Threads | "none" {
    this.#masked.bytes.fill(0xff)
    this.#masked.bytes[(wakeSignal - 1) >> 3] = 0xff & ~(1 << ((wakeSignal - 1) & 7))
    try {
      return openThreads()
    } catch {
      // A C library from before these were in its one file.
      return "none"
    }
  }
}
