import type { CachedConnection } from "../CachedConnection.ts"
import type { Expiring, ExpiryLane } from "../ExpiryIndex.ts"
import type { Endpoint } from "./Endpoint.ts"
import type { HeapMember } from "./IndexedHeap.ts"

// Numbers and not strings or an object's fields: they are compared on each operation, and a small integer needs no memory of its own.
/** In its endpoint's list. */
export const LISTED = 0
/** In its endpoint's heap: put back out of order. */
export const RETURNED = 1
/** Found expired by a find: in the expiry index only, until expire() reports it. */
export const STALE = 2
/** With the holder of a lease, and in the expiry index. */
export const LEASED = 3
/** With the holder of a lease; its deadline has passed. */
export const LATE = 4
/** The store has nothing to do with it any more. */
export const GONE = 5

/**
 * What the store keeps for a connection. All links are fields, so that saving one allocates one object: 12 fields make it 112 bytes,
 * the size class of the allocator; a 13th would make it 160. The first six share a cache line with the object's header: what unlinking
 * reads of a neighbour, and finding of the connection, stands there.
 */
export class ConnectionNode<A, S extends string>
  implements CachedConnection<A, S>, Expiring<ConnectionNode<A, S>>, HeapMember
{
  earlier: ConnectionNode<A, S> | undefined
  later: ConnectionNode<A, S> | undefined
  state: number
  deadlineMillis: number
  lane: ExpiryLane<ConnectionNode<A, S>> | undefined
  readonly endpoint: Endpoint<A, S>
  older: ConnectionNode<A, S> | undefined
  newer: ConnectionNode<A, S> | undefined
  readonly value: A
  readonly properties: S
  order: number
  heapIndex: number

  constructor(value: A, properties: S, endpoint: Endpoint<A, S>) {
    this.earlier = undefined
    this.later = undefined
    this.state = LISTED
    this.deadlineMillis = 0
    this.lane = undefined
    this.endpoint = endpoint
    this.older = undefined
    this.newer = undefined
    this.value = value
    this.properties = properties
    this.order = 0
    this.heapIndex = -1
  }

  get endpointLabel(): S {
    return this.endpoint.key
  }
}
