import type { OctetString } from "../OctetString.ts"
import { equalBytes, indexOfNul, sliceOctets } from "./octets.ts"

/** As many attributes as the longest list of the protocol has, and a stray dummy before them: what stands behind them means nothing. */
export const attributesKeptMax = 6

/**
 * Finds the end of one attribute list and where its first attributes lie, and goes on where it stopped when more bytes
 * come. All offsets are relative to the start of the list, which may move in memory between two scans.
 */
export class ListScanner {
  /** Names and values that were found and kept, alternating; a whole attribute is two. */
  fields = 0
  /** The length of the list with its terminator, once `scan` has answered true. */
  length = 0
  readonly #ends: Array<number> = new Array<number>(attributesKeptMax * 2).fill(0)
  #fieldStart = 0
  #searchFrom = 0
  #inValue = false

  reset(): void {
    this.fields = 0
    this.length = 0
    this.#fieldStart = 0
    this.#searchFrom = 0
    this.#inValue = false
  }

  /** True once the list that begins at `start` is found to end before `end`. */
  scan(bytes: Uint8Array, start: number, end: number): boolean {
    const ends = this.#ends
    for (;;) {
      const nul = indexOfNul(bytes, start + this.#searchFrom, end)
      if (nul === -1) {
        this.#searchFrom = end - start
        return false
      }
      const offset = nul - start
      if (!this.#inValue && offset === this.#fieldStart) {
        this.length = offset + 1
        return true
      }
      if (this.fields < ends.length) ends[this.fields++] = offset
      this.#inValue = !this.#inValue
      this.#fieldStart = offset + 1
      this.#searchFrom = offset + 1
    }
  }

  /** How many whole attributes were kept. */
  get attributes(): number {
    return this.fields >> 1
  }

  #start(field: number): number {
    return field === 0 ? 0 : (this.#ends[field - 1] ?? 0) + 1
  }

  nameIs(attribute: number, bytes: Uint8Array, start: number, expected: Uint8Array): boolean {
    const field = attribute * 2
    return equalBytes(bytes, start + this.#start(field), start + (this.#ends[field] ?? 0), expected)
  }

  name(attribute: number, bytes: Uint8Array, start: number): OctetString {
    const field = attribute * 2
    return sliceOctets(bytes, start + this.#start(field), start + (this.#ends[field] ?? 0))
  }

  value(attribute: number, bytes: Uint8Array, start: number): OctetString {
    const field = attribute * 2 + 1
    return sliceOctets(bytes, start + this.#start(field), start + (this.#ends[field] ?? 0))
  }

  valueStart(attribute: number): number {
    return this.#start(attribute * 2 + 1)
  }

  valueEnd(attribute: number): number {
    return this.#ends[attribute * 2 + 1] ?? 0
  }
}
