/**
 * The cache's memory: which connections and which bindings there are, and when they expire.
 *
 * Synchronous, and pure in that it reads no clock and closes nothing: time is passed in, and what has to be closed is handed back.
 */
import type { CachedConnection } from "./CachedConnection.ts"
import type { Evicted } from "./Evicted.ts"
import { boundsOf } from "./internal/Bounds.ts"
import { ConnectionNode } from "./internal/ConnectionNode.ts"
import { ConnectionTable } from "./internal/ConnectionTable.ts"
import { checkBound, checkTtl } from "./internal/checks.ts"
import { DestinationTable } from "./internal/DestinationTable.ts"
import { hashOfText } from "./internal/hash.ts"
import { MonotonicTime } from "./internal/MonotonicTime.ts"
import { fits, Room } from "./internal/Room.ts"
import type { Lease } from "./Lease.ts"
import type { Bound, Refused, Saved } from "./SaveOutcome.ts"
import { defaultLimits, type StoreLimits } from "./StoreLimits.ts"
import type { StoreSizes } from "./StoreSizes.ts"
import { StoreWalk } from "./StoreWalk.ts"

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
 * How many entries `expire` and `shrink` take at most unless told otherwise: about 0.1 ms of work.
 *
 * @category constants
 */
export const expireEntriesMax = 256

/**
 * How many entries one save evicts at most, so that no other client waits for long. It is one, except for large texts and after limits were
 * lowered.
 *
 * @category constants
 */
