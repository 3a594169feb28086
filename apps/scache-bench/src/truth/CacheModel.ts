import type { Topology } from "../workload/Topology.ts"
import type { ViolationLog } from "./ViolationLog.ts"

/** Where a connection is, as far as the client can know. */
export const Place = {
  /** Here, to be saved. */
  free: 0,
  /** On its way into the cache: its save is not answered yet, and it may already be handed out. */
  saving: 1,
  /** In the cache: its save was answered. */
  cached: 2,
  /** Named by a reply; its descriptor comes next. */
  leaving: 3,
  /** Gone with its ttl. */
  expired: 4,
  /** Something is wrong with it, which was reported; it takes no further part. */
  suspect: 5
} as const

/** A cache whose clock counts whole seconds, as scache(8)'s does, lets a connection go up to so much before its ttl. */
export const earlyMillisMax = 1_000
/** A cache may notice so late that a ttl has passed: its timers run between other work. */
export const lateMillisMax = 100

const none = -1
const never = Number.NEGATIVE_INFINITY

/**
 * What a correct cache may answer, kept beside the real one: which connections are certainly cached, which perhaps.
 *
 * Clients race, so most answers are not determined. What is determined is checked: a connection that is handed out was saved under that
 * label, is not out already, has not outlived its ttl, and none that was certainly saved before it is passed over (oldest first).
 * A label with more connections that were cached during a whole find than other finds can be holding is not empty. An answer that any
 * order of the racing requests explains is accepted.
 *
 * Times are milliseconds of one clock. Connections and labels are small numbers; connections of a label are a list in the order of
 * their answers, so that everything but a miss takes constant time.
 */
export class CacheModel {
  readonly #topology: Topology
  readonly #log: ViolationLog
  readonly #ttlMillis: number
  readonly #place: Uint8Array
  readonly #generation: Uint32Array
  readonly #endpoint: Int32Array
  readonly #sentMillis: Float64Array
  readonly #answeredMillis: Float64Array
  readonly #next: Int32Array
  readonly #previous: Int32Array
  readonly #first: Int32Array
  readonly #last: Int32Array
  readonly #endpointFinds: Int32Array
  readonly #destinationFinds: Int32Array
  /** When a binding's save was last sent, and when the first one that still holds was answered. */
  readonly #bindingSentMillis: Float64Array
  readonly #bindingSureMillis: Float64Array
  readonly #bindingSureSentMillis: Float64Array

  constructor(topology: Topology, connections: number, ttlSeconds: number, log: ViolationLog) {
    this.#topology = topology
    this.#log = log
    this.#ttlMillis = ttlSeconds * 1_000
    this.#place = new Uint8Array(connections)
    this.#generation = new Uint32Array(connections)
    this.#endpoint = new Int32Array(connections)
    this.#sentMillis = new Float64Array(connections)
    this.#answeredMillis = new Float64Array(connections)
    this.#next = new Int32Array(connections).fill(none)
    this.#previous = new Int32Array(connections).fill(none)
    this.#first = new Int32Array(topology.endpoints).fill(none)
    this.#last = new Int32Array(topology.endpoints).fill(none)
    this.#endpointFinds = new Int32Array(topology.endpoints)
    this.#destinationFinds = new Int32Array(topology.destinations)
    this.#bindingSentMillis = new Float64Array(topology.bindings).fill(never)
    this.#bindingSureMillis = new Float64Array(topology.bindings).fill(Number.POSITIVE_INFINITY)
    this.#bindingSureSentMillis = new Float64Array(topology.bindings).fill(never)
  }

  placeOf(connection: number): number {
    return this.#place[connection] ?? Place.suspect
  }

  generationOf(connection: number): number {
    return this.#generation[connection] ?? 0
  }

  endpointOf(connection: number): number {
    return this.#endpoint[connection] ?? 0
  }

  /** Whether connections are certainly or perhaps cached under the label. */
  holdsAny(endpoint: number): boolean {
    return this.#first[endpoint] !== none
  }

  /** A save begins; returns its generation, which the properties carry. */
  saveStarted(connection: number, endpoint: number, nowMillis: number): number {
    const generation = (this.generationOf(connection) + 1) >>> 0
    this.#generation[connection] = generation
    this.#place[connection] = Place.saving
    this.#endpoint[connection] = endpoint
    this.#sentMillis[connection] = nowMillis
    return generation
  }

