/**
 * What became of a save.
 */
import type { CachedConnection } from "./CachedConnection.ts"
import type { Evicted } from "./Evicted.ts"
import type { LimitName } from "./StoreLimits.ts"

/**
 * The connection is cached.
 *
 * @category models
 */
export interface Saved<out A, out S extends string = string> {
  readonly _tag: "Saved"
  /** Its handle, for `remove`. */
  readonly connection: CachedConnection<A, S>
  /** What made room for it, in this order. */
  readonly evicted: ReadonlyArray<Evicted<A, S>>
}

/**
 * The endpoint is bound to the destination.
 *
 * @category models
 */
export interface Bound<out A, out S extends string = string> {
  readonly _tag: "Bound"
  /** What made room for it, in this order. */
  readonly evicted: ReadonlyArray<Evicted<A, S>>
}

/**
 * It was not saved: a connection stays with the caller, who closes it.
 *
 * - `CannotFit`: it would not fit into an empty store either. The limit is 0, or the entry has more text than all entries may have.
 * - `NoRoom`: nothing may be evicted for it. Its own label has the most and all of its entries are leased, or the entries that could be
 *   evicted belong to labels with no more than their share. Also when 256 evictions were not enough.
 *
 * @category models
 */
export interface Refused<out A, out S extends string = string> {
  readonly _tag: "Refused"
  /** The limit that is in its way. */
  readonly limit: LimitName
  /** Why nothing can be done about it. */
  readonly reason: "CannotFit" | "NoRoom"
  /** What made room in vain: rarely anything. */
  readonly evicted: ReadonlyArray<Evicted<A, S>>
}
