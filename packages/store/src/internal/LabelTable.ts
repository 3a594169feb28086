import { ExpiryIndex } from "../ExpiryIndex.ts"
import { HashTable } from "./HashTable.ts"
import type { Entry, Holder } from "./Holder.ts"
import { hashOfText } from "./hash.ts"
import { Ranking } from "./Ranking.ts"
import { Shelves } from "./Shelves.ts"

/** Labels and what is saved under them: found by label, expired by deadline, and evicted from the label with the most. */
export abstract class LabelTable<S extends string, E extends Entry<E, H>, H extends Holder<S, E, H>> {
  readonly expiry = new ExpiryIndex<E>()
  readonly labels = new HashTable<S, H>(hashOfText)
  readonly ranking = new Ranking<H>()
  readonly shelves = new Shelves<H>()
  /** Entries that count against the limits, leased and reserved ones included. */
  held = 0
  /** Of all of them. */
  textBytes = 0

  protected abstract make(label: S): H

  /** Takes a living or expired entry out. False when it is leased: it stays with the holder of the lease, and counts until then. */
  abstract drop(entry: E): boolean

  /** Counts an entry that is to come, so that room can be made for it under its label. */
  reserve(label: S, textBytes: number): H {
    const labelHash = hashOfText(label)
    let holder = this.labels.get(label, labelHash)
    if (holder === undefined) {
      holder = this.make(label)
      this.labels.add(holder, labelHash)
    } else {
      holder.countIn()
    }
    this.held++
    this.textBytes += textBytes
    holder.textBytes += textBytes
    return holder
  }

  /** Gives back what an entry counted for, one that can make room no more or never came; forgets the label with the last of them. */
  release(holder: H, textBytes: number): void {
    this.held--
    this.textBytes -= textBytes
    holder.textBytes -= textBytes
    const isLast = holder.countOut()
    this.place(holder)
    if (isLast) this.labels.delete(holder)
  }

  /** Brings the order in which holders give way up to date. */
  place(holder: H): void {
    this.ranking.place(holder)
    this.shelves.place(holder)
  }

  /**
   * The label with the most entries, which is evicted from first. If several have equally many: the one with the entry that expires first
   * of all, when that is among them, or else the one that has held so many for the longest. Where all hold equally many it is thus what
   * expires first of all, unless that is leased.
   */
  get largest(): H | undefined {
    const top = this.ranking.top
    const soonest = this.expiry.first
    if (top === undefined || soonest === undefined) return undefined
    const { holder } = soonest
    return holder.tier === top && holder.nearest === soonest ? holder : top.first
  }

  /** The entry that expires first, when it has. */
  expired(nowMillis: number): E | undefined {
    const { nextDeadlineMillis } = this.expiry
    return nextDeadlineMillis !== undefined && nextDeadlineMillis <= nowMillis ? this.expiry.first : undefined
  }
}
