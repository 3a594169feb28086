import { type HeapMember, IndexedHeap } from "./IndexedHeap.ts"

interface Ordered {
  readonly deadlineMillis: number
  readonly order: number
}

/** The order in which entries make room: by deadline, then by when they got it. */
export const expiresBefore = (left: Ordered, right: Ordered): boolean =>
  left.deadlineMillis < right.deadlineMillis ||
  (left.deadlineMillis === right.deadlineMillis && left.order < right.order)

/**
 * What a label needs to know about its entries only if it has several, or if its only one is out of the list and could still be evicted.
 *
 * A separate object, since most labels have one entry: without it a label takes 112 bytes, and with these fields 160.
 */
export class Crowd<E extends HeapMember & Ordered> {
  /** Entries that the store answers for, leased ones included. */
  held: number
  /** The newest of those in the list. */
  last: E | undefined
  /** The entry that could make room and expires first. It stands alone; the heap is made only for others. */
  nearest: E | undefined
  others: IndexedHeap<E> | undefined

  /** Goes on from one entry, which is leased or to come when it is not given. */
  constructor(only: E | undefined) {
    this.held = 1
    this.last = only
    this.nearest = only
    this.others = undefined
  }

  /** From now on it could make room. */
  offer(entry: E): void {
    const nearest = this.nearest
    if (nearest === undefined) {
      this.nearest = entry
      return
    }
    if (this.others === undefined) this.others = new IndexedHeap<E>(expiresBefore)
    if (expiresBefore(entry, nearest)) {
      this.others.add(nearest)
      this.nearest = entry
    } else {
      this.others.add(entry)
    }
  }

  /** It cannot make room any more; does nothing to one that could not. */
  withhold(entry: E): void {
    if (entry === this.nearest) {
      this.nearest = this.others?.first
      if (this.nearest !== undefined) this.others?.remove(this.nearest)
    } else if (entry.heapIndex >= 0) {
      this.others?.remove(entry)
    }
  }
}
