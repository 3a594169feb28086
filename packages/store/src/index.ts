/**
 * Endpoints, destinations and their expiry: what a connection cache remembers.
 */
export type { CachedConnection } from "./CachedConnection.ts"
export {
  ConnectionStore,
  expireEntriesMax,
  type FoundDestination,
  saveEvictionsMax
} from "./ConnectionStore.ts"
export type { Evicted, EvictedBinding, EvictedConnection } from "./Evicted.ts"
export { type Expiring, ExpiryIndex, type ExpiryLane } from "./ExpiryIndex.ts"
export type { Lease } from "./Lease.ts"
export type { Bound, Refused, Saved } from "./SaveOutcome.ts"
export { StoreDefect, type StoreDefectReason } from "./StoreDefect.ts"
export {
  defaultLimits,
  type Limit,
  type LimitName,
  type StoreLimits
} from "./StoreLimits.ts"
export type { StoreSizes } from "./StoreSizes.ts"
export type { StoredBinding, StoreVisitor, StoreWalk } from "./StoreWalk.ts"
