/**
 * How much a store may hold.
 */

/**
 * A maximum: a whole number, of which 0 lets nothing in, or no bound at all. `Infinity` is not one: it comes from arithmetic gone wrong
 * more often than from intent.
 *
 * @category models
 */
export type Limit = number | "unlimited"

/**
 * The limits of a store. All hold at every moment, except after they were lowered, until `shrink` or the next saves have caught up.
 *
 * A leased connection counts as one that is cached: it still holds a descriptor, and may come back.
 *
 * @category models
 */
export interface StoreLimits {
  /** Connections in all. Each holds a descriptor: derive it from `RLIMIT_NOFILE`, less what clients need. */
  readonly connectionsMax: Limit
  /** Connections of one endpoint. */
  readonly connectionsPerEndpointMax: Limit
  /** Bindings in all. */
  readonly bindingsMax: Limit
  /** Bindings of one destination. */
  readonly bindingsPerDestinationMax: Limit
  /**
   * Text in all, a byte for each character: of a connection its endpoint's label and its properties, of a binding its destination's
   * label, its properties and its endpoint's label. A label counts with each entry that has it, though it is kept once.
   */
  readonly textBytesMax: Limit
}

/**
 * The name of a limit.
 *
 * @category models
 */
export type LimitName = keyof StoreLimits

/**
 * The limits of a store that is given none.
 *
 * @category constants
 */
export const defaultLimits: StoreLimits = {
  /** Some 55 MB, and as many as costs are measured with. Few processes may open so many files. */
  connectionsMax: 100_000,
  /** Far more than a mail server accepts of one client, 50 by Postfix's default. */
  connectionsPerEndpointMax: 1000,
  /** Some 45 MB when each has a destination to itself, and as many as costs are measured with. */
  bindingsMax: 100_000,
  /** A walk over that many without any connection takes about 60 µs. */
  bindingsPerDestinationMax: 1000,
  /**
   * 64 MiB: twice what 100,000 connections and as many bindings have with 160 bytes each, so that only entries that are much larger meet it. A
   * thousand of 64 KiB fill it.
   */
  textBytesMax: 64 * 1024 * 1024
}
