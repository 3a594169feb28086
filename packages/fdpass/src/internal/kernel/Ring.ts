import { type Pointer, toArrayBuffer } from "bun:ffi"
import { Errno } from "../../Errno.ts"
import { libc } from "./libc.ts"
import { NativeBlock } from "./nativeMemory.ts"

const operations = { sendMessage: 9, receiveMessage: 10, close: 19, send: 26 } as const

/** IORING_SETUP_SINGLE_ISSUER and IORING_SETUP_DEFER_TASKRUN, Linux 6.1: what completes does so within `enter`, on this thread. */
const setupFlags = (1 << 12) | (1 << 13)
/** IORING_FEAT_SINGLE_MMAP, IORING_FEAT_NODROP and IORING_FEAT_FAST_POLL: all since Linux 5.7, as old as what is asked for here. */
const neededFeatures = (1 << 0) | (1 << 1) | (1 << 5)
const waitForCompletions = 1
const submissionsOffset = 0x10000000

const parameterBytes = 120
/** Words of `struct io_uring_params`. */
const word = { completions: 1, flags: 2, features: 5, submissionRing: 10, completionRing: 20 } as const
const submissionWords = 16
const completionWords = 4

const readAndWrite = 3
const shared = 1
const closeOnExec = 1
const setDescriptorFlags = 2

/** Tries in a row in which the kernel takes and completes nothing, before the ring counts as broken. */
const idleTriesMax = 64

const makeMapping = (ring: number) => {
  const { symbols } = libc()
  return (bytes: number, offset: number): Uint32Array | undefined => {
    const address = symbols.mmap(0, bytes, readAndWrite, shared, ring, offset)
    if (address <= 0) return undefined
    // The brand is all that a number lacks to be a pointer.
    return new Uint32Array(toArrayBuffer(address as Pointer, 0, bytes))
  }
}

/**
 * An io_uring of which only the batching is used: calls are written into memory that the kernel shares, and one system call makes them all.
 *
 * No call is left to the kernel: each is of the kind that does not wait, so that it has completed when `enter` returns, on this thread.
 * That also spares all memory barriers, as both sides are one thread.
 */
export class Ring {
  /** How many calls fit. */
  readonly entries: number
  readonly #number: number
  readonly #submissions: Uint32Array
  readonly #ring: Uint32Array
  readonly #tail: number
  readonly #mask: number
  readonly #completionHead: number
  readonly #completionTail: number
  readonly #completionMask: number
  readonly #completions: number
  #put = 0
  #isBroken = false

  private constructor(number: number, parameters: Uint32Array, ring: Uint32Array, submissions: Uint32Array) {
    const at = (offset: number) => (parameters[offset] ?? 0) >>> 2
    this.#number = number
    this.#ring = ring
    this.#submissions = submissions
    this.entries = parameters[0] ?? 0
    const { completionRing, submissionRing } = word
    this.#tail = at(submissionRing + 1)
    this.#mask = this.entries - 1
    this.#completionHead = at(completionRing)
    this.#completionTail = at(completionRing + 1)
    this.#completionMask = (parameters[word.completions] ?? 0) - 1
    this.#completions = at(completionRing + 5)
    // The ring holds indices of submissions: each place its own, for good.
    const array = at(submissionRing + 6)
    for (let index = 0; index < this.entries; index++) ring[array + index] = index
    this.#put = ring[this.#tail] ?? 0
  }

