/**
 * Endpoints, destinations and their expiry: what a connection cache remembers.
 */
export type { CachedConnection } from "./CachedConnection.ts"
export {
  BINDINGS_PER_DESTINATION_MAX,
  ConnectionStore,
  type ConnectionStoreOptions,
  EXPIRE_ENTRIES_MAX,
  type FoundDestination
} from "./ConnectionStore.ts"
export { type Expiring, ExpiryIndex, type ExpiryLane } from "./ExpiryIndex.ts"
export type { Lease } from "./Lease.ts"
export { StoreDefect } from "./StoreDefect.ts"
export type { StoreSizes } from "./StoreSizes.ts"
