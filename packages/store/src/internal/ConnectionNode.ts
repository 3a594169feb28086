import type { CachedConnection } from "../CachedConnection.ts"
import type { ExpiryLane } from "../ExpiryIndex.ts"
import type { Endpoint, ReturnTicket } from "./Endpoint.ts"
import type { Entry } from "./Holder.ts"

// Numbers and not strings or an object's fields: they are compared on each operation, and a small integer needs no allocation.
/** In its endpoint's list. */
export const stateListed = 0
/** Found expired by a find: in the expiry index only, until expire() reports it. */
export const stateStale = 1
/** With the holder of a lease, and in the expiry index. */
export const stateLeased = 2
/** With the holder of a lease; its deadline has passed. */
export const stateLate = 3
/** The store has nothing to do with it any more. */
export const stateGone = 4

/**
 * Where a connection is. One that was put back out of order is in its endpoint's heap by age, and its ticket there is its state: a field
 * for it would make every connection larger for the sake of few.
 */
export type ConnectionState<A, S extends string> =
  | typeof stateListed
  | typeof stateStale
  | typeof stateLeased
  | typeof stateLate
  | typeof stateGone
  | ReturnTicket<A, S>

/**
 * What the store keeps for a connection. All links are fields, so that saving one allocates one object: 12 fields make it 112 bytes,
 * a size class of the allocator; one more makes it 160. The first six share a cache line with the object's header: what unlinking reads
 * of a neighbour, and finding of the connection, stands there.
 */
export class ConnectionNode<A, S extends string>
  implements CachedConnection<A, S>, Entry<ConnectionNode<A, S>, Endpoint<A, S>>
{
  earlier: ConnectionNode<A, S> | undefined
  later: ConnectionNode<A, S> | undefined
  state: ConnectionState<A, S>
  deadlineMillis: number
  lane: ExpiryLane<ConnectionNode<A, S>> | undefined
  readonly holder: Endpoint<A, S>
  previous: ConnectionNode<A, S> | undefined
  next: ConnectionNode<A, S> | undefined
  readonly value: A
  readonly properties: S
  order: number
  heapIndex: number

  constructor(value: A, properties: S, holder: Endpoint<A, S>) {
    this.earlier = undefined
    this.later = undefined
    this.state = stateListed
    this.deadlineMillis = 0
    this.lane = undefined
    this.holder = holder
    this.previous = undefined
    this.next = undefined
    this.value = value
    this.properties = properties
    this.order = 0
    this.heapIndex = -1
  }

  get endpointLabel(): S {
    return this.holder.key
  }

  get textBytes(): number {
    return this.holder.key.length + this.properties.length
  }
}
