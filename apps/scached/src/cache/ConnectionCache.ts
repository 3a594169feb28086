import type { Descriptor } from "@scached/fdpass"
import type { OctetString } from "@scached/protocol"
import type { EventLoop } from "@scached/reactor"
import { ConnectionStore, type Lease } from "@scached/store"
import type { Scope } from "effect"
import { CachedDescriptor } from "./CachedDescriptor.ts"
import { CacheStatistics } from "./CacheStatistics.ts"

type Octets = OctetString.OctetString

/** A destination has a binding for each address of its mail exchangers. A search may walk them all in vain: some 15 µs for these. */
const bindingsPerDestinationMax = 256

/** A connection that was found: its own properties and, when it was found by destination, those of the binding. */
export interface Found {
  readonly lease: Lease<CachedDescriptor, Octets>
  readonly destinationProperties: Octets | undefined
}

/**
 * The store with its descriptors: what leaves the store is closed here, and what expires leaves it in time.
 */
export class ConnectionCache {
  readonly statistics: CacheStatistics
  readonly #store = new ConnectionStore<CachedDescriptor, Octets>({ bindingsPerDestinationMax })
  readonly #loop: EventLoop
  readonly #scope: Scope.Scope
  readonly #ttlMillisMax: number
  #cancelExpiry: (() => void) | undefined
  #expiryMillis = Number.POSITIVE_INFINITY

  constructor(loop: EventLoop, scope: Scope.Scope, ttlSecondsMax: number) {
    this.#loop = loop
    this.#scope = scope
    this.#ttlMillisMax = ttlSecondsMax * 1000
    this.statistics = new CacheStatistics(loop.calls.wallMillis())
  }

  get sizes(): ConnectionStore<CachedDescriptor, Octets>["sizes"] {
    return this.#store.sizes
  }

  /** Keeps a connection, whose descriptor is the cache's from then on. */
  saveEndpoint(label: Octets, properties: Octets, descriptor: Descriptor, ttlSeconds: number): void {
    const cached = new CachedDescriptor(this.#scope, descriptor, this.#loop.calls)
    this.#store.saveEndpoint(label, properties, cached, this.#ttlMillis(ttlSeconds), this.#loop.nowMillis)
    this.statistics.savedEndpoint(this.#store.sizes)
    this.#scheduleExpiry()
  }

  findEndpoint(label: Octets): Found | undefined {
    const lease = this.#store.findEndpoint(label, this.#loop.nowMillis)
    this.statistics.lookedUpEndpoint(lease !== undefined)
    return lease === undefined ? undefined : { lease, destinationProperties: undefined }
  }

  saveDestination(label: Octets, properties: Octets, endpointLabel: Octets, ttlSeconds: number): void {
    const ttlMillis = this.#ttlMillis(ttlSeconds)
    this.#store.saveDestination(label, properties, endpointLabel, ttlMillis, this.#loop.nowMillis)
    this.statistics.savedDestination(this.#store.sizes)
    this.#scheduleExpiry()
  }

  findDestination(label: Octets): Found | undefined {
    const found = this.#store.findDestination(label, this.#loop.nowMillis)
    this.statistics.lookedUpDestination(found !== undefined)
    return found
  }

  /** The hand-over is complete: the client has its copy, ours is closed. */
  settle(found: Found): void {
    found.lease.commit()
    this.statistics.handedOver()
    found.lease.value.close()
  }

  /** The hand-over failed: the connection returns to its place, or is closed when its time is over. */
  putBack(found: Found): void {
    if (!found.lease.putBack(this.#loop.nowMillis)) return found.lease.value.close()
    this.statistics.putBack()
    this.#scheduleExpiry()
  }

  /** Closes all that is cached. */
  close(): void {
    this.#cancelExpiry?.()
    this.#cancelExpiry = undefined
    for (const connection of this.#store.drain()) connection.value.close()
  }

  #ttlMillis(ttlSeconds: number): number {
    return Math.min(ttlSeconds * 1000, this.#ttlMillisMax)
  }

  #scheduleExpiry(): void {
    const next = this.#store.nextDeadlineMillis
    // One that is armed too early is left alone: it finds nothing to do, once, and is armed anew.
    if (next === undefined || next >= this.#expiryMillis) return
    this.#cancelExpiry?.()
    this.#expiryMillis = next
    this.#cancelExpiry = this.#loop.at(next, () => this.#expire())
  }

  #expire(): void {
    this.#cancelExpiry = undefined
    this.#expiryMillis = Number.POSITIVE_INFINITY
    // A bounded share a turn: 100,000 connections that expire together must not stop the clients.
    const expired = this.#store.expire(this.#loop.nowMillis)
    for (const connection of expired) connection.value.close()
    this.statistics.expired(expired.length)
    this.#scheduleExpiry()
  }
}
