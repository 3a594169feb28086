import type { CachedConnection, Refused, Saved } from "@scached/store"

/** The handle of a connection that must have been saved without anything making room for it. */
export const saved = <A>(outcome: Saved<A> | Refused<A>): CachedConnection<A> => {
  if (outcome._tag === "Refused") throw new Error(`a connection was refused for ${outcome.limit}`)
  if (outcome.evicted.length > 0) throw new Error(`${outcome.evicted.length} entries were evicted`)
  return outcome.connection
}
