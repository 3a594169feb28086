/**
 * An index of deadlines: what expires next, in O(1) however many entries there are.
 *
 * Entries with an equal ttl expire in the order in which they were added, so each distinct ttl has a lane, a linked list that never needs
 * sorting, and a small heap orders the lanes by their first deadline. The links are fields of the entries themselves: adding allocates
 * nothing. Entries with equal deadlines come in the order in which they were added, whatever their ttl.
 */

import { expiresBefore } from "./internal/Crowd.ts"
import { HashTable, type TableMember } from "./internal/HashTable.ts"
import { hashOfNumber } from "./internal/hash.ts"
import { type HeapMember, IndexedHeap } from "./internal/IndexedHeap.ts"
import { StoreDefect } from "./StoreDefect.ts"

/**
 * The fields that an entry lends to the index; only the index writes them.
 *
 * @category models
 */
export interface Expiring<E> {
  /** When it expires, in milliseconds of the caller's monotonic clock. */
  deadlineMillis: number
  /** Counts up with each addition to the index: the order among equal deadlines. */
  order: number
  /** The lane that holds it; undefined outside of an index. */
  lane: ExpiryLane<E> | undefined
  /** The neighbour in its lane that was added before it. */
  earlier: E | undefined
  /** The neighbour in its lane that was added after it. */
  later: E | undefined
}

/**
 * The entries of one ttl, in the order in which they expire.
 *
 * @category models
 */
export interface ExpiryLane<E> extends HeapMember, TableMember<number, ExpiryLane<E>> {
  /** The ttl in milliseconds. */
  readonly key: number
  readonly index: object
  first: E
  last: E
  // Copies of the first entry's: comparing lanes then touches no entry, which is likely to be out of the processor's cache.
  deadlineMillis: number
  order: number
}

/**
 * An ordered index of entries by deadline; needs O(1) for a ttl that is in use, O(log ttls) when a lane's first entry changes.
 *
 * @category models
 */
export class ExpiryIndex<E extends Expiring<E>> {
  readonly #lanes = new HashTable<number, ExpiryLane<E>>(hashOfNumber)
  readonly #heap = new IndexedHeap<ExpiryLane<E>>(expiresBefore)
  #size = 0
  #order = 0

  /** How many entries it holds. */
  get size(): number {
    return this.#size
  }

  /** How many distinct ttls are in use; one with no entry left is forgotten. */
  get distinctTtls(): number {
    return this.#lanes.size
  }

  /** The lanes of this moment, in no certain order. */
  lanes(): ReadonlyArray<ExpiryLane<E>> {
    return this.#heap.copy()
  }

  /** The order that the next addition will have. */
  get nextOrder(): number {
    return this.#order
  }

  /** The entry that expires first. */
  get first(): E | undefined {
    return this.#heap.first?.first
  }

  /** The earliest deadline, in the caller's monotonic milliseconds. */
  get nextDeadlineMillis(): number | undefined {
    return this.#heap.first?.deadlineMillis
  }

  /** Adds an entry which expires at `nowMillis + ttlMillis`. Time must not go backwards from one addition to the next. */
  add(entry: E, ttlMillis: number, nowMillis: number): void {
    const lane = this.#lanes.get(ttlMillis)
    const deadlineMillis = nowMillis + ttlMillis
    if (entry.lane !== undefined || (lane !== undefined && deadlineMillis < lane.last.deadlineMillis)) throw misplaced()
    entry.deadlineMillis = deadlineMillis
    entry.order = this.#order++
    this.#size++
    if (lane === undefined) {
      this.#open(entry, ttlMillis)
      return
    }
    entry.lane = lane
    entry.earlier = lane.last
    lane.last.later = entry
    lane.last = entry
  }

  /** Takes an entry out; false when it is in no index. */
  remove(entry: E): boolean {
    const lane = entry.lane
    if (lane === undefined) return false
    if (lane.index !== this) throw foreign()
    const { earlier, later } = entry
    this.#size--
    entry.lane = undefined
    entry.earlier = undefined
    entry.later = undefined
    if (later === undefined) {
      if (earlier === undefined) {
        this.#close(lane)
        return true
      }
      lane.last = earlier
    } else {
      later.earlier = earlier
    }
    if (earlier !== undefined) earlier.later = later
    else if (later !== undefined) this.#advance(lane, later)
    return true
  }

  /** Gives an entry a new ttl from now on: it expires after all that have the same deadline already. */
  renew(entry: E, ttlMillis: number, nowMillis: number): void {
    this.remove(entry)
    this.add(entry, ttlMillis, nowMillis)
  }

  /** Takes out and returns the first entry when its deadline is not after `nowMillis`. */
  takeExpired(nowMillis: number): E | undefined {
    const lane = this.#heap.first
    if (lane === undefined || lane.deadlineMillis > nowMillis) return undefined
    const entry = lane.first
    this.remove(entry)
    return entry
  }

  #open(entry: E, ttlMillis: number): void {
    const { deadlineMillis, order } = entry
    const lane: ExpiryLane<E> = {
      key: ttlMillis,
      index: this,
      first: entry,
      last: entry,
      deadlineMillis,
      order,
      heapIndex: -1,
      hash: 0,
      nextInBucket: undefined
    }
    this.#lanes.add(lane)
    this.#heap.add(lane)
    entry.lane = lane
  }

  #close(lane: ExpiryLane<E>): void {
    this.#lanes.delete(lane)
    this.#heap.remove(lane)
  }

  #advance(lane: ExpiryLane<E>, first: E): void {
    lane.first = first
    lane.deadlineMillis = first.deadlineMillis
    lane.order = first.order
    this.#heap.reorder(lane)
  }
}

const misplaced = (): StoreDefect =>
  new StoreDefect({
    reason: "Misplaced",
    message:
      "An entry was added while it is in an index already, or with a time that went backwards: remove it first, and pass monotonic time"
  })

const foreign = (): StoreDefect =>
  new StoreDefect({
    reason: "Foreign",
    message: "An entry was given to an index that does not hold it: give it to the store that made it"
  })
