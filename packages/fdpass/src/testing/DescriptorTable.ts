import { Errno } from "../Errno.ts"
import type { Outcome } from "../SystemCalls.ts"
import type { OpenFile } from "./OpenFile.ts"

/** Standard input, output and error: taken in every process, and not simulated. */
export const standardNumbers = 3

/**
 * The numbers of one process. A new descriptor gets the lowest free one, as POSIX has it: that is why a number closed once too often
 * soon hits another descriptor.
 */
export class DescriptorTable {
  /** RLIMIT_NOFILE. */
  max: number
  readonly #files = new Map<number, OpenFile>()
  #lowestFree = standardNumbers

  constructor(max: number) {
    this.max = max
  }

  get size(): number {
    return this.#files.size
  }

  /** How many more fit. */
  get room(): number {
    return this.max - standardNumbers - this.#files.size
  }

  entries(): ReadonlyArray<readonly [number, OpenFile]> {
    return [...this.#files].sort(([one], [other]) => one - other)
  }

  get(number: number): OpenFile | undefined {
    return this.#files.get(number)
  }

  /** Takes a reference under the lowest free number. */
  install(file: OpenFile): number | Outcome {
    if (this.room <= 0) return -Errno.EMFILE
    const number = this.#lowestFree
    this.place(number, file)
    return number
  }

  /** Takes a reference under a number that is free. */
  place(number: number, file: OpenFile): void {
    if (this.#files.has(number)) throw new RangeError(`number ${number} is taken`)
    file.hold()
    this.#files.set(number, file)
    while (this.#files.has(this.#lowestFree)) this.#lowestFree++
  }

  /** Frees the number; the reference goes to the caller. */
  remove(number: number): OpenFile | undefined {
    const file = this.#files.get(number)
    if (file === undefined) return undefined
    this.#files.delete(number)
    if (number < this.#lowestFree) this.#lowestFree = number
    return file
  }
}
