import { ExpiryIndex } from "@scached/store"
import { Effect, Exit, Scope } from "effect"
import type { CachedDescriptor } from "../CachedDescriptor.ts"
import { ExpirySlot } from "./ExpirySlot.ts"

/** How long the stretch of time is that a slot is for: what nothing else has closed is open for at most that long after its ttl. */
export const slotMillis = 50

/** A slot that is full has a successor for the same stretch, so that the closing of one Scope is a bounded piece of work. */
export const slotMembersMax = 256

/**
 * Why descriptors leave: their time is over, or was so during a hand-over that failed; they were evicted; the cache is emptied; or its Scope has
 * ended, and nothing before it has closed them.
 */
export type Leaving = "expired" | "late" | "evicted" | "emptied" | "forgotten"

/**
 * Keeps the cached descriptors in Scopes, one for each stretch of time in which a ttl ends.
 *
 * Each descriptor is in the Scope of one slot from its save on, and only a hand-over or the loss of its peer takes it out. So a connection that
 * expires or is evicted, the end of the server, and a defect that ends it, are each the closing of a Scope, whatever the store knows of the
 * connection. A Scope for each connection would say the same at a higher price; docs/performance.md has the figures.
 */
export class ExpirySlots {
  readonly #scope: Scope.Scope
  readonly #onLeft: (members: ReadonlyArray<CachedDescriptor>, leaving: Leaving) => void
  readonly #index = new ExpiryIndex<ExpirySlot>()
  /** The slot of each stretch that takes new members. */
  readonly #open = new Map<number, ExpirySlot>()
  #latest: ExpirySlot | undefined
  #nowMillis = 0
  #leaving: Leaving = "forgotten"

  /** The slots end with `scope` at the latest. `onLeft` closes the descriptors. */
  constructor(scope: Scope.Scope, onLeft: (members: ReadonlyArray<CachedDescriptor>, leaving: Leaving) => void) {
    this.#scope = scope
    this.#onLeft = onLeft
  }

  /** How many slots there are. */
  get size(): number {
    return this.#index.size
  }

  /** When the next slot has to be closed. */
  get nextMillis(): number | undefined {
    return this.#index.nextDeadlineMillis
  }

  /** Puts a descriptor that is in no slot into the one of its deadline. */
  put(member: CachedDescriptor, deadlineMillis: number, nowMillis: number): void {
    const stretch = Math.floor(deadlineMillis / slotMillis)
    const latest = this.#latest
    const isLatest = latest !== undefined && latest.stretch === stretch && latest.size < slotMembersMax
    const slot = isLatest ? latest : this.#slotFor(stretch, nowMillis)
    slot.add(member)
  }

  /** Takes a descriptor out of its slot, and so out of the slot's Scope: it is the caller's to close. */
  take(member: CachedDescriptor): void {
    const { slot } = member
    if (slot === undefined) return
    slot.remove(member)
    // One that connections are put into at this time is kept: a client that saves and finds in turn would open a Scope each time.
    if (slot.size === 0 && slot !== this.#latest) this.#close(slot, "expired")
  }

  /** Closes some descriptors now, by a Scope that they are moved to: a slot ends up to 50 ms after the ttl of its first member. */
  leave(members: ReadonlyArray<CachedDescriptor>, leaving: Leaving): void {
    const slot = this.#make(Number.NaN)
    for (const member of members) {
      this.take(member)
      slot.add(member)
    }
    this.#close(slot, leaving)
  }

  /**
   * Closes the slots whose stretch is over, until a slot's worth of descriptors has left; `nextMillis` says whether there are more. They are
   * empty by then, unless a defect has kept an expired connection from leaving.
   */
  closeDue(nowMillis: number): void {
    for (let left = 0; left < slotMembersMax; ) {
      const slot = this.#index.takeExpired(nowMillis)
      if (slot === undefined) return
      left += Math.max(1, slot.size)
      this.#close(slot, "expired")
    }
  }

  #slotFor(stretch: number, nowMillis: number): ExpirySlot {
    const before = this.#latest
    const open = this.#open.get(stretch)
    const slot = open !== undefined && open.size < slotMembersMax ? open : this.#make(stretch)
    this.#latest = slot
    if (slot !== open) {
      this.#open.set(stretch, slot)
      // A time that goes backwards counts as the last one, as in the store.
      this.#nowMillis = Math.max(this.#nowMillis, nowMillis)
      this.#index.add(slot, Math.max(0, endOf(stretch) - this.#nowMillis), this.#nowMillis)
    }
    if (before !== undefined && before !== slot && before.size === 0) this.#close(before, "expired")
    return slot
  }

  #make(stretch: number): ExpirySlot {
    const scope = Scope.forkUnsafe(this.#scope)
    const slot = new ExpirySlot(stretch, scope)
    const leave = Effect.sync(() => {
      const members = slot.drain()
      if (members.length > 0) this.#onLeft(members, this.#leaving)
    })
    Effect.runSync(Scope.addFinalizer(scope, leave))
    return slot
  }

  #close(slot: ExpirySlot, leaving: Leaving): void {
    this.#index.remove(slot)
    if (this.#open.get(slot.stretch) === slot) this.#open.delete(slot.stretch)
    if (this.#latest === slot) this.#latest = undefined
    const outer = this.#leaving
    this.#leaving = leaving
    try {
      Effect.runSync(Scope.close(slot.scope, Exit.void))
    } finally {
      this.#leaving = outer
    }
  }
}

/** The first millisecond after a stretch: all that is in its slot has expired then. */
const endOf = (stretch: number): number => (stretch + 1) * slotMillis
