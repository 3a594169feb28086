/**
 * A connection that has left the cache for the time of its hand-over.
 */
import type { CachedConnection } from "./CachedConnection.ts"

/**
 * A connection that was found and is being handed over; no other find returns it. Its holder settles it exactly once, by `commit` or by
 * `putBack`; a second time throws a `StoreDefect`.
 *
 * @category models
 */
export interface Lease<out A, out S extends string = string> {
  /** The connection that is being handed over. */
  readonly connection: CachedConnection<A, S>
  /** What was saved. */
  readonly value: A
  /** The properties that the connection was saved with. */
  readonly properties: S
  /** False once it was committed or put back. */
  readonly isOpen: boolean
  /**
   * Whether `putBack` would return false at this time: the ttl has passed, or the store was drained. One that is late need not be handed
   * over any more: put it back, and close it. False once it was settled.
   */
  isLate(nowMillis: number): boolean
  /** The connection was handed over: the store forgets it, and never reports it again. */
  commit(): void
  /**
   * The hand-over failed: the connection returns to its place, the one its age gives it, with the deadline that it had.
   * False when that has passed meanwhile, or the store was drained: the connection is then the caller's to close.
   * It never exceeds a limit, since a leased connection is counted all the while. After limits were lowered it may give `shrink`
   * something to do.
   */
  putBack(nowMillis: number): boolean
}
