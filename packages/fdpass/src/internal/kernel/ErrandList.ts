import type { Outcome } from "../../SystemCalls.ts"
import { callNumbers, hasOlderCalls, olderCalls } from "./callNumbers.ts"
import { errandBytes } from "./errandCode.ts"
import { NativeBlock } from "./nativeMemory.ts"

/** One thing to do with a socket: write bytes where nothing has come, or read and throw away. */
export interface Errand {
  readonly number: number
  /** What is written; without it the socket is read from. */
  readonly bytes: Uint8Array | undefined
  readonly bytesMax: number
  readonly done: (outcome: Outcome) => void
}

/** Errands of one list. With 64, connections that expired together, 256 in a turn of the loop, came faster than they were said farewell on. */
export const errandsMax = 256
/** As many as fit into a record behind its calls. */
export const writeBytesMax = 64
/** As many as one errand reads. */
export const drainBytesMax = 4_096

const headBytes = 8
const ticketAt = 0
const doneAt = 4
const firstCallAt = 8
const secondCallAt = 64
/** `struct pollfd`. */
const requestAt = 120
const bytesAt = 128

const dontWait = 0x40
const noSignal = 0x4000
/** POLLIN, POLLPRI and POLLRDHUP. */
const anythingToRead = 0x2003

/** Where all that is thrown away is read to, by all threads at once. */
const waste = new NativeBlock(drainBytesMax)
/** All zero: a wait of no time. */
const noTime = new NativeBlock(16)

/** Errands as the machine code has them, in memory that stays where it is. */
export class ErrandList {
  readonly block = new NativeBlock(headBytes + errandsMax * errandBytes)
  readonly #words = new Int32Array(this.block.buffer)
  #errands: Array<Errand | undefined> = []
  #left = 0

  /** Errands whose results have not been reported since they were added. */
  get left(): number {
    return this.#left
  }

  /** Takes its errands; at most `errandsMax`. */
  fill(errands: ReadonlyArray<Errand>): void {
    this.#errands = [...errands]
    this.#left = errands.length
    this.#words[0] = errands.length
    for (const [index, errand] of errands.entries()) this.#put(index, errand)
  }

  /** Gives each that is done its outcome; the result is how many those were. */
  report(): number {
    let count = 0
    for (const [index, errand] of this.#errands.entries()) {
      if (errand === undefined || Atomics.load(this.#words, this.#wordOf(index, doneAt)) === 0) continue
      this.#forget(index)
      count++
      errand.done(this.#outcomeOf(index, errand))
    }
    return count
  }

  /** Takes back those that no thread has begun with: the exchange is atomic on both sides. */
  takeBack(): ReadonlyArray<Errand> {
    return this.#errands.flatMap((errand, index) => {
      if (errand === undefined || Atomics.exchange(this.#words, this.#wordOf(index, ticketAt), 0) === 0) return []
      this.#forget(index)
      return [errand]
    })
  }

  #forget(index: number): void {
    this.#errands[index] = undefined
    this.#left--
  }

  #wordOf(index: number, offset: number): number {
    return (headBytes + index * errandBytes + offset) / 4
  }

  #outcomeOf(index: number, { bytes }: Errand): Outcome {
    const first = this.#words[this.#wordOf(index, firstCallAt)] ?? 0
    if (bytes === undefined || first < 0) return first
    // What poll has found is how many descriptors have something to tell.
    return first > 0 ? 0 : (this.#words[this.#wordOf(index, secondCallAt)] ?? 0)
  }

  #put(index: number, { bytes, bytesMax, number }: Errand): void {
    const begin = headBytes + index * errandBytes
    if (bytes === undefined) {
      this.#call(begin + firstCallAt, callNumbers.recvfrom, number, waste.address, bytesMax, dontWait)
      // Nothing more where it was the end: the number -1 is no descriptor.
      this.#call(begin + secondCallAt, callNumbers.close, -1)
    } else {
      this.#words[this.#wordOf(index, requestAt)] = number
      this.#words[this.#wordOf(index, requestAt) + 1] = anythingToRead
      const request = this.block.address + begin + requestAt
      if (hasOlderCalls) this.#call(begin + firstCallAt, olderCalls.poll, request, 1, 0)
      else this.#call(begin + firstCallAt, callNumbers.ppoll, request, 1, noTime.address)
      this.block.bytes.set(bytes, begin + bytesAt)
      const from = this.block.address + begin + bytesAt
      this.#call(begin + secondCallAt, callNumbers.sendto, number, from, bytes.length, dontWait | noSignal)
    }
    this.#words[this.#wordOf(index, doneAt)] = 0
    Atomics.store(this.#words, this.#wordOf(index, ticketAt), 1)
  }

  /** Seven words of 64 bits. None of the values is negative but the number of no descriptor, of which the kernel takes 32 bits. */
  #call(at: number, call: number, a: number, b = 0, c = 0, d = 0): void {
    const first = at / 4
    this.#words.fill(0, first, first + 14)
    this.#putWord(first, call)
    this.#putWord(first + 2, a)
    this.#putWord(first + 4, b)
    this.#putWord(first + 6, c)
    this.#putWord(first + 8, d)
  }

  #putWord(index: number, value: number): void {
    this.#words[index] = value
    this.#words[index + 1] = Math.max(0, Math.floor(value / 2 ** 32))
  }
}
