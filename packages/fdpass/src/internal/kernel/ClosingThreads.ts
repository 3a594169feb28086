import { close } from "node:fs"
import { ClosingLane, type ThreadStarter } from "./ClosingLane.ts"
import { loadClosingCode } from "./closingCode.ts"
import { libc } from "./libc.ts"
import { NativeThreads } from "./NativeThreads.ts"
import type { NativeBlock } from "./nativeMemory.ts"

/** SIGURG: rarely used, and without effect unless a program handles it. */
const wakeSignal = 23
/** Starts threads that close, which is all that they do; made when they are first needed: most programs never close what waits. */
class Starter implements ThreadStarter {
  readonly listMax: number
  readonly #threads = new NativeThreads(wakeSignal)
  readonly #closeOne: number
  readonly #closeAll = loadClosingCode()

  constructor() {
    const { functionNamed, symbols } = libc()
    this.#closeOne = functionNamed("close")
    // A signal without a handler would not interrupt anything, and a handler must be no code of the runtime: abs takes a number, and does nothing.
    symbols.signal(wakeSignal, functionNamed("abs"))
    this.listMax = this.#closeAll === undefined ? 1 : Number.POSITIVE_INFINITY
  }

  start(list: NativeBlock): number | undefined {
    if (this.#closeAll !== undefined) return this.#threads.start(this.#closeAll, list.address)
    // On x86-64 and arm64 the number of `close` arrives where the thread's argument is put.
    return this.#threads.start(this.#closeOne, list.words[1] ?? 0)
  }

  hasEnded(thread: number): boolean {
    return this.#threads.hasEnded(thread)
  }

  interrupt(thread: number): void {
    this.#threads.interrupt(thread, wakeSignal)
  }
}

/**
 * Closes that may block, each kind with separate threads:
 *
 * - `lingering`: internet streams. A signal ends the wait of one that lingers, and the kernel goes on with it by itself;
 * - `left`: UNIX sockets without a byte unread, of which the peer is gone: thousands may come at once, and hardly one of them waits;
 * - `opaque`: all else. Of a file whose file system does not answer nothing ends the close; it keeps its thread, and the others have theirs.
 *
 * @category models
 */
export type ClosingKind = "lingering" | "left" | "opaque"

/**
 * Closes numbers on separate threads: the runtime's pool has as many threads as the machine has cores, and needs them for its own files.
 *
 * UNIX sockets whose peers have left hardly wait: their threads are busy all the time, and eight of them beside the main thread on two cores had
 * it wait for some 3 ms whenever one of them had its turn.
 */
export class ClosingThreads {
  readonly #lanes: Readonly<Record<ClosingKind, ClosingLane>> = {
    lingering: new ClosingLane({ busyMax: 16, stuckMax: 64 }),
    left: new ClosingLane({ busyMax: 1, stuckMax: 64 }),
    opaque: new ClosingLane({ busyMax: 4, stuckMax: 256 })
  }
  #starter: Starter | undefined | "none"
  #inPool = 0

  /** Those that are not closed yet, as far as is known. */
  get count(): number {
    return this.#inPool + this.#lanes.lingering.count + this.#lanes.left.count + this.#lanes.opaque.count
  }

  /** Closes a number. Many that come at once share a thread, and those without a thread yet have theirs with `hurry`. */
  add(number: number, kind: ClosingKind): void {
    const starter = this.#open()
    if (starter === "none") this.#closeInPool(number)
    else this.#lanes[kind].add(number, starter)
  }

  /** Ends waits that a signal can end, and begins with those that had to wait for a thread. */
  hurry(): void {
    const starter = this.#starter
    if (starter === undefined || starter === "none") return
    for (const lane of Object.values(this.#lanes)) lane.hurry(starter)
  }

  /** Only where threads cannot be started at all, with a C library from before these functions were in its one file. */
  #closeInPool(number: number): void {
    this.#inPool++
    close(number, () => {
      this.#inPool--
    })
  }

  #open(): Starter | "none" {
    this.#starter ??= this.#prepare()
    return this.#starter
  }

  #prepare(): Starter | "none" {
    try {
      return new Starter()
    } catch {
      return "none"
    }
  }
}
