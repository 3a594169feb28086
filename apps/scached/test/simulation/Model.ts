/**
 * The cache as one would explain it to somebody: arrays, linear scans, and the time of each request. It shares no code with the store.
 */
import type { CacheSettings } from "../../src/cache/CacheSettings.ts"

/** How a saved connection ends. */
export type Ending = "handed over" | "expired" | "evicted" | "dead" | "shut down"

/** Where it is in its life. `closing`: the daemon owes the close of its copy, and does it before anything else. */
export type Fate = "cached" | "leased" | "closing" | Ending

/** What a look at a cached connection's socket tells of its peer. */
export interface PeerState {
  /** Something can be read before the end, if there is one. */
  readonly hasBytes: boolean
  /** The peer has left, or the connection is broken. */
  readonly isOver: boolean
}

type Limits = Pick<
  CacheSettings,
  | "ttlSecondsMax"
  | "connectionsMax"
  | "connectionsPerEndpointMax"
  | "bindingsPerDestinationMax"
  | "textBytesMax"
  | "watch"
>

/** A connection that was saved. */
export interface ModelConnection {
  /** Counts up with each save: the age. */
  readonly order: number
  readonly label: string
  readonly properties: string
  readonly deadlineMillis: number
  /** The open file, the same in every process that has it. */
  readonly fileId: number
  /** The daemon's descriptor. */
  readonly number: number
  fate: Fate
  /** What `fate` becomes when the daemon has closed its copy. */
  ending: "handed over" | "expired" | "dead"
  /** When it began to rest in the cache: saved, or put back. */
  restsSinceMillis: number
  /** The kernel has refused to watch it. */
  isUnwatched: boolean
  /** The kernel has not told of its peer at the last look. */
  isUnlooked: boolean
  /** When it was first seen to be of no use any more. */
  deadSinceMillis: number | undefined
}

interface ModelBinding {
  readonly label: string
  readonly properties: string
  readonly endpointLabel: string
  deadlineMillis: number
  /** Counts up with each save and each renewal. */
  order: number
}

/** What a find answers with. */
export interface ModelFound {
  readonly connection: ModelConnection
  readonly destinationProperties: string | undefined
}

/** All that was ever saved. */
export class Model {
  /** Those that the daemon still has a copy of, oldest first. */
  held: Array<ModelConnection> = []
  readonly counts = {
    saved: 0,
    "handed over": 0,
    expired: 0,
    evicted: 0,
    dead: 0,
    "shut down": 0,
    putBack: 0,
    refused: 0,
    bindingsEvicted: 0
  }
  readonly #limits: Limits
  readonly #peerOf: (number: number) => PeerState
  #bindings: Array<ModelBinding> = []
  #bindingOrder = 0

  constructor(limits: Limits, peerOf: (number: number) => PeerState) {
    this.#limits = limits
    this.#peerOf = peerOf
  }

