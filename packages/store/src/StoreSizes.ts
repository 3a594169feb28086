/**
 * How much a store holds.
 */

/**
 * Counters that are kept up to date while the store works; reading one costs nothing. Copy the object to keep a moment.
 *
 * @category models
 */
export interface StoreSizes {
  /** Connections in the store, those included that have expired and that `expire` has not reported yet; leased ones are not. */
  readonly connections: number
  /** Leases that are neither committed nor put back. */
  readonly leases: number
  /** Endpoint labels with at least one connection, leased ones included. */
  readonly endpoints: number
  /** Destination labels with at least one binding. */
  readonly destinations: number
  /** Bindings of all destinations, those included that have expired and that nothing has dropped yet. */
  readonly bindings: number
  /** Text of connections, leased ones included, and of bindings, as `textBytesMax` counts it. */
  readonly textBytes: number
}
