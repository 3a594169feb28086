/**
 * What had to leave the store before its time.
 */
import type { CachedConnection } from "./CachedConnection.ts"
import type { LimitName } from "./StoreLimits.ts"

/**
 * A connection that made room for another entry. It is the caller's: close it.
 *
 * @category models
 */
export interface EvictedConnection<out A, out S extends string = string> {
  readonly _tag: "EvictedConnection"
  /** The limit that was reached; `expired` when its time was over anyway, and `expire` had not come to it yet. */
  readonly cause: LimitName | "expired"
  /** What was saved. */
  readonly connection: CachedConnection<A, S>
}

/**
 * A binding that made room for another entry. One that has expired is dropped without mention, as by `expire`.
 *
 * @category models
 */
export interface EvictedBinding<out S extends string = string> {
  readonly _tag: "EvictedBinding"
  /** The limit that was reached. */
  readonly cause: LimitName
  /** The destination that has lost it. */
  readonly destinationLabel: S
  /** The endpoint that it led to. */
  readonly endpointLabel: S
}

/**
 * A connection or a binding that made room.
 *
 * @category models
 */
export type Evicted<A, S extends string = string> = EvictedConnection<A, S> | EvictedBinding<S>
