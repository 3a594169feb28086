import type { CallBatch } from "../CallBatch.ts"
import { Errno } from "../Errno.ts"
import type { Descriptor } from "../internal/descriptor.ts"
import type { ReceiveBuffer } from "../ReceiveBuffer.ts"
import type { Outcome, SystemCallsShape } from "../SystemCalls.ts"

/**
 * A batch that makes its calls one by one: what a loop makes of batches can be tested with it where there is no io_uring, simulated calls
 * and their faults included.
 */
export class OneByOneBatch implements CallBatch {
  readonly capacity: number
  readonly #calls: Pick<SystemCallsShape, "receive" | "send" | "sendDescriptor" | "letGo">
  readonly #waiting: Array<() => Outcome> = []
  readonly #letGo: Array<Descriptor> = []
  readonly #own: Array<Descriptor> = []
  #outcomes: ReadonlyArray<Outcome> = []

  constructor(calls: Pick<SystemCallsShape, "receive" | "send" | "sendDescriptor" | "letGo">, capacity: number) {
    this.#calls = calls
    this.capacity = capacity
  }

  get size(): number {
    return this.#waiting.length
  }

  receive(socket: Descriptor, into: ReceiveBuffer): number {
    return this.#put([socket], () => this.#calls.receive(socket, into))
  }

  send(socket: Descriptor, bytes: Uint8Array): number {
    const copy = new Uint8Array(bytes)
    return this.#put([socket], () => this.#calls.send(socket, copy))
  }

  sendDescriptor(socket: Descriptor, passed: Descriptor): number {
    return this.#put([socket, passed], () => this.#calls.sendDescriptor(socket, passed))
  }

  letGo(descriptor: Descriptor): void {
    this.#letGo.push(descriptor.take())
  }

  close(descriptor: Descriptor): void {
    this.#own.push(descriptor.take())
  }

  run(): void {
    this.#outcomes = this.#waiting.map((call) => call())
    for (const descriptor of this.#letGo.splice(0)) this.#calls.letGo(descriptor)
    for (const descriptor of this.#own.splice(0)) descriptor.close()
  }

  outcome(place: number): Outcome {
    return this.#outcomes[place] ?? 0
  }

  clear(): void {
    this.#waiting.length = 0
    this.#outcomes = []
  }

  #put(needed: ReadonlyArray<Descriptor>, call: () => Outcome): number {
    if (this.size === this.capacity)
      throw new RangeError(`a batch has room for ${this.capacity} calls: run and clear it`)
    this.#waiting.push(() => (needed.every(({ isOwned }) => isOwned) ? call() : -Errno.EBADF))
    return this.#waiting.length - 1
  }
}
