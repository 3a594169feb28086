import { ExpiryIndex } from "../ExpiryIndex.ts"
import type { StoreSizes } from "../StoreSizes.ts"
import { ConnectionLease } from "./ConnectionLease.ts"
import { ConnectionNode, GONE, LATE, LEASED, LISTED, STALE } from "./ConnectionNode.ts"
import { Endpoint } from "./Endpoint.ts"
import { HashTable } from "./HashTable.ts"
import { hashOfText } from "./hash.ts"
import type { MonotonicTime } from "./MonotonicTime.ts"

/** The sizes, as the tables write them. */
export type Counters = { -readonly [Name in keyof StoreSizes]: StoreSizes[Name] }

/** Endpoints and their connections. */
export class ConnectionTable<A, S extends string> {
  readonly expiry = new ExpiryIndex<ConnectionNode<A, S>>()
  readonly #endpoints = new HashTable<S, Endpoint<A, S>>(hashOfText)
  readonly #time: MonotonicTime
  readonly #counters: Counters

  constructor(time: MonotonicTime, counters: Counters) {
    this.#time = time
    this.#counters = counters
  }

  save(label: S, properties: S, value: A, ttlMillis: number, nowMillis: number): ConnectionNode<A, S> {
    const labelHash = hashOfText(label)
    let endpoint = this.#endpoints.get(label, labelHash)
    if (endpoint === undefined) {
      endpoint = new Endpoint<A, S>(label)
      this.#endpoints.add(endpoint, labelHash)
      this.#counters.endpoints++
    }
    const node = new ConnectionNode<A, S>(value, properties, endpoint)
    this.expiry.add(node, ttlMillis, nowMillis)
    endpoint.append(node)
    endpoint.held++
    this.#counters.connections++
    return node
  }

  /** Leases the oldest living connection; those found expired leave their endpoint, so that each is passed over only once. */
  find(label: S, labelHash: number, nowMillis: number): ConnectionLease<A, S> | undefined {
    const endpoint = this.#endpoints.get(label, labelHash)
    if (endpoint === undefined) return undefined
    const node = this.#firstLiving(endpoint, nowMillis)
    if (node === undefined) return undefined
    endpoint.unlink(node)
    node.state = LEASED
    this.#counters.connections--
    this.#counters.leases++
    return new ConnectionLease<A, S>(this, node)
  }

  peek(label: S, nowMillis: number): ConnectionNode<A, S> | undefined {
    const endpoint = this.#endpoints.get(label)
    return endpoint === undefined ? undefined : this.#firstLiving(endpoint, nowMillis)
  }

  commit(node: ConnectionNode<A, S>): void {
    this.#counters.leases--
    this.expiry.remove(node)
    this.#release(node)
  }

  putBack(node: ConnectionNode<A, S>, nowMillis: number): boolean {
    const isLate = node.deadlineMillis <= this.#time.advance(nowMillis) || node.state === LATE
    if (isLate) {
      this.commit(node)
      return false
    }
    node.endpoint.putBack(node)
    this.#counters.leases--
    this.#counters.connections++
    return true
  }

  remove(node: ConnectionNode<A, S>): boolean {
    if (node.state > STALE) return false
    this.expiry.remove(node)
    this.#discard(node)
    return true
  }

  /** Takes the next expired entry out of the index; pushes it to `expired` unless it is leased. False when there is none. */
  expireNext(expired: Array<ConnectionNode<A, S>>, nowMillis: number): boolean {
    const node = this.expiry.takeExpired(nowMillis)
    if (node === undefined) return false
    if (node.state === LEASED) {
      node.state = LATE
      return true
    }
    this.#discard(node)
    expired.push(node)
    return true
  }

  #firstLiving(endpoint: Endpoint<A, S>, nowMillis: number): ConnectionNode<A, S> | undefined {
    let node = endpoint.first
    while (node !== undefined && node.deadlineMillis <= nowMillis) {
      endpoint.unlink(node)
      node.state = STALE
      node = endpoint.first
    }
    return node
  }

  #discard(node: ConnectionNode<A, S>): void {
    node.endpoint.unlink(node)
    this.#counters.connections--
    this.#release(node)
  }

  #release(node: ConnectionNode<A, S>): void {
    node.state = GONE
    const endpoint = node.endpoint
    endpoint.held--
    if (endpoint.held > 0) return
    this.#endpoints.delete(endpoint)
    this.#counters.endpoints--
  }
}

/** True of a connection that an eviction could take. */
export const isInStore = (node: { readonly state: number }): boolean => node.state >= LISTED && node.state <= STALE
