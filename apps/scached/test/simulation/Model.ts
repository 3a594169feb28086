/**
 * The cache as one would explain it to somebody: arrays, linear scans, and the time of each request. It shares no code with the store.
 */

/** Where a saved connection is in its life. `closing`: the daemon owes the close of its copy, and does it before anything else. */
export type Fate = "cached" | "leased" | "closing" | "handed over" | "expired" | "shut down"

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
  ending: "handed over" | "expired"
}

interface ModelBinding {
  readonly label: string
  readonly properties: string
  readonly endpointLabel: string
  deadlineMillis: number
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
  readonly counts = { saved: 0, "handed over": 0, expired: 0, "shut down": 0, putBack: 0 }
  readonly #ttlMillisMax: number
  #bindings: Array<ModelBinding> = []

  constructor(ttlSecondsMax: number) {
    this.#ttlMillisMax = ttlSecondsMax * 1000
  }

  saveEndpoint(
    request: { readonly label: string; readonly properties: string; readonly ttlSeconds: number },
    file: { readonly fileId: number; readonly number: number },
    nowMillis: number
  ): void {
    this.held.push({
      order: this.counts.saved++,
      label: request.label,
      properties: request.properties,
      deadlineMillis: nowMillis + Math.min(request.ttlSeconds * 1000, this.#ttlMillisMax),
      fileId: file.fileId,
      number: file.number,
      fate: "cached",
      ending: "handed over"
    })
  }

  findEndpoint(label: string, nowMillis: number): ModelFound | undefined {
    let oldest: ModelConnection | undefined
    for (const each of this.held) {
      if (each.label !== label || each.fate !== "cached" || each.deadlineMillis <= nowMillis) continue
      if (oldest === undefined || each.order < oldest.order) oldest = each
    }
    if (oldest === undefined) return undefined
    oldest.fate = "leased"
    return { connection: oldest, destinationProperties: undefined }
  }

  saveDestination(
    request: {
      readonly label: string
      readonly properties: string
      readonly endpointLabel: string
      readonly ttlSeconds: number
    },
    nowMillis: number
  ): void {
    const deadlineMillis = nowMillis + Math.min(request.ttlSeconds * 1000, this.#ttlMillisMax)
    const { label, properties, endpointLabel } = request
    this.#bindings = this.#bindings.filter((each) => each.deadlineMillis > nowMillis)
    const known = this.#bindings.find(
      (each) => each.label === label && each.properties === properties && each.endpointLabel === endpointLabel
    )
    if (known === undefined) this.#bindings.push({ label, properties, endpointLabel, deadlineMillis })
    else known.deadlineMillis = deadlineMillis
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
  }

  /** The daemon has closed its copy. */
  closed(connection: ModelConnection, fate: "handed over" | "expired" | "shut down"): void {
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
