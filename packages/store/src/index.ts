/**
 * Endpoints, destinations and their expiry: what a connection cache remembers.
 */
export type { CachedConnection } from "./CachedConnection.ts"
export {
  ConnectionStore,
  EXPIRE_ENTRIES_MAX,
  type FoundDestination,
  SAVE_EVICTIONS_MAX
} from "./ConnectionStore.ts"
export type { Evicted, EvictedBinding, EvictedConnection } from "./Evicted.ts"
export { type Expiring, ExpiryIndex, type ExpiryLane } from "./ExpiryIndex.ts"
export type { Lease } from "./Lease.ts"
export type { Bound, Refused, Saved } from "./SaveOutcome.ts"
export { StoreDefect } from "./StoreDefect.ts"
export {
  BINDINGS_MAX,
  BINDINGS_PER_DESTINATION_MAX,
  CONNECTIONS_MAX,
  CONNECTIONS_PER_ENDPOINT_MAX,
  DEFAULT_LIMITS,
  type Limit,
  type LimitName,
  type StoreLimits,
  TEXT_BYTES_MAX
} from "./StoreLimits.ts"
export type { StoreSizes } from "./StoreSizes.ts"