  /** The save was answered with success. It may have been handed out, and even be saved again, before that answer was read. */
  saveAnswered(connection: number, generation: number, nowMillis: number): void {
    if (this.#place[connection] !== Place.saving || this.#generation[connection] !== generation) return
    this.#place[connection] = Place.cached
    this.#answeredMillis[connection] = nowMillis
    const endpoint = this.endpointOf(connection)
    const last = this.#last[endpoint] ?? none
    this.#previous[connection] = last
    this.#next[connection] = none
    if (last === none) this.#first[endpoint] = connection
    else this.#next[last] = connection
    this.#last[endpoint] = connection
  }

  bindingStarted(binding: number, nowMillis: number): void {
    this.#bindingSentMillis[binding] = nowMillis
  }

  bindingAnswered(binding: number, sentMillis: number, nowMillis: number): void {
    const isGone = !this.#holdsSurely(this.#bindingSureSentMillis[binding] ?? never, nowMillis)
    if (isGone) this.#bindingSureMillis[binding] = nowMillis
    this.#bindingSureSentMillis[binding] = Math.max(this.#bindingSureSentMillis[binding] ?? never, sentMillis)
  }

  endpointFindStarted(endpoint: number): void {
    this.#endpointFinds[endpoint] = (this.#endpointFinds[endpoint] ?? 0) + 1
  }

  endpointFindAnswered(endpoint: number): void {
    this.#endpointFinds[endpoint] = (this.#endpointFinds[endpoint] ?? 0) - 1
  }

  destinationFindStarted(destination: number): void {
    this.#destinationFinds[destination] = (this.#destinationFinds[destination] ?? 0) + 1
  }

  destinationFindAnswered(destination: number): void {
    this.#destinationFinds[destination] = (this.#destinationFinds[destination] ?? 0) - 1
  }

  /**
   * A reply to a find (one no longer counted as started) names a connection. Returns whether its descriptor may come; otherwise the
   * reason is in the log.
   */
  found(connection: number, generation: number, sentMillis: number, what: string): boolean {
    const place = this.#place[connection]
    if (place === undefined) return this.#refuse(`${what}: connection ${connection} was never saved`)
    const endpoint = this.endpointOf(connection)
    const named = `connection ${connection} of mx${endpoint}`
    if (generation !== this.#generation[connection]) {
      const found = `save ${generation} of it, and ${this.#generation[connection]} is the last`
      return this.#refuse(`${what}: ${named}: the properties are of ${found}`)
    }
    if (place !== Place.cached && place !== Place.saving) {
      return this.#refuse(`${what}: ${named} was handed out already, or its ttl has passed`)
    }
    if (place === Place.cached) {
      const overMillis = sentMillis - (this.#answeredMillis[connection] ?? 0) - this.#ttlMillis
      if (overMillis > lateMillisMax)
        this.#log.add(`${what}: ${named} was handed out ${overMillis.toFixed(0)} ms after its ttl`)
    }
    this.#checkOrder(connection, endpoint, sentMillis, what)
    if (place === Place.cached) this.#unlink(connection)
    this.#place[connection] = Place.leaving
    return true
  }

  /** The descriptor has come: the connection can be saved again. */
  returned(connection: number): void {
    this.#place[connection] = Place.free
  }

  /** Takes a connection out of all further checks. */
  suspect(connection: number): void {
    if (this.#place[connection] === Place.cached) this.#unlink(connection)
    this.#place[connection] = Place.suspect
  }

  /** Whether the binding of a found connection may be what the server used. */
  isBound(binding: number, sentMillis: number): boolean {
    return sentMillis <= (this.#bindingSentMillis[binding] ?? never) + this.#ttlMillis + lateMillisMax + earlyMillisMax
  }

  /** A find_endp (no longer counted as started) found nothing. */
  missedEndpoint(endpoint: number, sentMillis: number, nowMillis: number): void {
    if (this.#isSurelyCached(endpoint, sentMillis, nowMillis)) {
      this.#log.add(
        `find_endp of mx${endpoint}: nothing found, although ${this.#firstOf(endpoint)} was cached all the time`
      )
    }
  }

  /** A find_dest (no longer counted as started) found nothing. */
  missedDestination(destination: number, sentMillis: number, nowMillis: number): void {
    const count = this.#topology.bindingsOfDestination(destination)
    for (let place = 0; place < count; place++) {
      const binding = this.#topology.bindingOfDestination(destination, place)
      const isBound =
        (this.#bindingSureMillis[binding] ?? 0) < sentMillis &&
        this.#holdsSurely(this.#bindingSureSentMillis[binding] ?? never, nowMillis)
      const endpoint = this.#topology.endpointOf(binding)
      if (!isBound || !this.#isSurelyCached(endpoint, sentMillis, nowMillis)) continue
      const bound = `it is bound to mx${endpoint}, and ${this.#firstOf(endpoint)} was cached all the time`
      this.#log.add(`find_dest of domain${destination}: nothing found, although ${bound}`)
      return
    }
  }

  /**
   * Nothing is under way, and the label was found empty: connections that should still be there. Those whose ttl may have passed are
   * marked `expired`, the others `suspect`. Those that no find can have taken, whose answer is waited for no longer, are passed to `onLost`.
   */
  settle(endpoint: number, nowMillis: number, onLost: (connection: number) => void): void {
    let rivals = this.#rivals(endpoint)
    for (
      let connection = this.#first[endpoint] ?? none;
      connection !== none;
      connection = this.#first[endpoint] ?? none
    ) {
      const isExpired = !this.#holdsSurely(this.#sentMillis[connection] ?? 0, nowMillis)
      this.#unlink(connection)
      this.#place[connection] = isExpired ? Place.expired : Place.suspect
      if (!isExpired && rivals-- <= 0) onLost(connection)
    }
  }

  /** Whether the ttl of a connection has certainly not passed. */
  isSurelyThere(connection: number, nowMillis: number): boolean {
    return this.#holdsSurely(this.#sentMillis[connection] ?? 0, nowMillis)
  }

  /** Whether what was sent then is certainly not expired yet. */
  #holdsSurely(sentMillis: number, nowMillis: number): boolean {
    return nowMillis < sentMillis + this.#ttlMillis - earlyMillisMax
  }

  /** Whether a connection was in the cache during a whole find: more of them than other finds under way may be holding. */
  #isSurelyCached(endpoint: number, sentMillis: number, nowMillis: number): boolean {
    let rivals = -1
    for (let each = this.#first[endpoint] ?? none; each !== none; each = this.#next[each] ?? none) {
      if ((this.#answeredMillis[each] ?? 0) >= sentMillis) return false
      if (!this.#holdsSurely(this.#sentMillis[each] ?? 0, nowMillis)) continue
      // Counted only where it matters: most labels that are found empty are empty.
      if (rivals < 0) rivals = this.#rivals(endpoint)
      if (rivals === 0) return true
      rivals--
    }
    return false
  }

  /** Finds under way that may have taken a connection of the label. */
  #rivals(endpoint: number): number {
    let finds = this.#endpointFinds[endpoint] ?? 0
    const count = this.#topology.bindingsOfEndpoint(endpoint)
    for (let place = 0; place < count; place++) {
      const binding = this.#topology.bindingOfEndpoint(endpoint, place)
      finds += this.#destinationFinds[this.#topology.destinationOf(binding)] ?? 0
    }
    return finds
  }

  #checkOrder(connection: number, endpoint: number, nowMillis: number, what: string): void {
    const sentMillis = this.#sentMillis[connection] ?? 0
    let rivals = -1
    for (
      let each = this.#first[endpoint] ?? none;
      each !== none && each !== connection;
      each = this.#next[each] ?? none
    ) {
      if ((this.#answeredMillis[each] ?? 0) >= sentMillis) return
      if (!this.#holdsSurely(this.#sentMillis[each] ?? 0, nowMillis)) continue
      if (rivals < 0) rivals = this.#rivals(endpoint)
      if (rivals-- === 0) {
        // Its age is shown since a server whose ttl limit is shorter than the ttl that was asked for looks like this.
        const ageSeconds = (nowMillis - (this.#sentMillis[each] ?? 0)) / 1_000
        const older = `the older connection ${each}, cached for ${ageSeconds.toFixed(1)} s`
        this.#log.add(`${what}: connection ${connection} of mx${endpoint} came before ${older}`)
        return
      }
    }
  }

  #firstOf(endpoint: number): string {
    return `connection ${this.#first[endpoint]}`
  }

  #unlink(connection: number): void {
    const endpoint = this.endpointOf(connection)
    const next = this.#next[connection] ?? none
    const previous = this.#previous[connection] ?? none
    if (previous === none) this.#first[endpoint] = next
    else this.#next[previous] = next
    if (next === none) this.#last[endpoint] = previous
    else this.#previous[next] = previous
  }

  #refuse(text: string): false {
    this.#log.add(text)
    return false
  }
}
