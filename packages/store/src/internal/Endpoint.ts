import { type ConnectionNode, stateListed } from "./ConnectionNode.ts"
import { Crowd } from "./Crowd.ts"
import { Holder } from "./Holder.ts"
import { type HeapMember, IndexedHeap } from "./IndexedHeap.ts"

/** The place of a connection in the heap by age: it has one heap index already, for the heap by deadline. */
export class ReturnTicket<A, S extends string> implements HeapMember {
  readonly node: ConnectionNode<A, S>
  heapIndex = -1

  constructor(node: ConnectionNode<A, S>) {
    this.node = node
  }
}

/** Several connections of one endpoint. */
export class ConnectionCrowd<A, S extends string> extends Crowd<ConnectionNode<A, S>> {
  returned: IndexedHeap<ReturnTicket<A, S>> | undefined = undefined
}

/**
 * The connections of one endpoint, oldest first.
 *
 * A list in the order of saving. What is put back is mostly older than all others, since finding takes the oldest: it becomes the head.
 * Leases put back out of order wait in a heap by age, made when it is needed, and the oldest is the older of the two heads: with a list
 * alone, either putting back or finding would have to pass over its neighbours.
 */
export class Endpoint<A, S extends string> extends Holder<
  S,
  ConnectionNode<A, S>,
  Endpoint<A, S>,
  ConnectionCrowd<A, S>
> {
  protected makeCrowd(only: ConnectionNode<A, S> | undefined): ConnectionCrowd<A, S> {
    return new ConnectionCrowd<A, S>(only)
  }

  get oldest(): ConnectionNode<A, S> | undefined {
    const first = this.first
    const waiting = this.crowd?.returned?.first?.node
    return waiting !== undefined && (first === undefined || waiting.order < first.order) ? waiting : first
  }

  putBack(node: ConnectionNode<A, S>): void {
    if (this.first === undefined || node.order < this.first.order) {
      node.state = stateListed
      this.prepend(node)
      return
    }
    const ticket = new ReturnTicket(node)
    node.state = ticket
    const crowd = this.gather()
    if (crowd.returned === undefined) crowd.returned = new IndexedHeap<ReturnTicket<A, S>>(isOlder)
    crowd.returned.add(ticket)
  }

  /** Takes a node out of the list or the heap; does nothing to one that is in neither. */
  takeOut(node: ConnectionNode<A, S>): void {
    const { state } = node
    if (state === stateListed) this.unlink(node)
    else if (typeof state === "object" && this.crowd?.returned !== undefined) {
      this.crowd.returned.remove(state)
      if (this.crowd.returned.size === 0) this.crowd.returned = undefined
    }
  }

  /** Takes out one that can no longer be found, but could still be evicted. */
  passOver(node: ConnectionNode<A, S>): void {
    this.gather()
    this.takeOut(node)
  }
}

interface Aged {
  readonly node: { readonly order: number }
}

const isOlder = (left: Aged, right: Aged): boolean => left.node.order < right.node.order
