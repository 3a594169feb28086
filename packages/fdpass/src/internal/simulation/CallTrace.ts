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

/** The last calls of a simulation, and a checksum of all. */
export class CallTrace {
  readonly #max: number
  readonly #calls: Array<TracedCall> = []
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

  add(call: TracedCall): void {
    this.#count++
    const text = `${call.process} ${call.call} ${call.subject} ${call.result}`
    for (let index = 0; index < text.length; index++) {
      this.#checksum = Math.imul(this.#checksum ^ text.charCodeAt(index), 0x01000193)
    }
    if (this.#max === 0) return
    this.#calls[this.#next] = call
    this.#next = (this.#next + 1) % this.#max
  }

  /** Oldest first. */
  get latest(): ReadonlyArray<TracedCall> {
    return [...this.#calls.slice(this.#next), ...this.#calls.slice(0, this.#next)]
  }
}
