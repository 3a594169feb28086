/**
 * All that a store keeps, looked at in portions.
 */
import type { CachedConnection } from "./CachedConnection.ts"
import type { Binding } from "./internal/Binding.ts"
import { type ConnectionNode, stateListed } from "./internal/ConnectionNode.ts"
import type { ConnectionTable } from "./internal/ConnectionTable.ts"
import type { DestinationTable } from "./internal/DestinationTable.ts"
import { ExpiryWalk } from "./internal/ExpiryWalk.ts"

/**
 * A binding, as its users see it.
 *
 * @category models
 */
export interface StoredBinding<out S extends string = string> {
  readonly destinationLabel: S
  readonly endpointLabel: S
  readonly properties: S
  /** When it expires, in the caller's monotonic milliseconds. */
  readonly deadlineMillis: number
}

/**
 * Who looks at the entries. `savedMillis` is when an entry was saved or last renewed, in the caller's monotonic milliseconds.
 *
 * @category models
 */
export interface StoreVisitor<in A, in S extends string> {
  readonly connection: (connection: CachedConnection<A, S>, savedMillis: number) => void
  readonly binding: (binding: StoredBinding<S>, savedMillis: number) => void
}

/**
 * A walk over the connections and then the bindings that are kept when it begins. The store may be used and changed between two portions:
 * what leaves meanwhile is passed over, and so is a connection that is saved meanwhile. A binding that is saved meanwhile may be visited, and one
 * that is renewed meanwhile may be visited twice. What is leased and what has expired is not visited.
 *
 * @category models
 */
export class StoreWalk<A, S extends string> {
  readonly #connections: ExpiryWalk<ConnectionNode<A, S>>
  readonly #destinations: DestinationTable<S>
  readonly #bindings: ExpiryWalk<Binding<S>>
  /** Those that were renewed since: they are behind the end of the first walk. */
  #renewed: ExpiryWalk<Binding<S>> | undefined

  /** Made by `ConnectionStore.walk`. */
  constructor(connections: ConnectionTable<A, S>, destinations: DestinationTable<S>) {
    this.#connections = new ExpiryWalk(connections.expiry)
    this.#destinations = destinations
    this.#bindings = new ExpiryWalk(destinations.expiry)
  }

  /** Visits the next entries, with at most `stepsMax` looks at an entry; false when there are no more. */
  next(nowMillis: number, stepsMax: number, visitor: StoreVisitor<A, S>): boolean {
    let left = stepsMax
    left -= this.#connections.next(left, (node, ttlMillis) => {
      const isFound = node.state === stateListed || typeof node.state === "object"
      if (isFound && node.deadlineMillis > nowMillis) visitor.connection(node, node.deadlineMillis - ttlMillis)
    })
    const visitBinding = (binding: Binding<S>, ttlMillis: number): void => {
      if (binding.deadlineMillis <= nowMillis) return
      const { deadlineMillis, endpointLabel, holder, properties } = binding
      const stored = { destinationLabel: holder.key, endpointLabel, properties, deadlineMillis }
      visitor.binding(stored, deadlineMillis - ttlMillis)
    }
    if (!this.#connections.isOver) return true
    left -= this.#bindings.next(left, visitBinding)
    if (!this.#bindings.isOver) return true
    this.#renewed ??= new ExpiryWalk(this.#destinations.expiry, this.#bindings.endOrder)
    this.#renewed.next(left, visitBinding)
    return !this.#renewed.isOver
  }
}
