import type { IdleState } from "@scached/reactor"
import type { StoreSizes } from "@scached/store"
import { FarewellCounts } from "./farewell/FarewellCounts.ts"

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

/** What is counted, from 0 on. */
const noCounts = {
  savedEndpoints: 0,
  savedDestinations: 0,
  handedOver: 0,
  /** Hand-overs that failed, with the connection back in its place. */
  putBack: 0,
  /** Connections that no client asked for in time. */
  expired: 0,
  /** Connections and bindings that were evicted for others. */
  evictedConnections: 0,
  evictedBindings: 0,
  /** Saves that were refused, since nothing could fairly be evicted for them. */
  refusedSaves: 0,
  /** Cached connections whose peer has left, has sent something unasked, or whose connection has failed. */
  hungUp: 0,
  spoke: 0,
  failed: 0,
  /** Descriptors that came while this process or the system had no room for them. */
  lostDescriptors: 0,
  /** Clients that were served, and those whose user may not connect. */
  clients: 0,
  strangers: 0,
  /** Clients that were disconnected since they owed something for too long. */
  timedOut: 0,
  /** Saves whose ttl was above connection_cache_ttl_limit. */
  shortenedTtls: 0,
  malformedRequests: 0,
  /** Requests to look into the cache of clients that may not. */
  refusedInspections: 0
}

/** The name of something that is counted. */
export type Counter = keyof typeof noCounts

/** What happened since the start. A lookup that hits ends in a hand-over, in the connection's return to the cache, or in its loss. */
export interface CacheTotals extends Readonly<Record<Counter, number>> {
  readonly destinations: LookupCounts
  readonly endpoints: LookupCounts
}

/** By what a cached connection is counted that is no longer of use. */
const counterOfLost: Readonly<Partial<Record<IdleState, Counter>>> = { closed: "hungUp", bytes: "spoke" }

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
  /** How farewells ended. */
  readonly farewells = new FarewellCounts()
  #startMillis: number
  #destinations: Counts = { hits: 0, misses: 0 }
  #endpoints: Counts = { hits: 0, misses: 0 }
  #peaks: Peaks = noPeaks
  readonly #totals = { ...noCounts, destinations: { hits: 0, misses: 0 }, endpoints: { hits: 0, misses: 0 } }

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
    this.count("savedEndpoints")
    this.#raisePeaks(sizes)
  }

  savedDestination(sizes: StoreSizes): void {
    this.count("savedDestinations")
    this.#raisePeaks(sizes)
  }

  count(counter: Counter, times = 1): void {
    this.#totals[counter] += times
  }

  /** A cached connection is no longer of use. */
  lost(state: IdleState): void {
    this.count(counterOfLost[state] ?? "failed")
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
