import type { Descriptor } from "@scached/fdpass"
import type * as SimulatedSystemCalls from "@scached/fdpass/testing"

/** The numbers of a process's descriptors, remembered: to inspect a descriptor gathers its history, which takes longer than many a call. */
export class DescriptorNumbers {
  readonly #process: SimulatedSystemCalls.SimulatedProcess
  readonly #known = new WeakMap<Descriptor, number>()

  constructor(process: SimulatedSystemCalls.SimulatedProcess) {
    this.#process = process
  }

  of(descriptor: Descriptor): number {
    const known = this.#known.get(descriptor)
    if (known !== undefined) return known
    const { number } = this.#process.inspect(descriptor)
    this.#known.set(descriptor, number)
    return number
  }
}
