import type { Descriptor } from "../internal/descriptor.ts"
import type { PollBatch } from "../SystemCalls.ts"

/** The simulated layer's batch of descriptors to look at. */
export class SimulatedPollBatch implements PollBatch {
  readonly capacity: number
  readonly #descriptors: Array<Descriptor | undefined>
  readonly #wanted: Uint32Array
  readonly #found: Uint32Array

  constructor(capacity: number) {
    this.capacity = capacity
    this.#descriptors = Array.from({ length: capacity }, () => undefined)
    this.#wanted = new Uint32Array(capacity)
    this.#found = new Uint32Array(capacity)
  }

  put(index: number, descriptor: Descriptor, readiness: number): void {
    if (index >= this.capacity) return
    this.#descriptors[index] = descriptor
    this.#wanted[index] = readiness
    this.#found[index] = 0
  }

  readiness(index: number): number {
    return this.#found[index] ?? 0
  }

  /** Has each of the first `count` looked at, and counts those of which something was found. */
  look(count: number, find: (descriptor: Descriptor, wanted: number) => number): number {
    let told = 0
    for (let index = 0; index < Math.min(count, this.capacity); index++) {
      const descriptor = this.#descriptors[index]
      const found = descriptor === undefined ? 0 : find(descriptor, this.#wanted[index] ?? 0)
      this.#found[index] = found
      if (found !== 0) told++
    }
    return told
  }
}
