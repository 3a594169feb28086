import { type CachedConnection, ConnectionStore, type Lease, type Refused, type Saved } from "@scached/store"
import { labelOf, missingLabelOf, otherLabelOf, propertiesOf, TTL_MILLIS } from "./texts.ts"

// No operation has a limit but those that are about one, which set it for their time.
const UNLIMITED = {
  connectionsMax: "unlimited",
  connectionsPerEndpointMax: "unlimited",
  bindingsMax: "unlimited",
  bindingsPerDestinationMax: "unlimited",
  textBytesMax: "unlimited"
} as const

// Less than all others have left, and more than a benchmark takes.
const SHORT_TTL_MILLIS = TTL_MILLIS / 2

// Small, so that 100 connections stay about 100 while a batch of them is out.
const BATCH = 10
const BATCHES = 1000

export const OPERATIONS = [
  "(a lookup in a bare Map, to compare)",
  "save endpoint",
  "find endpoint, commit",
  "find endpoint, put back",
  "find endpoint, nothing cached",
  "find destination, commit",
  "renew destination",
  "remove",
  "expire, just saved",
  "full: save endpoint, evict one just saved",
  "full: save to the largest, evict its own",
  "full: save destination, evict one just saved",
  "full of text: save endpoint, evict one",
  "full: save endpoint, evict the oldest of all"
] as const

/** Which connections the operations go to. */
export const PATTERNS = ["a hundred busy ones", "oldest first", "any, at random"] as const

export type Pattern = (typeof PATTERNS)[number]

const BUSY = 100

export type Operation = (typeof OPERATIONS)[number]

/** A store of `count` connections, each with an endpoint and a destination; every operation leaves it as large as it was. */
export class Bench {
  readonly nanos = new Map<Operation, Array<number>>()
  readonly #count: number
  readonly #pattern: Pattern
  readonly #store = new ConnectionStore<number>(UNLIMITED)
  readonly #handles: Array<CachedConnection<number>> = []
  readonly #batchNanos = new Float64Array(BATCHES)
  readonly #map = new Map<string, { readonly id: number }>()
  #now = 0
  #turn = 0
  #random = 1
  #start = 0
  #nanos = 0
  #evicted = 0

  /** Empty, to be filled with `count` calls of `add`. */
  constructor(count: number, pattern: Pattern) {
    this.#count = count
    this.#pattern = pattern
  }

  /** Adds the next connection: whatever the caller makes in between lies between them in memory. */
  add(): void {
    const id = this.#handles.length
    this.#map.set(labelOf(id), { id })
    this.#handles.push(saved(this.#store.saveEndpoint(labelOf(id), propertiesOf(id), id, TTL_MILLIS, id)))
    this.#store.saveDestination(labelOf(id), "", labelOf(id), TTL_MILLIS, id)
    this.#now = id + 1
  }