  /** Makes a ring with room for so many calls, a power of two; undefined where the kernel has none, or its administrator does not allow it. */
  static open(entries: number): Ring | undefined {
    const { symbols } = libc()
    const parameters = new NativeBlock(parameterBytes)
    const setUp = (flags: number) => {
      parameters.bytes.fill(0)
      parameters.words[word.flags] = flags
      return symbols.io_uring_setup(entries, parameters.address)
    }
    let number = setUp(setupFlags)
    if (number < 0) number = setUp(0)
    if (number < 0) return undefined
    symbols.fcntl(number, setDescriptorFlags, closeOnExec)
    const { words } = parameters
    const map = makeMapping(number)
    const ringBytes = Math.max(
      (words[word.submissionRing + 6] ?? 0) + 4 * (words[0] ?? 0),
      (words[word.completionRing + 5] ?? 0) + 4 * completionWords * (words[word.completions] ?? 0)
    )
    const isRecent = ((words[word.features] ?? 0) & neededFeatures) === neededFeatures
    const ring = isRecent ? map(ringBytes, 0) : undefined
    const submissions = ring && map(4 * submissionWords * (words[0] ?? 0), submissionsOffset)
    if (ring === undefined || submissions === undefined) {
      symbols.close(number)
      return undefined
    }
    return new Ring(number, words, ring, submissions)
  }

  /** Whether it does what it is asked to: once it has not, everything is to be called one by one. */
  get isBroken(): boolean {
    return this.#isBroken
  }

  receiveMessage(socket: number, message: Pointer, flags: number, tag: number): void {
    this.#write(operations.receiveMessage, socket, message, 1, flags, tag)
  }

  sendMessage(socket: number, message: Pointer, flags: number, tag: number): void {
    this.#write(operations.sendMessage, socket, message, 1, flags, tag)
  }

  send(socket: number, bytes: number, length: number, flags: number, tag: number): void {
    this.#write(operations.send, socket, bytes, length, flags, tag)
  }

  close(number: number, tag: number): void {
    this.#write(operations.close, number, 0, 0, 0, tag)
  }

  /**
   * Has the kernel make all `count` calls that were written, and puts down what each has returned under its tag. The result says how many it
   * has taken, in their order: fewer only when the ring is broken, and the others have not been made then.
   */
  enter(count: number, outcomes: Int32Array): number {
    const { symbols } = libc()
    this.#ring[this.#tail] = this.#put
    let toSubmit = count
    let toComplete = count
    let idleTries = 0
    while (toComplete > 0) {
      const taken = symbols.io_uring_enter(this.#number, toSubmit, toComplete, waitForCompletions)
      const completed = this.#complete(outcomes)
      toSubmit -= Math.max(0, taken)
      toComplete -= completed
      idleTries = taken > 0 || completed > 0 ? 0 : idleTries + 1
      const isPassing = taken >= 0 || taken === -Errno.EINTR || taken === -Errno.EAGAIN
      if (isPassing && idleTries < idleTriesMax) continue
      this.#isBroken = true
      break
    }
    return count - toSubmit
  }

  #complete(outcomes: Int32Array): number {
    const ring = this.#ring
    const tail = ring[this.#completionTail] ?? 0
    let head = ring[this.#completionHead] ?? 0
    let count = 0
    for (; head !== tail; head = (head + 1) >>> 0, count++) {
      const at = this.#completions + completionWords * (head & this.#completionMask)
      outcomes[ring[at] ?? 0] = ring[at + 2] ?? 0
    }
    ring[this.#completionHead] = head
    return count
  }

  #write(operation: number, number: number, address: number, length: number, flags: number, tag: number): void {
    const words = this.#submissions
    // All other words of a submission are zero from the beginning, and never written.
    const at = submissionWords * (this.#put & this.#mask)
    this.#put = (this.#put + 1) >>> 0
    words[at] = operation
    words[at + 1] = number
    words[at + 4] = address >>> 0
    words[at + 5] = (address / 0x1_0000_0000) >>> 0
    words[at + 6] = length
    words[at + 7] = flags
    words[at + 8] = tag
  }
}

/** Room for what a turn of a loop has: reads, or sends and closes. */
const sharedEntries = 256

let opened: Ring | undefined | "unopened" = "unopened"

/** The ring of this thread, made when it is first asked for and kept; undefined where there can be none. */
export const sharedRing = (): Ring | undefined => {
  if (opened === "unopened") opened = Ring.open(sharedEntries)
  return opened
}
