import { RequestKind } from "../workload/RequestKind.ts"
import type { RequestSequence } from "../workload/RequestSequence.ts"
import type { Workload } from "../workload/Workload.ts"
import type { Conversation } from "./Conversation.ts"

/** Where clients get their next operation. */
export interface OperationSource {
  /** Puts the next operation into the conversation; false when there is none for it. */
  assign(conversation: Conversation, nowMillis: number): boolean
}

/** The workload: each client goes on with its own sequence, until a time or a number of operations in all. */
export class WorkloadSource implements OperationSource {
  readonly #sequences: ReadonlyArray<RequestSequence>
  readonly #endMillis: number
  #left: number

  constructor(sequences: ReadonlyArray<RequestSequence>, endMillis: number, operationsMax: number) {
    this.#sequences = sequences
    this.#endMillis = endMillis
    this.#left = operationsMax
  }

  assign(conversation: Conversation, nowMillis: number): boolean {
    const sequence = this.#sequences[conversation.number]
    if (sequence === undefined || nowMillis >= this.#endMillis || this.#left <= 0) return false
    this.#left--
    sequence.next()
    conversation.kind = sequence.kind
    conversation.endpoint = sequence.endpoint
    conversation.destination = sequence.destination
    conversation.binding = sequence.binding
    return true
  }
}

/** Fills the cache beforehand, evenly over all endpoints, or over other labels. */
export class FillSource implements OperationSource {
  readonly #workload: Workload
  #saved = 0

  constructor(workload: Workload) {
    this.#workload = workload
  }

  assign(conversation: Conversation): boolean {
    const { cached, cachedApart, endpoints } = this.#workload
    if (this.#saved >= cached) return false
    conversation.kind = RequestKind.saveEndpoint
    conversation.endpoint = (cachedApart ? endpoints : 0) + (this.#saved++ % endpoints)
    return true
  }
}

/**
 * Takes everything out again: each label is asked until it is empty, by one client at a time, also when nothing should be left, so that
 * what a server has too many is found too.
 */
export class DrainSource implements OperationSource {
  readonly #endpoints: number
  readonly #onEmpty: (endpoint: number, nowMillis: number) => void
  readonly #current = new Map<number, number>()
  #next = 0

  constructor(endpoints: number, onEmpty: (endpoint: number, nowMillis: number) => void) {
    this.#endpoints = endpoints
    this.#onEmpty = onEmpty
  }

  assign(conversation: Conversation, nowMillis: number): boolean {
    let endpoint = this.#current.get(conversation.number)
    if (endpoint !== undefined && !conversation.hasSucceeded) {
      this.#onEmpty(endpoint, nowMillis)
      endpoint = undefined
    }
    endpoint ??= this.#next < this.#endpoints ? this.#next++ : undefined
    if (endpoint === undefined) {
      this.#current.delete(conversation.number)
      return false
    }
    this.#current.set(conversation.number, endpoint)
    conversation.kind = RequestKind.findEndpoint
    conversation.endpoint = endpoint
    return true
  }
}

/** One find each of a label that is empty: once it is answered, the server has read everything that was sent before. */
export class BarrierSource implements OperationSource {
  readonly #asked = new Set<number>()

  assign(conversation: Conversation): boolean {
    if (this.#asked.has(conversation.number)) return false
    this.#asked.add(conversation.number)
    conversation.kind = RequestKind.findEndpoint
    conversation.endpoint = 0
    return true
  }
}
