import { close } from "node:fs"
import { ClosingLane, type ThreadStarter } from "./ClosingLane.ts"
import { loadClosingCode } from "./closingCode.ts"
import { libc } from "./libc.ts"
import { NativeBlock } from "./nativeMemory.ts"

/** SIGURG: rarely used, and without effect unless a program handles it. */
const wakeSignal = 23
const setMask = 2
/** sizeof(sigset_t). */
const signalSetBytes = 128

/** Looked up when they are first needed: most programs never close what waits. */
const openThreads = () => {
  const { functionNamed, symbols } = libc()
  const closeOne = functionNamed("close")
  // A C library from before threads were in its one file lacks this.
  functionNamed("pthread_tryjoin_np")
  // A signal without a handler would not interrupt anything, and a handler must be no code of the runtime: abs takes a number, and does nothing.
  symbols.signal(wakeSignal, functionNamed("abs"))
  return { symbols, closeOne, closeAll: loadClosingCode() }
}

/** Starts threads that close, which is all that they do. */
class Starter implements ThreadStarter {
  readonly listMax: number
  readonly #symbols: ReturnType<typeof openThreads>["symbols"]
  readonly #closeOne: number
  readonly #closeAll: number | undefined
  readonly #made = new NativeBlock(8)
  readonly #masked = new NativeBlock(signalSetBytes)
  readonly #usual = new NativeBlock(signalSetBytes)

  constructor({ closeAll, closeOne, symbols }: ReturnType<typeof openThreads>) {
    this.#symbols = symbols
    this.#closeOne = closeOne
    this.#closeAll = closeAll
    this.listMax = closeAll === undefined ? 1 : Number.POSITIVE_INFINITY
    this.#masked.bytes.fill(0xff)
    this.#masked.bytes[(wakeSignal - 1) >> 3] = 0xff & ~(1 << ((wakeSignal - 1) & 7))
  }

  start(list: NativeBlock): number | undefined {
    // All signals but one are left to the thread that the runtime expects them on.
    this.#symbols.pthread_sigmask(setMask, this.#masked.address, this.#usual.address)
    // On x86-64 and arm64 the number of `close` arrives where the thread's argument is put.
    const outcome =
      this.#closeAll === undefined
        ? this.#symbols.pthread_create(this.#made.address, 0, this.#closeOne, list.words[1] ?? 0)
        : this.#symbols.pthread_create(this.#made.address, 0, this.#closeAll, list.address)
    this.#symbols.pthread_sigmask(setMask, this.#usual.address, 0)
    if (outcome !== 0) return undefined
    return (this.#made.words[0] ?? 0) + (this.#made.words[1] ?? 0) * 2 ** 32
  }

  hasEnded(thread: number): boolean {
    return this.#symbols.pthread_tryjoin_np(thread, 0) === 0
  }

  interrupt(thread: number): void {
    this.#symbols.pthread_kill(thread, wakeSignal)
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
      return new Starter(openThreads())
    } catch {
      return "none"
    }
  }
}
