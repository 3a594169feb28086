/**
 * One cached connection, as its users see it.
 */

/**
 * A connection in the store. The object stays the same as long as the connection lives, so it can serve as its handle.
 *
 * @category models
 */
export interface CachedConnection<out A, out S extends string = string> {
  /** What the store keeps for its user, such as an open descriptor; never looked at. */
  readonly value: A
  /** The properties that it was saved with. */
  readonly properties: S
  /** The endpoint that it was saved under. */
  readonly endpointLabel: S
  /** When it expires, in the caller's monotonic milliseconds; at this millisecond it is expired. */
  readonly deadlineMillis: number
}