  /** Saves a connection, which fits or not. */
  saveEndpoint(
    request: { readonly label: string; readonly properties: string; readonly ttlSeconds: number },
    file: { readonly fileId: number; readonly number: number },
    nowMillis: number
  ): void {
    this.held.push({
      order: this.counts.saved++,
      label: request.label,
      properties: request.properties,
      deadlineMillis: nowMillis + Math.min(request.ttlSeconds * 1000, this.#limits.ttlSecondsMax * 1000),
      fileId: file.fileId,
      number: file.number,
      fate: "cached",
      ending: "handed over",
      restsSinceMillis: nowMillis,
      isUnwatched: false,
      isUnlooked: false,
      deadSinceMillis: undefined
    })
  }

  /** Whether one more connection with this label is more than there may be, and of what. */
  excess(label: string): "endpoint" | "cache" | undefined {
    const isOver = (count: number, limit: number | "unlimited") => limit !== "unlimited" && count + 1 > limit
    if (isOver(this.#heldBy(label), this.#limits.connectionsPerEndpointMax)) return "endpoint"
    return isOver(this.held.length, this.#limits.connectionsMax) ? "cache" : undefined
  }

  /**
   * Those of which one may have to go for a newcomer with this label: what expires first of the label with the most, or of the own one
   * where that is full. Of labels with equally many it may be any. None when nobody has to give way.
   */
  victimsFor(label: string, nowMillis: number): ReadonlyArray<ModelConnection> {
    const excess = this.excess(label)
    if (excess === undefined) return []
    const cached = this.held.filter(({ fate }) => fate === "cached")
    const firstOf = (label: string) => {
      const own = cached.filter((each) => each.label === label)
      const soonest = Math.min(...own.map(({ deadlineMillis }) => deadlineMillis))
      return own.filter(({ deadlineMillis }) => deadlineMillis === soonest)
    }
    if (excess === "endpoint") return firstOf(label)
    const dead = cached.filter(({ deadlineMillis }) => deadlineMillis <= nowMillis)
    if (dead.length > 0) return dead
    const labels = new Set([...this.held.map((each) => each.label), label])
    const heldBy = (each: string) => this.#heldBy(each) + (each === label ? 1 : 0)
    const most = Math.max(0, ...cached.map((each) => heldBy(each.label)))
    if (heldBy(label) > most) return []
    const limit = this.#limits.connectionsMax === "unlimited" ? Number.POSITIVE_INFINITY : this.#limits.connectionsMax
    const isMoreThanAShare = most * labels.size > limit
    const givers = [...labels].filter((each) => heldBy(each) === most && (isMoreThanAShare || each === label))
    return givers.flatMap(firstOf)
  }

  /** Whether its peer has ended it, by what one look at it tells. */
  isDead({ isUnlooked, number }: ModelConnection): boolean {
    const { hasBytes, isOver } = this.#peerOf(number)
    if (this.#limits.watch === "off" || isUnlooked) return false
    return this.#limits.watch === "data" ? hasBytes || isOver : isOver && !hasBytes
  }

  /** Whether its peer has ended it, by what the kernel tells of one that it watches. */
  isDisturbed({ number }: ModelConnection): boolean {
    const { hasBytes, isOver } = this.#peerOf(number)
    return this.#limits.watch !== "off" && (isOver || (hasBytes && this.#limits.watch === "data"))
  }

  #heldBy(label: string): number {
    return this.held.filter((each) => each.label === label).length
  }

  findEndpoint(label: string, nowMillis: number): ModelFound | undefined {
    const living = this.held.filter(
      (each) => each.label === label && each.fate === "cached" && each.deadlineMillis > nowMillis
    )
    for (const each of living.sort((one, other) => one.order - other.order)) {
      if (!this.isDead(each)) {
        each.fate = "leased"
        return { connection: each, destinationProperties: undefined }
      }
      each.fate = "closing"
      each.ending = "dead"
    }
    return undefined
  }

  /** Whether it was kept. Of the limit on text the model knows only that what has more by itself does not fit. */
  saveDestination(
    request: {
      readonly label: string
      readonly properties: string
      readonly endpointLabel: string
      readonly ttlSeconds: number
    },
    nowMillis: number
  ): boolean {
    const deadlineMillis = nowMillis + Math.min(request.ttlSeconds * 1000, this.#limits.ttlSecondsMax * 1000)
    const { label, properties, endpointLabel } = request
    this.#bindings = this.#bindings.filter((each) => each.deadlineMillis > nowMillis)
    const known = this.#bindings.find(
      (each) => each.label === label && each.properties === properties && each.endpointLabel === endpointLabel
    )
    const order = this.#bindingOrder++
    if (known !== undefined) {
      Object.assign(known, { deadlineMillis, order })
      return true
    }
    const { textBytesMax } = this.#limits
    const textBytes = label.length + properties.length + endpointLabel.length
    if (textBytesMax !== "unlimited" && textBytes > textBytesMax) return false
    const limit = this.#limits.bindingsPerDestinationMax
    const siblings = this.#bindings.filter((each) => each.label === label)
    if (limit !== "unlimited" && siblings.length >= limit) {
      const [first] = siblings.sort(
        (one, other) => one.deadlineMillis - other.deadlineMillis || one.order - other.order
      )
      this.#bindings = this.#bindings.filter((each) => each !== first)
      this.counts.bindingsEvicted++
    }
    this.#bindings.push({ label, properties, endpointLabel, deadlineMillis, order })
    return true
  }

  findDestination(label: string, nowMillis: number): ModelFound | undefined {
    for (const binding of this.#bindings) {
      if (binding.label !== label || binding.deadlineMillis <= nowMillis) continue
      const found = this.findEndpoint(binding.endpointLabel, nowMillis)
      if (found !== undefined) return { ...found, destinationProperties: binding.properties }
    }
    return undefined
  }

  /** The client has it: the daemon closes its copy. */
  settle(connection: ModelConnection): void {
    connection.fate = "closing"
    connection.ending = "handed over"
  }

  /** It was not handed over: back to its place, or closed when its time is over. */
  putBack(connection: ModelConnection, nowMillis: number): void {
    this.counts.putBack++
    connection.fate = connection.deadlineMillis <= nowMillis ? "closing" : "cached"
    connection.ending = "expired"
    connection.restsSinceMillis = nowMillis
    connection.isUnwatched = false
    connection.isUnlooked = false
    connection.deadSinceMillis = undefined
  }

  /** The daemon has closed its copy. */
  closed(connection: ModelConnection, fate: Ending): void {
    connection.fate = fate
    this.counts[fate]++
    this.held = this.held.filter((each) => each !== connection)
  }

  byNumber(number: number): ModelConnection | undefined {
    return this.held.find((each) => each.number === number)
  }

  count(fate: Fate): number {
    return this.held.filter((each) => each.fate === fate).length
  }

  /** Labels that something could be found under. */
  get labels(): ReadonlyArray<string> {
    return [...new Set(this.held.map((each) => each.label))]
  }
}
