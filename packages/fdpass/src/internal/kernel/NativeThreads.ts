import { libc } from "./libc.ts"
import { NativeBlock } from "./nativeMemory.ts"

const setMask = 2
/** sizeof(sigset_t). */
const signalSetBytes = 128

/**
 * Starts threads that run native code, never JavaScript. Signals are left to the thread that the runtime expects them on, except for one that
 * may interrupt such a thread.
 *
 * The constructor throws where threads cannot be started at all, with a C library from before these functions were in its one file.
 */
export class NativeThreads {
  readonly #symbols = libc().symbols
  readonly #made = new NativeBlock(8)
  readonly #masked = new NativeBlock(signalSetBytes)
  readonly #usual = new NativeBlock(signalSetBytes)

  constructor(interruptSignal?: number) {
    libc().functionNamed("pthread_tryjoin_np")
    this.#masked.bytes.fill(0xff)
    if (interruptSignal === undefined) return
    this.#masked.bytes[(interruptSignal - 1) >> 3] = 0xff & ~(1 << ((interruptSignal - 1) & 7))
  }

  /** Starts a function of one argument, and returns the thread; undefined if the system has no thread for it now. */
  start(code: number, argument: number): number | undefined {
    this.#symbols.pthread_sigmask(setMask, this.#masked.address, this.#usual.address)
    const outcome = this.#symbols.pthread_create(this.#made.address, 0, code, argument)
    this.#symbols.pthread_sigmask(setMask, this.#usual.address, 0)
    if (outcome !== 0) return undefined
    return (this.#made.words[0] ?? 0) + (this.#made.words[1] ?? 0) * 2 ** 32
  }

  hasEnded(thread: number): boolean {
    return this.#symbols.pthread_tryjoin_np(thread, 0) === 0
  }

  interrupt(thread: number, signal: number): void {
    this.#symbols.pthread_kill(thread, signal)
  }
}
