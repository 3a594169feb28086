import { ConnectionLease } from "./ConnectionLease.ts"
import { ConnectionNode, stateGone, stateLate, stateLeased, stateStale } from "./ConnectionNode.ts"
import { Endpoint } from "./Endpoint.ts"
import { LabelTable } from "./LabelTable.ts"
import type { MonotonicTime } from "./MonotonicTime.ts"

/** Endpoints and their connections. */
export class ConnectionTable<A, S extends string> extends LabelTable<S, ConnectionNode<A, S>, Endpoint<A, S>> {
  leases = 0
  readonly #time: MonotonicTime

  constructor(time: MonotonicTime) {
    super()
    this.#time = time
  }

  protected make(label: S): Endpoint<A, S> {
    return new Endpoint<A, S>(label)
  }

  /** Saves a connection in what was reserved for it. */
  add(endpoint: Endpoint<A, S>, properties: S, value: A, ttlMillis: number, nowMillis: number): ConnectionNode<A, S> {
    const node = new ConnectionNode<A, S>(value, properties, endpoint)
    this.expiry.add(node, ttlMillis, nowMillis)
    endpoint.append(node)
    endpoint.offer(node)
    this.place(endpoint)
    return node
  }

  /** Leases the oldest living connection; those found expired leave their endpoint, so that each is passed over only once. */
  find(label: S, labelHash: number, nowMillis: number): ConnectionLease<A, S> | undefined {
    const endpoint = this.labels.get(label, labelHash)
    return endpoint && this.leaseFrom(endpoint, nowMillis)
  }

  /** The same where the endpoint is at hand. */
  leaseFrom(endpoint: Endpoint<A, S>, nowMillis: number): ConnectionLease<A, S> | undefined {
    const node = this.#firstLiving(endpoint, nowMillis)
    if (node === undefined) return undefined
    endpoint.takeOut(node)
    endpoint.withhold(node)
    node.state = stateLeased
    this.place(endpoint)
    this.leases++
    return new ConnectionLease<A, S>(this, node)
  }

  peek(label: S, labelHash: number, nowMillis: number): ConnectionNode<A, S> | undefined {
    const endpoint = this.labels.get(label, labelHash)
    return endpoint === undefined ? undefined : this.#firstLiving(endpoint, nowMillis)
  }

  commit(node: ConnectionNode<A, S>): void {
    this.leases--
    this.expiry.remove(node)
    node.state = stateGone
    this.release(node.holder, node.textBytes)
  }

  isLate(node: ConnectionNode<A, S>, nowMillis: number): boolean {
    return node.deadlineMillis <= this.#time.advance(nowMillis) || node.state === stateLate
  }

  putBack(node: ConnectionNode<A, S>, nowMillis: number): boolean {
    if (this.isLate(node, nowMillis)) {
      this.commit(node)
      return false
    }
    const endpoint = node.holder
    endpoint.putBack(node)
    endpoint.offer(node)
    this.place(endpoint)
    this.leases--
    return true
  }

  remove(node: ConnectionNode<A, S>): boolean {
    const { state } = node
    return (typeof state === "object" || state <= stateStale) && this.drop(node)
  }

  drop(node: ConnectionNode<A, S>): boolean {
    this.expiry.remove(node)
    if (node.state === stateLeased) {
      node.state = stateLate
      return false
    }
    const endpoint = node.holder
    endpoint.takeOut(node)
    endpoint.withhold(node)
    node.state = stateGone
    this.release(endpoint, node.textBytes)
    return true
  }

  #firstLiving(endpoint: Endpoint<A, S>, nowMillis: number): ConnectionNode<A, S> | undefined {
    let node = endpoint.oldest
    while (node !== undefined && node.deadlineMillis <= nowMillis) {
      endpoint.passOver(node)
      node.state = stateStale
      node = endpoint.oldest
    }
    return node
  }
}
