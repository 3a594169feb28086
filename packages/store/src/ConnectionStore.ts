/**
 * The cache's memory: which connections and which bindings there are, and when they expire.
 *
 * Synchronous, and pure in that it reads no clock and closes nothing: time is passed in, and what has to be closed is handed back.
 */
import type { CachedConnection } from "./CachedConnection.ts"
import { ConnectionNode } from "./internal/ConnectionNode.ts"
import { ConnectionTable, type Counters, isInStore } from "./internal/ConnectionTable.ts"
import { checkBound, checkTtl } from "./internal/checks.ts"
import { DestinationTable } from "./internal/DestinationTable.ts"
import { hashOfText } from "./internal/hash.ts"
import { MonotonicTime } from "./internal/MonotonicTime.ts"
import type { Lease } from "./Lease.ts"
import type { StoreSizes } from "./StoreSizes.ts"

/**
 * Settings of a store.
 *
 * @category models
 */
export interface ConnectionStoreOptions {
  /** How many bindings a destination may have; one more takes the place of the least recently renewed. */
  readonly bindingsPerDestinationMax?: number
}

/**
 * What finding by destination gives.
 *
 * @category models
 */
export interface FoundDestination<out A, out S extends string = string> {
  /** The connection to hand over. */
  readonly lease: Lease<A, S>
  /** The properties of the binding that led to it. */
  readonly destinationProperties: S
}

/**
 * The bindings of one destination unless set otherwise: a walk over that many without any connection takes about 60 µs.
 *
 * @category constants
 */
export const BINDINGS_PER_DESTINATION_MAX = 1000

/**
 * How many entries `expire` takes at most unless told otherwise: about 0.1 ms of work.
 *
 * @category constants
 */
export const EXPIRE_ENTRIES_MAX = 256

/**
 * Endpoints with their connections, and destinations with their bindings to endpoints.
 *
 * `A` is what is cached, such as an owned descriptor; `S` is the type of labels and properties, any that extends string. Endpoint and
 * destination labels are separate name spaces. Times are monotonic milliseconds; an earlier time than the last counts as the last.
 * A deadline is the time of saving plus the ttl, and what is saved lives until just before it.
 *
 * @category stores
 */
export class ConnectionStore<A, S extends string = string> {
  /** How much it holds, always up to date. */
  readonly sizes: StoreSizes
  readonly #time = new MonotonicTime()
  readonly #connections: ConnectionTable<A, S>
  readonly #destinations: DestinationTable<S>

  constructor(options: ConnectionStoreOptions = {}) {
    const { bindingsPerDestinationMax = BINDINGS_PER_DESTINATION_MAX } = options
    checkBound("bindingsPerDestinationMax", bindingsPerDestinationMax)
    const counters: Counters = { connections: 0, leases: 0, endpoints: 0, destinations: 0, bindings: 0 }
    this.sizes = counters
    this.#connections = new ConnectionTable<A, S>(this.#time, counters)
    this.#destinations = new DestinationTable<S>(counters, bindingsPerDestinationMax)
  }

  /** Caches a connection under its endpoint, as the newest. The result is its handle, for `remove`. */
  saveEndpoint(label: S, properties: S, value: A, ttlMillis: number, nowMillis: number): CachedConnection<A, S> {
    checkTtl(ttlMillis)
    return this.#connections.save(label, properties, value, ttlMillis, this.#time.advance(nowMillis))
  }

  /** Leases the oldest living connection of an endpoint. What has expired is never found, whether `expire` was called or not. */
  findEndpoint(label: S, nowMillis: number): Lease<A, S> | undefined {
    return this.#connections.find(label, hashOfText(label), this.#time.advance(nowMillis))
  }

  /** The connection that `findEndpoint` would lease; it stays where it is. */
  peekEndpoint(label: S, nowMillis: number): CachedConnection<A, S> | undefined {
    return this.#connections.peek(label, this.#time.advance(nowMillis))
  }

  /** Binds an endpoint to a destination, as its last. A living binding with equal properties and endpoint only gets the new ttl. */
  saveDestination(label: S, properties: S, endpointLabel: S, ttlMillis: number, nowMillis: number): void {
    checkTtl(ttlMillis)
    this.#destinations.save(label, properties, endpointLabel, ttlMillis, this.#time.advance(nowMillis))
  }

  /** Leases a connection of the first bound endpoint that has a living one, and says what the binding's properties are. */
  findDestination(label: S, nowMillis: number): FoundDestination<A, S> | undefined {
    const now = this.#time.advance(nowMillis)
    let binding = this.#destinations.first(label, now)
    while (binding !== undefined) {
      const lease = this.#connections.find(binding.endpointLabel, binding.endpointHash, now)
      if (lease !== undefined) return { lease, destinationProperties: binding.properties }
      binding = this.#destinations.next(binding, now)
    }
    return undefined
  }

  /**
   * Takes one particular connection out, for example when its peer hung up or when room is needed: the caller closes it.
   * False, and nothing happens, when it is leased, expired and reported, handed over or removed already.
   */
  remove(connection: CachedConnection<A, S>): boolean {
    return connection instanceof ConnectionNode && this.#connections.remove(connection)
  }

  /**
   * Drops what has expired, in the order of deadlines, and returns the connections that the caller must close. Takes at most `entriesMax`
   * connections and bindings together; when `nextDeadlineMillis` is not after `nowMillis` then, there is more to do.
   */
  expire(nowMillis: number, entriesMax: number = EXPIRE_ENTRIES_MAX): ReadonlyArray<CachedConnection<A, S>> {
    checkBound("entriesMax", entriesMax)
    const now = this.#time.advance(nowMillis)
    const expired: Array<ConnectionNode<A, S>> = []
    let room = entriesMax
    while (room > 0 && this.#connections.expireNext(expired, now)) room--
    while (room > 0 && this.#destinations.expireNext(now)) room--
    return expired
  }

  /** When `expire` has something to do next, at the latest: deadlines of leased connections and of bindings count too. */
  get nextDeadlineMillis(): number | undefined {
    const connection = this.#connections.expiry.nextDeadlineMillis
    const binding = this.#destinations.expiry.nextDeadlineMillis
    if (connection === undefined) return binding
    return binding === undefined || connection <= binding ? connection : binding
  }

  /** The connection that expires first and is not leased: what an eviction would take. Passes over leased ones that expire earlier. */
  get nearestExpiry(): CachedConnection<A, S> | undefined {
    return this.#connections.expiry.firstWhere(isInStore)
  }

  /**
   * Empties the store, and returns all connections that the caller must close, in the order of their deadlines. Those that are leased
   * stay with the holders of the leases, whose `putBack` then returns false.
   */
  drain(): ReadonlyArray<CachedConnection<A, S>> {
    const held: Array<ConnectionNode<A, S>> = []
    while (this.#connections.expireNext(held, Number.POSITIVE_INFINITY));
    while (this.#destinations.expireNext(Number.POSITIVE_INFINITY));
    return held
  }
}
