import type { IdleState } from "@scached/reactor"
import type { StoreSizes } from "@scached/store"

/** What was asked for and whether it was there. */
export interface LookupCounts {
  readonly hits: number
  readonly misses: number
}

/** The most there was at a time: destination labels, endpoint labels, connections. */
export interface Peaks {
  readonly destinations: number
  readonly endpoints: number
  readonly connections: number
}

/** What happened within an interval, in the terms of scache(8)'s log lines. */
export interface CacheInterval {
  /** When the interval began, on the wall clock. */
  readonly startMillis: number
  readonly destinations: LookupCounts
  readonly endpoints: LookupCounts
  readonly peaks: Peaks
}

/** What happened since the start. A lookup that hits ends in a hand-over, in the connection's return to the cache, or in its loss. */
export interface CacheTotals {
  readonly destinations: LookupCounts
  readonly endpoints: LookupCounts
  readonly savedEndpoints: number
  readonly savedDestinations: number
  readonly handedOver: number
  /** Hand-overs that failed, with the connection back in its place. */
  readonly putBack: number
  /** Connections that nobody asked for in time. */
  readonly expired: number
  /** Connections and bindings that had to make room for others. */
  readonly evictedConnections: number
  readonly evictedBindings: number
  /** Saves for which nobody had to make room. */
  readonly refusedSaves: number
  /** Cached connections whose peer has left, has said something unasked, or whose connection has failed. */
  readonly hungUp: number
  readonly spoke: number
  readonly failed: number
  /** Descriptors that came while this process or the system had no room for them. */
  readonly lostDescriptors: number
  /** Clients that were served, and those whose user may not connect. */
  readonly clients: number
  readonly strangers: number
  /** Clients that were disconnected since they owed something for too long. */
  readonly timedOut: number
}

type Counts = { hits: number; misses: number }

const add = (counts: Counts, isHit: boolean): void => {
  if (isHit) counts.hits++
  else counts.misses++
}

const noPeaks: Peaks = { destinations: 0, endpoints: 0, connections: 0 }

/**
 * Counts what the cache does, once for the interval and once for good.
 *
 * Peaks are taken when something is saved and at no other time, as scache(8) does: an interval in which nothing is saved has
 * none, however much is cached.
 */
export class CacheStatistics {
  #startMillis: number
  #destinations: Counts = { hits: 0, misses: 0 }
  #endpoints: Counts = { hits: 0, misses: 0 }
  #peaks: Peaks = noPeaks
  readonly #totals = {
    destinations: { hits: 0, misses: 0 },
    endpoints: { hits: 0, misses: 0 },
    savedEndpoints: 0,
    savedDestinations: 0,
    handedOver: 0,
    putBack: 0,
    expired: 0,
    evictedConnections: 0,
    evictedBindings: 0,
    refusedSaves: 0,
    hungUp: 0,
    spoke: 0,
    failed: 0,
    lostDescriptors: 0,
    clients: 0,
    strangers: 0,
    timedOut: 0
  }

  constructor(startMillis: number) {
    this.#startMillis = startMillis
  }

  /** Always up to date; copy it to keep a moment. */
  get totals(): CacheTotals {
    return this.#totals
  }

  lookedUpDestination(isHit: boolean): void {
    add(this.#destinations, isHit)
    add(this.#totals.destinations, isHit)
  }

  lookedUpEndpoint(isHit: boolean): void {
    add(this.#endpoints, isHit)
    add(this.#totals.endpoints, isHit)
  }

  savedEndpoint(sizes: StoreSizes): void {
    this.#totals.savedEndpoints++
    this.#raisePeaks(sizes)
  }

  savedDestination(sizes: StoreSizes): void {
    this.#totals.savedDestinations++
    this.#raisePeaks(sizes)
  }

  handedOver(): void {
    this.#totals.handedOver++
  }

  putBack(): void {
    this.#totals.putBack++
  }

  expired(connections: number): void {
    this.#totals.expired += connections
  }

  evictedConnection(): void {
    this.#totals.evictedConnections++
  }

  evictedBinding(): void {
    this.#totals.evictedBindings++
  }

  refusedSave(): void {
    this.#totals.refusedSaves++
  }

  /** A cached connection is no longer of use to anybody. */
  lost(state: IdleState): void {
    if (state === "closed") this.#totals.hungUp++
    else if (state === "bytes") this.#totals.spoke++
    else this.#totals.failed++
  }

  lostDescriptor(): void {
    this.#totals.lostDescriptors++
  }

  /** A client came: one that may, or one that may not. */
  client(isStranger: boolean): void {
    if (isStranger) this.#totals.strangers++
    else this.#totals.clients++
  }

  timedOut(): void {
    this.#totals.timedOut++
  }

  /** Ends the interval and begins the next. */
  takeInterval(nowMillis: number): CacheInterval {
    const interval = {
      startMillis: this.#startMillis,
      destinations: this.#destinations,
      endpoints: this.#endpoints,
      peaks: this.#peaks
    }
    this.#startMillis = nowMillis
    this.#destinations = { hits: 0, misses: 0 }
    this.#endpoints = { hits: 0, misses: 0 }
    this.#peaks = noPeaks
    return interval
  }

  #raisePeaks({ destinations, endpoints, connections }: StoreSizes): void {
    const peaks = this.#peaks
    if (destinations <= peaks.destinations && endpoints <= peaks.endpoints && connections <= peaks.connections) return
    this.#peaks = {
      destinations: Math.max(peaks.destinations, destinations),
      endpoints: Math.max(peaks.endpoints, endpoints),
      connections: Math.max(peaks.connections, connections)
    }
  }
}