  /** Measures an operation anew; what it took is added to `nanos`. */
  measure(operation: Operation): void {
    for (let batch = 0; batch < BATCHES; batch++) this.#batchNanos[batch] = this.#batch(operation)
    // The median: of what another process or the collector did to a few batches it knows nothing.
    const all = this.nanos.get(operation) ?? []
    all.push((this.#batchNanos.sort()[BATCHES / 2] ?? Number.NaN) / BATCH)
    this.nanos.set(operation, all)
  }

  #batch(operation: Operation): number {
    this.#now++
    const ids = this.#ids()
    switch (operation) {
      case "(a lookup in a bare Map, to compare)":
        return this.#lookUp(ids)
      case "save endpoint":
        this.#remove(ids)
        return this.#save(ids)
      case "find endpoint, commit":
        return this.#findEndpoint(ids)
      case "find endpoint, put back":
        return this.#putBack(ids)
      case "find endpoint, nothing cached":
        return this.#miss(ids)
      case "find destination, commit":
        return this.#findDestination(ids)
      case "renew destination":
        return this.#renew(ids)
      case "remove": {
        const took = this.#remove(ids)
        this.#save(ids)
        return took
      }
      case "expire, just saved":
        return this.#expire(ids)
      case "full: save endpoint, evict one just saved":
        return this.#saveWhenFull(ids)
      case "full: save to the largest, evict its own":
        return this.#saveToLargest()
      case "full: save destination, evict one just saved":
        return this.#saveDestinationWhenFull(ids)
      case "full of text: save endpoint, evict one":
        return this.#saveWhenFullOfText(ids)
      case "full: save endpoint, evict the oldest of all":
        return this.#evictOldest(ids)
    }
  }

  /** Distinct ones. */
  #ids(): ReadonlyArray<number> {
    const ids = new Set<number>()
    while (ids.size < BATCH) ids.add(this.#id())
    return [...ids]
  }

  #id(): number {
    if (this.#pattern === "oldest first") return this.#turn++ % this.#count
    this.#random = (Math.imul(this.#random, 1664525) + 1013904223) >>> 0
    const fraction = this.#random / 2 ** 32
    if (this.#pattern === "any, at random") return Math.floor(fraction * this.#count)
    // Saved apart from each other, as the busy ones among many are.
    return Math.floor(fraction * BUSY) * Math.floor(this.#count / BUSY)
  }

  #from(): void {
    this.#start = Bun.nanoseconds()
  }

  #took(): number {
    this.#nanos = Bun.nanoseconds() - this.#start
    return this.#nanos
  }

  #save(ids: ReadonlyArray<number>, textOf = propertiesOf): number {
    const all = ids.map((id) => ({ id, label: labelOf(id), properties: textOf(id) }))
    const outcomes: Array<Saved<number> | Refused<number>> = []
    this.#from()
    for (const { id, label, properties } of all) {
      outcomes.push(this.#store.saveEndpoint(label, properties, id, TTL_MILLIS, this.#now))
    }
    const took = this.#took()
    this.#evicted = 0
    for (const outcome of outcomes) {
      const handle = saved(outcome)
      this.#handles[handle.value] = handle
      this.#evicted += outcome.evicted.length
    }
    return took
  }

  #lookUp(ids: ReadonlyArray<number>): number {
    const labels = ids.map(labelOf)
    let sum = 0
    this.#from()
    for (const label of labels) sum += this.#map.get(label)?.id ?? Number.NaN
    const took = this.#took()
    if (Number.isNaN(sum)) throw new Error("the map has lost a label")
    return took
  }

  #findEndpoint(ids: ReadonlyArray<number>): number {
    const labels = ids.map(labelOf)
    this.#from()
    for (const label of labels) wanted(this.#store.findEndpoint(label, this.#now)).commit()
    const took = this.#took()
    this.#save(ids)
    return took
  }

  #putBack(ids: ReadonlyArray<number>): number {
    const labels = ids.map(labelOf)
    this.#from()
    for (const label of labels) wanted(this.#store.findEndpoint(label, this.#now)).putBack(this.#now)
    return this.#took()
  }

  #miss(ids: ReadonlyArray<number>): number {
    const labels = ids.map(missingLabelOf)
    let found = 0
    this.#from()
    for (const label of labels) if (this.#store.findEndpoint(label, this.#now) !== undefined) found++
    const took = this.#took()
    if (found > 0) throw new Error("found what was never saved")
    return took
  }

  #findDestination(ids: ReadonlyArray<number>): number {
    const labels = ids.map(labelOf)
    this.#from()
    for (const label of labels) wanted(this.#store.findDestination(label, this.#now)?.lease).commit()
    const took = this.#took()
    this.#save(ids)
    return took
  }

