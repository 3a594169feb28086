/** Bytes on their way to standard error. A reader that is stuck, a paused terminal for instance, must cost neither time nor memory. */
const pendingBytesMax = 262_144

/** Where the lines go: `process.stderr`, or what a test puts in its place. */
export interface LineOutput {
  /** Takes the text at once and never waits; `onWritten` is called when it has left, with the error if it could not. */
  write(text: string, onWritten: (error?: Error | null) => void): unknown
}

/** Writes lines without ever waiting: what does not get away is dropped and counted, and the count said once there is room. */
export class LineWriter {
  readonly #output: LineOutput
  readonly #lossNotice: (dropped: number) => string
  #pendingBytes = 0
  #dropped = 0
  #isBroken = false

  /** `lossNotice` makes the line that tells of lines which were dropped. */
  constructor(output: LineOutput, lossNotice: (dropped: number) => string) {
    this.#output = output
    this.#lossNotice = lossNotice
  }

  write(line: string): void {
    if (this.#isBroken) return
    // Never more than four bytes a UTF-16 unit; exactness would cost a pass over every line.
    const bytes = 4 * line.length
    if (this.#pendingBytes + bytes > pendingBytesMax) {
      this.#dropped++
      return
    }
    this.#pendingBytes += bytes
    this.#output.write(line, (error) => {
      this.#pendingBytes -= bytes
      // Nobody reads there any more, and writing would fail for ever.
      if (error !== undefined && error !== null) this.#isBroken = true
      else this.#reportDropped()
    })
  }

  /** Stops writing for good: standard error is gone. */
  abandon(): void {
    this.#isBroken = true
  }

  #reportDropped(): void {
    if (this.#dropped === 0 || this.#pendingBytes > 0) return
    const dropped = this.#dropped
    this.#dropped = 0
    this.write(this.#lossNotice(dropped))
  }
}
