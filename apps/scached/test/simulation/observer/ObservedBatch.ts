import type { CallBatch, Descriptor, Outcome, ReceiveBuffer, SystemCallsShape } from "@scached/fdpass"
import * as SimulatedSystemCalls from "@scached/fdpass/testing"

/** Told of each call when the daemon deals with it: at once, or when it asks what came of it. */
export interface CallNotes {
  readonly received: (socket: Descriptor, into: ReceiveBuffer, outcome: Outcome) => void
  readonly sent: (socket: Descriptor, bytes: Uint8Array, outcome: Outcome) => void
  readonly descriptorSent: (socket: Descriptor, passed: Descriptor, outcome: Outcome) => void
}

/** Calls made together as far as the daemon can tell, and noted in the order in which it deals with them. */
export class ObservedBatch implements CallBatch {
  readonly #batch: SimulatedSystemCalls.OneByOneBatch
  readonly #notes: CallNotes
  readonly #pending: Array<((outcome: Outcome) => void) | undefined> = []

  constructor(calls: SystemCallsShape, capacity: number, notes: CallNotes) {
    this.#batch = new SimulatedSystemCalls.OneByOneBatch(calls, capacity)
    this.#notes = notes
  }

  get capacity(): number {
    return this.#batch.capacity
  }

  get size(): number {
    return this.#batch.size
  }

  receive(socket: Descriptor, into: ReceiveBuffer): number {
    this.#pending.push((outcome) => this.#notes.received(socket, into, outcome))
    return this.#batch.receive(socket, into)
  }

  send(socket: Descriptor, bytes: Uint8Array): number {
    this.#pending.push((outcome) => this.#notes.sent(socket, bytes, outcome))
    return this.#batch.send(socket, bytes)
  }

  sendDescriptor(socket: Descriptor, passed: Descriptor): number {
    this.#pending.push((outcome) => this.#notes.descriptorSent(socket, passed, outcome))
    return this.#batch.sendDescriptor(socket, passed)
  }

  letGo(descriptor: Descriptor): void {
    this.#batch.letGo(descriptor)
  }

  close(descriptor: Descriptor): void {
    this.#batch.close(descriptor)
  }

  run(): void {
    this.#batch.run()
  }

  outcome(place: number): Outcome {
    const outcome = this.#batch.outcome(place)
    this.#pending[place]?.(outcome)
    this.#pending[place] = undefined
    return outcome
  }

  clear(): void {
    this.#pending.length = 0
    this.#batch.clear()
  }
}