  #renew(ids: ReadonlyArray<number>): number {
    const all = ids.map((id) => ({ label: labelOf(id), endpointLabel: labelOf(id) }))
    this.#from()
    for (const { label, endpointLabel } of all) {
      this.#store.saveDestination(label, "", endpointLabel, TTL_MILLIS, this.#now)
    }
    return this.#took()
  }

  #remove(ids: ReadonlyArray<number>): number {
    const handles = ids.flatMap((id) => this.#handles[id] ?? [])
    let removed = 0
    this.#from()
    for (const handle of handles) if (this.#store.remove(handle)) removed++
    const took = this.#took()
    if (removed !== BATCH) throw new Error(`${removed} removed`)
    return took
  }

  /** Connections of this batch get a ttl so short that they are the next to expire: just saved, their memory is in the cache. */
  #expire(ids: ReadonlyArray<number>): number {
    this.#remove(ids)
    for (const id of ids) this.#store.saveEndpoint(labelOf(id), propertiesOf(id), id, 1, this.#now)
    this.#now++
    this.#from()
    const expired = this.#store.expire(this.#now, BATCH)
    const took = this.#took()
    if (expired.length !== BATCH) throw new Error(`${expired.length} expired`)
    this.#save(ids)
    return took
  }

  /** What makes room was just saved, as above, so that its memory is in the cache. */
  #saveWhenFull(ids: ReadonlyArray<number>): number {
    this.#remove(ids)
    for (const id of ids) {
      this.#store.saveEndpoint(missingLabelOf(id), propertiesOf(id), id, SHORT_TTL_MILLIS, this.#now)
    }
    this.#store.changeLimits({ connectionsMax: this.#store.sizes.connections })
    return this.#evicting(() => this.#save(ids))
  }

  #saveToLargest(): number {
    const handles: Array<CachedConnection<number>> = []
    const save = (): void => {
      const labels = Array.from({ length: BATCH }, () => Buffer.from("largest").toString("latin1"))
      const outcomes: Array<Saved<number> | Refused<number>> = []
      this.#from()
      for (const label of labels) outcomes.push(this.#store.saveEndpoint(label, "", 0, TTL_MILLIS, this.#now))
      this.#took()
      this.#evicted = outcomes.reduce((sum, { evicted }) => sum + evicted.length, 0)
      for (const outcome of outcomes) handles.push(saved(outcome))
    }
    save()
    save()
    this.#store.changeLimits({ connectionsMax: this.#store.sizes.connections })
    const took = this.#evicting(save)
    for (const handle of handles) this.#store.remove(handle)
    return took
  }

  #saveDestinationWhenFull(ids: ReadonlyArray<number>): number {
    for (const id of ids) this.#store.saveDestination(missingLabelOf(id), "", "", SHORT_TTL_MILLIS, this.#now)
    this.#store.changeLimits({ bindingsMax: this.#store.sizes.bindings })
    const all = ids.map((id) => ({ label: otherLabelOf(id), endpointLabel: labelOf(id) }))
    const took = this.#evicting(() => {
      this.#evicted = 0
      this.#from()
      for (const { label, endpointLabel } of all) {
        this.#evicted += this.#store.saveDestination(label, "", endpointLabel, 1, this.#now).evicted.length
      }
      this.#took()
    })
    this.#now++
    this.#store.expire(this.#now)
    return took
  }

  /** What makes room has been among those with the most text for the longest; it was just saved all the same. */
  #saveWhenFullOfText(ids: ReadonlyArray<number>): number {
    this.#remove(ids)
    const long = (id: number): string => propertiesOf(id).repeat(4)
    for (const id of ids) this.#store.saveEndpoint(missingLabelOf(id), long(id), id, TTL_MILLIS, this.#now)
    this.#store.changeLimits({ textBytesMax: this.#store.sizes.textBytes })
    const took = this.#evicting(() => this.#save(ids, long))
    this.#remove(ids)
    this.#save(ids)
    return took
  }

  /** Nobody has touched it since it was saved: with many cached, its memory is out of the cache whatever the pattern. */
  #evictOldest(ids: ReadonlyArray<number>): number {
    this.#store.changeLimits({ connectionsMax: this.#store.sizes.connections })
    const all = ids.map((id) => ({ id, label: missingLabelOf(id), properties: propertiesOf(id) }))
    const outcomes: Array<Saved<number> | Refused<number>> = []
    const took = this.#evicting(() => {
      this.#from()
      for (const { id, label, properties } of all) {
        outcomes.push(this.#store.saveEndpoint(label, properties, id, TTL_MILLIS, this.#now))
      }
      this.#took()
      this.#evicted = outcomes.reduce((sum, { evicted }) => sum + evicted.length, 0)
    })
    for (const outcome of outcomes) this.#store.remove(saved(outcome))
    const lost = outcomes.flatMap(({ evicted }) => evicted)
    this.#save(lost.flatMap((each) => (each._tag === "EvictedConnection" ? [each.connection.value] : [])))
    return took
  }

  /** The time of what `act` measures, which evicts one for each of a batch. */
  #evicting(act: () => void): number {
    act()
    this.#store.changeLimits(UNLIMITED)
    if (this.#evicted !== BATCH) throw new Error(`${this.#evicted} evicted`)
    return this.#nanos
  }
}

const saved = (outcome: Saved<number> | Refused<number>): CachedConnection<number> => {
  if (outcome._tag === "Saved") return outcome.connection
  throw new Error(`refused for ${outcome.limit}`)
}

const wanted = (lease: Lease<number> | undefined): Lease<number> => {
  if (lease === undefined) throw new Error("nothing found where something is cached")
  return lease
}
