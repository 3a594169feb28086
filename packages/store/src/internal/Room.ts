import type { Evicted } from "../Evicted.ts"
import type { Bound, Refused } from "../SaveOutcome.ts"
import type { LimitName } from "../StoreLimits.ts"
import type { Binding } from "./Binding.ts"
import type { Bounds } from "./Bounds.ts"
import type { ConnectionNode } from "./ConnectionNode.ts"
import type { ConnectionTable } from "./ConnectionTable.ts"
import type { Destination } from "./Destination.ts"
import type { DestinationTable } from "./DestinationTable.ts"
import type { Endpoint } from "./Endpoint.ts"
import type { Entry, Holder } from "./Holder.ts"
import { shelfOf } from "./Shelves.ts"
import { type Cause, Side } from "./Side.ts"

/** Shared, so that a save for which nothing is evicted allocates nothing to say so. */
export const fits: Bound<never, never> = Object.freeze({ _tag: "Bound", evicted: Object.freeze([]) })

/**
 * Keeps the limits, and decides what is evicted: the entry that expires first, of the label with the most entries. So a label with no more
 * than an equal share loses nothing to others.
 */
export class Room<A, S extends string> {
  readonly connections: Side<A, S, ConnectionNode<A, S>, Endpoint<A, S>>
  readonly destinations: Side<A, S, Binding<S>, Destination<S>>
  bounds: Bounds
  readonly #stepsMax: number

  constructor(connections: ConnectionTable<A, S>, destinations: DestinationTable<S>, bounds: Bounds, stepsMax: number) {
    this.bounds = bounds
    this.#stepsMax = stepsMax
    this.connections = new Side(
      connections,
      { each: "connectionsPerEndpointMax", all: "connectionsMax" },
      (connection, cause) => ({ _tag: "EvictedConnection", cause, connection })
    )
    this.destinations = new Side(
      destinations,
      { each: "bindingsPerDestinationMax", all: "bindingsMax" },
      reportBinding<S>
    )
  }

  /** Evicts until a newcomer fits that is counted already under its label, or says why it cannot, and counts it no more. */
  make<E extends Entry<E, H>, H extends Holder<S, E, H>>(
    side: Side<A, S, E, H>,
    own: H,
    textBytes: number,
    nowMillis: number
  ): Bound<A, S> | Refused<A, S> {
    const first = this.#exceeded(side, own)
    if (first === undefined) return fits
    const evicted: Array<Evicted<A, S>> = []
    const closed = textBytes > this.bounds.textBytesMax ? "textBytesMax" : side.closed(this.bounds)
    if (closed !== undefined) return refuse(side, own, textBytes, { limit: closed, reason: "CannotFit", evicted })
    side.table.place(own)
    let steps = 0
    for (let limit: LimitName | undefined = first; limit !== undefined; limit = this.#exceeded(side, own)) {
      const hasStepped =
        steps++ < this.#stepsMax &&
        (limit === "textBytesMax"
          ? this.#makeTextRoom(own, nowMillis, evicted)
          : side.makeRoom(own, limit, this.bounds, nowMillis, evicted))
      if (!hasStepped) return refuse(side, own, textBytes, { limit, reason: "NoRoom", evicted })
    }
    return { _tag: "Bound", evicted }
  }

  /** True when `shrink` has something to do. */
  get isExceeded(): boolean {
    return (
      this.connections.excess(this.bounds) !== undefined ||
      this.destinations.excess(this.bounds) !== undefined ||
      (this.#hasTooMuchText && this.#heaviest !== undefined)
    )
  }

  /** Evicts one entry that is too many, or notes that a lease has expired; false when there is nothing to do. */
  shrink(nowMillis: number, evicted: Array<Evicted<A, S>>): boolean {
    return (
      this.connections.shrink(this.bounds, nowMillis, evicted) ||
      this.destinations.shrink(this.bounds, nowMillis, evicted) ||
      (this.#hasTooMuchText && this.#makeTextRoom(undefined, nowMillis, evicted))
    )
  }

  #exceeded<E extends Entry<E, H>, H extends Holder<S, E, H>>(side: Side<A, S, E, H>, own: H): LimitName | undefined {
    return side.exceeded(own, this.bounds) ?? (this.#hasTooMuchText ? "textBytesMax" : undefined)
  }

  get #hasTooMuchText(): boolean {
    return this.connections.table.textBytes + this.destinations.table.textBytes > this.bounds.textBytesMax
  }

  /** On equal shelves a destination: a binding that is lost costs a lookup, a connection a handshake. */
  get #heaviest(): Endpoint<A, S> | Destination<S> | undefined {
    const endpoint = this.connections.table.shelves.first
    const destination = this.destinations.table.shelves.first
    if (endpoint === undefined || destination === undefined) return endpoint ?? destination
    return destination.shelf >= endpoint.shelf ? destination : endpoint
  }

  /** Without a new entry's label, after limits were lowered, no label's share is protected. */
  #makeTextRoom(
    own: { readonly textBytes: number } | undefined,
    nowMillis: number,
    evicted: Array<Evicted<A, S>>
  ): boolean {
    const { connections, destinations } = this
    if (connections.dropExpired(nowMillis, evicted) || destinations.dropExpired(nowMillis, evicted)) return true
    const heaviest = this.#heaviest
    if (heaviest === undefined) return false
    if (own !== undefined) {
      const labels = connections.table.labels.size + destinations.table.labels.size
      if (shelfOf(own.textBytes) > heaviest.shelf) return false
      if (heaviest !== own && 2 * heaviest.textBytes * labels <= this.bounds.textBytesMax) return false
    }
    return heaviest === destinations.table.shelves.first
      ? destinations.evict(destinations.table.shelves.first, "textBytesMax", nowMillis, evicted)
      : connections.evict(connections.table.shelves.first, "textBytesMax", nowMillis, evicted)
  }
}

const refuse = <A, S extends string, E extends Entry<E, H>, H extends Holder<S, E, H>>(
  side: Side<A, S, E, H>,
  own: H,
  textBytes: number,
  why: Omit<Refused<A, S>, "_tag">
): Refused<A, S> => {
  side.table.release(own, textBytes)
  return { _tag: "Refused", ...why }
}

const reportBinding = <S extends string>({ holder, endpointLabel }: Binding<S>, cause: Cause) =>
  cause === "expired"
    ? undefined
    : ({ _tag: "EvictedBinding", cause, destinationLabel: holder.key, endpointLabel } as const)
