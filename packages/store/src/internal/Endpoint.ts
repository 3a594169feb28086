import { type ConnectionNode, LISTED, RETURNED } from "./ConnectionNode.ts"
import type { TableMember } from "./HashTable.ts"
import { IndexedHeap } from "./IndexedHeap.ts"

/**
 * The connections of one endpoint, oldest first.
 *
 * A list in the order of saving. What is put back is mostly older than all others, since finding takes the oldest: it becomes the head.
 * Leases put back out of order wait in a heap by age, made when it is needed, and the oldest is the older of the two heads: with a list
 * alone, either putting back or finding would have to pass over its neighbours.
 */
export class Endpoint<A, S extends string> implements TableMember<S, Endpoint<A, S>> {
  readonly key: S
  hash: number
  nextInBucket: Endpoint<A, S> | undefined
  /** Connections that the store answers for, leased ones included: the label is forgotten when it becomes 0. */
  held: number
  oldest: ConnectionNode<A, S> | undefined
  newest: ConnectionNode<A, S> | undefined
  returned: IndexedHeap<ConnectionNode<A, S>> | undefined

  constructor(label: S) {
    this.key = label
    this.hash = 0
    this.nextInBucket = undefined
    this.held = 0
    this.oldest = undefined
    this.newest = undefined
    this.returned = undefined
  }

  get first(): ConnectionNode<A, S> | undefined {
    const waiting = this.returned?.first
    const oldest = this.oldest
    return waiting !== undefined && (oldest === undefined || waiting.order < oldest.order) ? waiting : oldest
  }

  append(node: ConnectionNode<A, S>): void {
    const newest = this.newest
    node.older = newest
    if (newest === undefined) this.oldest = node
    else newest.newer = node
    this.newest = node
  }

  putBack(node: ConnectionNode<A, S>): void {
    const oldest = this.oldest
    if (oldest === undefined || node.order < oldest.order) {
      node.state = LISTED
      node.newer = oldest
      if (oldest === undefined) this.newest = node
      else oldest.older = node
      this.oldest = node
      return
    }
    node.state = RETURNED
    if (this.returned === undefined) this.returned = new IndexedHeap<ConnectionNode<A, S>>(isOlder)
    this.returned.add(node)
  }

  /** Takes a node out of the list or the heap; does nothing to one that is in neither. */
  unlink(node: ConnectionNode<A, S>): void {
    if (node.state === LISTED) this.#unlinkListed(node)
    else if (node.state === RETURNED && this.returned !== undefined) {
      this.returned.remove(node)
      if (this.returned.size === 0) this.returned = undefined
    }
  }

  #unlinkListed(node: ConnectionNode<A, S>): void {
    const { older, newer } = node
    if (older === undefined) this.oldest = newer
    else older.newer = newer
    if (newer === undefined) this.newest = older
    else newer.older = older
    node.older = undefined
    node.newer = undefined
  }
}

const isOlder = (left: { readonly order: number }, right: { readonly order: number }): boolean =>
  left.order < right.order
