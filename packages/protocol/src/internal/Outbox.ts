/** Bytes to be sent. One chunk passes through as it is; more are gathered. */
export class Outbox {
  #first: Uint8Array | undefined = undefined
  #gathered: Uint8Array | undefined = undefined
  #gatheredEnd = 0

  get byteCount(): number {
    return this.#gathered !== undefined ? this.#gatheredEnd : (this.#first?.length ?? 0)
  }

  add(chunk: Uint8Array): void {
    if (this.#first === undefined) {
      this.#first = chunk
      return
    }
    let gathered = this.#gathered
    const needed = this.byteCount + chunk.length
    if (gathered === undefined) {
      gathered = new Uint8Array(Math.max(64, needed))
      gathered.set(this.#first)
      this.#gatheredEnd = this.#first.length
    } else if (gathered.length < needed) {
      const larger = new Uint8Array(Math.max(needed, gathered.length * 2))
      larger.set(gathered.subarray(0, this.#gatheredEnd))
      gathered = larger
    }
    gathered.set(chunk, this.#gatheredEnd)
    this.#gatheredEnd = needed
    this.#gathered = gathered
  }

  take(): Uint8Array | undefined {
    const taken = this.#gathered === undefined ? this.#first : this.#gathered.subarray(0, this.#gatheredEnd)
    this.#first = undefined
    this.#gathered = undefined
    this.#gatheredEnd = 0
    return taken
  }
}
