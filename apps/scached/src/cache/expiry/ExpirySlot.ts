import type { Expiring, ExpiryLane } from "@scached/store"
import type { Scope } from "effect"
import type { CachedDescriptor } from "../CachedDescriptor.ts"

/**
 * The cached descriptors whose ttl ends within the same few milliseconds, and the Scope that closes those that are still there at its end.
 *
 * A member is taken out in constant time: the last one moves to its place.
 */
export class ExpirySlot implements Expiring<ExpirySlot> {
  /** Which stretch of time it is for, counted from the clock's zero. */
  readonly stretch: number
  readonly scope: Scope.Closeable
  deadlineMillis = 0
  order = 0
  lane: ExpiryLane<ExpirySlot> | undefined = undefined
  earlier: ExpirySlot | undefined = undefined
  later: ExpirySlot | undefined = undefined
  readonly #members: Array<CachedDescriptor> = []

  constructor(stretch: number, scope: Scope.Closeable) {
    this.stretch = stretch
    this.scope = scope
  }

  get size(): number {
    return this.#members.length
  }

  add(member: CachedDescriptor): void {
    member.slot = this
    member.slotIndex = this.#members.length
    this.#members.push(member)
  }

  remove(member: CachedDescriptor): void {
    const last = this.#members.pop()
    if (last !== undefined && last !== member) {
      this.#members[member.slotIndex] = last
      last.slotIndex = member.slotIndex
    }
    member.slot = undefined
  }

  /** Takes out all of them, in the order in which they were added as long as none had left. */
  drain(): ReadonlyArray<CachedDescriptor> {
    const members = this.#members.splice(0)
    for (const member of members) member.slot = undefined
    return members
  }
}
