import type { Expiring } from "../ExpiryIndex.ts"
import type { Crowd } from "./Crowd.ts"
import type { TableMember } from "./HashTable.ts"
import type { HeapMember } from "./IndexedHeap.ts"
import type { RankedHolder, Tier } from "./Ranking.ts"
import { noShelf, type ShelvedHolder } from "./Shelves.ts"

/** What a label holds: a connection or a binding. The heap is that of its holder, by deadline. */
export interface Entry<E, H> extends Expiring<E>, HeapMember {
  readonly holder: H
  /** The characters of its texts, those of its holder's label included. */
  readonly textBytes: number
  /** The neighbour that was saved before it. */
  previous: E | undefined
  /** The neighbour that was saved after it. */
  next: E | undefined
}

/**
 * A label with what is saved under it: a list in the order of saving, and which entry expires first. Entries that cannot make room, since
 * they are leased, are in neither.
 *
 * Most labels hold one entry, and for it the first of the list says all; `crowd` has the rest for the others. 12 fields make it 112 bytes,
 * a size class of the allocator; one more makes it 160.
 */
export abstract class Holder<S extends string, E extends Entry<E, H>, H, C extends Crowd<E> = Crowd<E>>
  implements TableMember<S, H>, RankedHolder<H>, ShelvedHolder<H>
{
  readonly key: S
  hash: number
  nextInBucket: H | undefined
  /** Of all that it holds. */
  textBytes: number
  first: E | undefined
  /** Undefined while the label has exactly one entry. That entry may be evicted exactly when it is linked into the list (it is not leased then). */
  crowd: C | undefined
  tier: Tier<H> | undefined
  previousInTier: H | undefined
  nextInTier: H | undefined
  shelf: number
  previousOnShelf: H | undefined
  nextOnShelf: H | undefined

  /** Made for an entry that is to come, which counts already. */
  constructor(label: S) {
    this.key = label
    this.hash = 0
    this.nextInBucket = undefined
    this.textBytes = 0
    this.first = undefined
    this.crowd = undefined
    this.tier = undefined
    this.previousInTier = undefined
    this.nextInTier = undefined
    this.shelf = noShelf
    this.previousOnShelf = undefined
    this.nextOnShelf = undefined
  }

  /** A crowd of its only entry. */
  protected abstract makeCrowd(only: E | undefined): C

  /** Entries that the store answers for, leased ones included. */
  get held(): number {
    return this.crowd === undefined ? 1 : this.crowd.held
  }

  /** The entry that could make room and expires first. */
  get nearest(): E | undefined {
    return this.crowd === undefined ? this.first : this.crowd.nearest
  }

  /** From now on with all that a crowd needs; it stays so until the label is forgotten, as a size that goes up and down by one is common. */
  gather(): C {
    if (this.crowd === undefined) this.crowd = this.makeCrowd(this.first)
    return this.crowd
  }

  /** Counts one more entry, which is to come. */
  countIn(): void {
    this.gather().held++
  }

  /** Counts one entry less; true when it was the last one, and the label is to be forgotten. */
  countOut(): boolean {
    return this.crowd === undefined || --this.crowd.held === 0
  }

  append(entry: E): void {
    const { crowd } = this
    if (crowd === undefined) {
      this.first = entry
      return
    }
    const last = crowd.last
    entry.previous = last
    if (last === undefined) this.first = entry
    else last.next = entry
    crowd.last = entry
  }

  prepend(entry: E): void {
    const { crowd, first } = this
    if (crowd !== undefined) {
      entry.next = first
      if (first === undefined) crowd.last = entry
      else first.previous = entry
    }
    this.first = entry
  }

  unlink(entry: E): void {
    const { crowd } = this
    if (crowd === undefined) {
      this.first = undefined
      return
    }
    const { previous, next } = entry
    if (previous === undefined) this.first = next
    else previous.next = next
    if (next === undefined) crowd.last = previous
    else next.previous = previous
    entry.previous = undefined
    entry.next = undefined
  }

  /** From now on it could make room; for an entry that is in the list. */
  offer(entry: E): void {
    this.crowd?.offer(entry)
  }

  /** It cannot make room any more; does nothing to one that could not. An only one leaves the list beside, or is offered again. */
  withhold(entry: E): void {
    this.crowd?.withhold(entry)
  }
}
