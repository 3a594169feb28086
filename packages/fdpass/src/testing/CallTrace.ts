/**
 * One system call of a simulation, as its trace shows it.
 *
 * @category ledger
 */
export interface TracedCall {
  readonly atMillis: number
  readonly process: string
  readonly call: string
  /** The descriptor's number or the path that it was made on, empty where there is none. */
  readonly subject: string
  /** The outcome; for a new descriptor `descriptor N`. */
  readonly result: string
}

/** A call as it is kept: numbers stay numbers until they are read. */
export interface RawCall {
  readonly atMillis: number
  readonly process: string
  readonly call: string
  readonly subject: string | number
  readonly result: string | number
}

/** The last calls of a simulation, and a checksum of all. */
export class CallTrace {
  readonly #max: number
  readonly #calls: Array<RawCall> = []
  /** Checksums of names, each worked out once: there are few, and a simulation makes millions of calls. */
  readonly #checksums = new Map<string, number>()
  #next = 0
  #count = 0
  #checksum = 0x811c9dc5

  constructor(max: number) {
    this.#max = max
  }

  get count(): number {
    return this.#count
  }

  /** FNV-1a over all calls: two runs of one seed have the same. */
  get checksum(): number {
    return this.#checksum >>> 0
  }

  add(call: RawCall): void {
    this.#count++
    this.#mix(call.process)
    this.#mix(call.call)
    this.#mix(call.subject)
    this.#mix(call.result)
    if (this.#max === 0) return
    this.#calls[this.#next] = call
    this.#next = (this.#next + 1) % this.#max
  }

  /** Oldest first. */
  get latest(): ReadonlyArray<TracedCall> {
    return [...this.#calls.slice(this.#next), ...this.#calls.slice(0, this.#next)].map((call) => ({
      ...call,
      subject: String(call.subject),
      result: String(call.result)
    }))
  }

  #mix(part: string | number): void {
    const value = typeof part === "number" ? part | 0 : this.#checksumOf(part)
    this.#checksum = Math.imul(this.#checksum ^ value, 0x01000193)
    // The product moves nothing downwards.
    this.#checksum ^= this.#checksum >>> 15
  }

  #checksumOf(text: string): number {
    const known = this.#checksums.get(text)
    if (known !== undefined) return known
    let checksum = 0x811c9dc5
    for (let index = 0; index < text.length; index++) {
      checksum = Math.imul(checksum ^ text.charCodeAt(index), 0x01000193)
    }
    this.#checksums.set(text, checksum)
    return checksum
  }
}