export const saveEvictionsMax = 256

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
  readonly #room: Room<A, S>
  #limits: StoreLimits

  /** A limit that is left out has its default; one that is not a whole number of at least 0 is a defect. */
  constructor(limits: Partial<StoreLimits> = {}) {
    this.#limits = { ...defaultLimits, ...limits }
    const bounds = boundsOf(this.#limits)
    this.#connections = new ConnectionTable<A, S>(this.#time)
    this.#destinations = new DestinationTable<S>()
    this.#room = new Room<A, S>(this.#connections, this.#destinations, bounds, saveEvictionsMax)
    this.sizes = sizesOf(this.#connections, this.#destinations)
  }

  /** What holds now. */
  get limits(): StoreLimits {
    return this.#limits
  }

  /** Changes some limits. A lower one takes effect bit by bit: call `shrink` until `isExceeded` is false. */
  changeLimits(limits: Partial<StoreLimits>): void {
    const changed = { ...this.#limits, ...limits }
    this.#room.bounds = boundsOf(changed)
    this.#limits = changed
  }

  /** True when `shrink` would evict something: after limits were lowered, also when a lease comes back later. */
  get isExceeded(): boolean {
    return this.#room.isExceeded
  }

  /**
   * Evicts entries that exceed the limits since those were lowered, at most `entriesMax` connections and bindings. The label with the most is
   * evicted from first. A leased entry cannot be evicted, and may keep the store above its limits until it is handed over or put back.
   */
  shrink(nowMillis: number, entriesMax: number = expireEntriesMax): ReadonlyArray<Evicted<A, S>> {
    checkBound("entriesMax", entriesMax)
    const now = this.#time.advance(nowMillis)
    const evicted: Array<Evicted<A, S>> = []
    for (let steps = 0; steps < entriesMax && this.#room.shrink(now, evicted); steps++);
    return evicted
  }

  /**
   * Caches a connection under its endpoint, as the newest. Where a limit is reached, the endpoint with the most connections gives up the
   * one that expires first: the caller closes what was evicted, and the connection itself when it is refused.
   */
  saveEndpoint(label: S, properties: S, value: A, ttlMillis: number, nowMillis: number): Saved<A, S> | Refused<A, S> {
    checkTtl(ttlMillis)
    const now = this.#time.advance(nowMillis)
    const textBytes = label.length + properties.length
    const endpoint = this.#connections.reserve(label, textBytes)
    const fit = this.#room.make(this.#room.connections, endpoint, textBytes, now)
    if (fit._tag === "Refused") return fit
    const connection = this.#connections.add(endpoint, properties, value, ttlMillis, now)
    return { _tag: "Saved", connection, evicted: fit.evicted }
  }

  /** Leases the oldest living connection of an endpoint. What has expired is never found, whether `expire` was called or not. */
  findEndpoint(label: S, nowMillis: number): Lease<A, S> | undefined {
    return this.#connections.find(label, hashOfText(label), this.#time.advance(nowMillis))
  }

  /** The connection that `findEndpoint` would lease; it stays where it is. */
  peekEndpoint(label: S, nowMillis: number): CachedConnection<A, S> | undefined {
    return this.#connections.peek(label, hashOfText(label), this.#time.advance(nowMillis))
  }

  /**
   * Binds an endpoint to a destination, as its last. A living binding with equal properties and endpoint only gets the new ttl. Where a
   * limit is reached, the destination with the most bindings gives up the one that expires first; to make room for text, connections
   * may have to go too, which the caller closes.
   */
  saveDestination(
    label: S,
    properties: S,
    endpointLabel: S,
    ttlMillis: number,
    nowMillis: number
  ): Bound<A, S> | Refused<A, S> {
    checkTtl(ttlMillis)
    const now = this.#time.advance(nowMillis)
    if (this.#destinations.renew(label, properties, endpointLabel, ttlMillis, now)) return fits
    const textBytes = label.length + properties.length + endpointLabel.length
    const destination = this.#destinations.reserve(label, textBytes)
    const fit = this.#room.make(this.#room.destinations, destination, textBytes, now)
    if (fit._tag === "Refused") return fit
    this.#destinations.add(destination, properties, endpointLabel, ttlMillis, now)
    return fit
  }

  /** Leases a connection of the first bound endpoint that has a living one, and says what the binding's properties are. */
  findDestination(label: S, nowMillis: number): FoundDestination<A, S> | undefined {
    const now = this.#time.advance(nowMillis)
    let binding = this.#destinations.first(label, now)
    while (binding !== undefined) {
      const endpoint = this.#connections.labels.get(binding.endpointLabel, binding.endpointHash)
      const lease = endpoint && this.#connections.leaseFrom(endpoint, now)
      if (lease !== undefined) return { lease, destinationProperties: binding.properties }
      if (endpoint !== undefined) binding.adopt(endpoint.key)
      binding = this.#destinations.next(binding, now)
    }
    return undefined
  }

  /**
   * Takes one particular connection out at once, for example when its peer hung up: the caller closes it.
   * False, and nothing happens, when the connection is not in the store's reach: leased, handed over, reported by `expire`, evicted, or
   * removed already. The holder of a leased one forgets it, by `commit`.
   */
  remove(connection: CachedConnection<A, S>): boolean {
    return connection instanceof ConnectionNode && this.#connections.remove(connection)
  }

  /**
   * Drops what has expired, in the order of deadlines, and returns the connections that the caller must close. Takes at most `entriesMax`
   * connections and bindings together; when `nextDeadlineMillis` is not after `nowMillis` then, there is more to do.
   */
  expire(nowMillis: number, entriesMax: number = expireEntriesMax): ReadonlyArray<CachedConnection<A, S>> {
    checkBound("entriesMax", entriesMax)
    return this.#expire(this.#time.advance(nowMillis), entriesMax)
  }

  /** Begins a walk over all that is kept, which goes on in portions. */
  walk(): StoreWalk<A, S> {
    return new StoreWalk(this.#connections, this.#destinations)
  }

  /** When `expire` has something to do next, at the latest: deadlines of leased connections and of bindings count too. */
  get nextDeadlineMillis(): number | undefined {
    const connection = this.#connections.expiry.nextDeadlineMillis
    const binding = this.#destinations.expiry.nextDeadlineMillis
    if (connection === undefined) return binding
    return binding === undefined || connection <= binding ? connection : binding
  }

  /**
   * Empties the store, and returns all connections that the caller must close, in the order of their deadlines. Those that are leased
   * stay with the holders of the leases, whose `putBack` then returns false.
   */
  drain(): ReadonlyArray<CachedConnection<A, S>> {
    return this.#expire(Number.POSITIVE_INFINITY, Number.POSITIVE_INFINITY)
  }

  #expire(nowMillis: number, entriesMax: number): ReadonlyArray<CachedConnection<A, S>> {
    const expired: Array<ConnectionNode<A, S>> = []
    let room = entriesMax
    for (; room > 0; room--) {
      const node = this.#connections.expired(nowMillis)
      if (node === undefined) break
      if (this.#connections.drop(node)) expired.push(node)
    }
    for (; room > 0; room--) {
      const binding = this.#destinations.expired(nowMillis)
      if (binding === undefined) break
      this.#destinations.drop(binding)
    }
    return expired
  }
}

const sizesOf = <A, S extends string>(
  connections: ConnectionTable<A, S>,
  destinations: DestinationTable<S>
): StoreSizes => ({
  get connections() {
    return connections.held - connections.leases
  },
  get leases() {
    return connections.leases
  },
  get endpoints() {
    return connections.labels.size
  },
  get destinations() {
    return destinations.labels.size
  },
  get bindings() {
    return destinations.held
  },
  get textBytes() {
    return connections.textBytes + destinations.textBytes
  }
})
