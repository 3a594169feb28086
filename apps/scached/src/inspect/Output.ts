/** How much may wait for a reader of standard output before a program reads no more of the cache. */
const waitingBytesMax = 1_048_576

/** Standard output of a program: its reader may be slow, or gone. */
export class Output {
  readonly #onGone: () => void
  #onRoom: (() => void) | undefined

  /** `onGone`: the reader is gone, as after head(1). */
  constructor(onGone: () => void) {
    this.#onGone = onGone
    process.stdout.on("error", () => this.#onGone())
    process.stdout.on("drain", () => {
      const onRoom = this.#onRoom
      this.#onRoom = undefined
      onRoom?.()
    })
  }

  /** Writes, and answers whether there is room for more; if not, `onRoom` is called once there is. */
  write(text: string, onRoom?: () => void): boolean {
    process.stdout.write(text)
    if (process.stdout.writableLength < waitingBytesMax || onRoom === undefined) return true
    this.#onRoom = onRoom
    return false
  }

  /** Resolves once all that was written has left. */
  flushed(): Promise<void> {
    return new Promise((resolve) => process.stdout.write("", () => resolve()))
  }
}
