import { HashTable, type TableMember } from "./HashTable.ts"
import { type HeapMember, IndexedHeap } from "./IndexedHeap.ts"

/** The fields that a holder lends to the ranking. */
export interface RankedHolder<H> {
  readonly held: number
  readonly nearest: object | undefined
  /** Kept by the ranking, as the links are. */
  tier: Tier<H> | undefined
  previousInTier: H | undefined
  nextInTier: H | undefined
}

/** The holders of equally many entries, in the order in which they came to hold so many. */
export interface Tier<H> extends HeapMember, TableMember<number, Tier<H>> {
  /** How many entries each of them holds. */
  readonly key: number
  first: H
  last: H
}

/**
 * Which holder gives way: of those with the most entries, the one that has held so many for the longest.
 *
 * A heap by deadline in each tier would be exact where ttls differ, and was tried: what has the shortest ttl climbs over all others and
 * leaves them sinking, which made expiring it twice as slow with 100,000 cached as with 100.
 */
export class Ranking<H extends RankedHolder<H>> {
  readonly #tiers = new HashTable<number, Tier<H>>(byItself)
  readonly #heap = new IndexedHeap<Tier<H>>(isLarger)

  /** Those that hold the most. */
  get top(): Tier<H> | undefined {
    return this.#heap.first
  }

  /** Puts a holder where it belongs now, which is nowhere when none of its entries could make room. */
  place(holder: H): void {
    const { tier, held } = holder
    if (tier !== undefined) {
      if (tier.key === held && holder.nearest !== undefined) return
      this.#leave(holder, tier)
    }
    if (holder.nearest === undefined) return
    const entered = this.#tiers.get(held)
    if (entered === undefined) {
      this.#open(holder)
      return
    }
    holder.tier = entered
    holder.previousInTier = entered.last
    entered.last.nextInTier = holder
    entered.last = holder
  }

  #leave(holder: H, tier: Tier<H>): void {
    const { previousInTier, nextInTier } = holder
    holder.tier = undefined
    holder.previousInTier = undefined
    holder.nextInTier = undefined
    if (previousInTier !== undefined) previousInTier.nextInTier = nextInTier
    if (nextInTier !== undefined) nextInTier.previousInTier = previousInTier
    if (previousInTier === undefined && nextInTier === undefined) {
      this.#tiers.delete(tier)
      this.#heap.remove(tier)
      return
    }
    if (previousInTier === undefined && nextInTier !== undefined) tier.first = nextInTier
    if (nextInTier === undefined && previousInTier !== undefined) tier.last = previousInTier
  }

  #open(holder: H): void {
    const tier: Tier<H> = {
      key: holder.held,
      first: holder,
      last: holder,
      heapIndex: -1,
      hash: 0,
      nextInBucket: undefined
    }
    this.#tiers.add(tier)
    this.#heap.add(tier)
    holder.tier = tier
  }
}

// Small whole numbers, which spread by themselves.
const byItself = (held: number): number => held

const isLarger = (left: { readonly key: number }, right: { readonly key: number }): boolean => left.key > right.key
