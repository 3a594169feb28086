/** A connection cache as one would explain it: arrays, linear scans, and nothing that is kept up to date besides. */

export interface ModelConnection {
  readonly id: number
  readonly label: string
  readonly properties: string
  readonly deadlineMillis: number
  place: "store" | "leased" | "late" | "gone"
}

interface ModelBinding {
  readonly label: string
  readonly properties: string
  readonly endpointLabel: string
  deadlineMillis: number
  renewal: number
}

const byDeadline = (left: ModelConnection, right: ModelConnection): number =>
  left.deadlineMillis - right.deadlineMillis || left.id - right.id

export class StoreModel {
  readonly connections: Array<ModelConnection> = []
  bindings: Array<ModelBinding> = []
  nowMillis = 0
  readonly #bindingsMax: number
  #renewals = 0

  constructor(bindingsMax: number) {
    this.#bindingsMax = bindingsMax
  }

  at(place: ModelConnection["place"]): Array<ModelConnection> {
    return this.connections.filter((connection) => connection.place === place)
  }

  saveEndpoint(label: string, properties: string, ttlMillis: number): number {
    const id = this.connections.length
    this.connections.push({ id, label, properties, deadlineMillis: this.nowMillis + ttlMillis, place: "store" })
    return id
  }

  peekEndpoint(label: string): ModelConnection | undefined {
    return this.at("store").find(
      (connection) => connection.label === label && connection.deadlineMillis > this.nowMillis
    )
  }

  findEndpoint(label: string): ModelConnection | undefined {
    const found = this.peekEndpoint(label)
    if (found !== undefined) found.place = "leased"
    return found
  }

  saveDestination(label: string, properties: string, endpointLabel: string, ttlMillis: number): void {
    const deadlineMillis = this.nowMillis + ttlMillis
    const renewal = this.#renewals++
    const isSame = (binding: ModelBinding): boolean =>
      binding.label === label && binding.properties === properties && binding.endpointLabel === endpointLabel
    const known = this.bindings.find(isSame)
    if (known !== undefined && known.deadlineMillis > this.nowMillis) {
      known.deadlineMillis = deadlineMillis
      known.renewal = renewal
      return
    }
    this.bindings = this.bindings.filter((binding) => binding !== known)
    const others = this.bindings.filter((binding) => binding.label === label)
    if (others.length >= this.#bindingsMax) {
      const least = others.reduce((left, right) => (left.renewal < right.renewal ? left : right))
      this.bindings = this.bindings.filter((binding) => binding !== least)
    }
    this.bindings.push({ label, properties, endpointLabel, deadlineMillis, renewal })
  }

  findDestination(label: string): readonly [ModelConnection, string] | undefined {
    for (const binding of this.bindings.filter((candidate) => candidate.label === label)) {
      if (binding.deadlineMillis <= this.nowMillis) {
        this.bindings = this.bindings.filter((other) => other !== binding)
        continue
      }
      const found = this.findEndpoint(binding.endpointLabel)
      if (found !== undefined) return [found, binding.properties]
    }
    return undefined
  }

  putBack(connection: ModelConnection): boolean {
    const isKept = connection.place === "leased" && connection.deadlineMillis > this.nowMillis
    connection.place = isKept ? "store" : "gone"
    return isKept
  }

  expire(entriesMax: number, untilMillis = this.nowMillis): Array<number> {
    const reported: Array<number> = []
    const due = this.connections
      .filter(({ place, deadlineMillis }) => (place === "store" || place === "leased") && deadlineMillis <= untilMillis)
      .sort(byDeadline)
      .slice(0, entriesMax)
    for (const connection of due) {
      if (connection.place === "store") reported.push(connection.id)
      connection.place = connection.place === "store" ? "gone" : "late"
    }
    const dropped = this.bindings
      .filter((binding) => binding.deadlineMillis <= untilMillis)
      .sort((left, right) => left.deadlineMillis - right.deadlineMillis || left.renewal - right.renewal)
      .slice(0, entriesMax - due.length)
    this.bindings = this.bindings.filter((binding) => !dropped.includes(binding))
    return reported
  }

  get sizes() {
    const labels = (all: ReadonlyArray<{ readonly label: string }>): number =>
      new Set(all.map((each) => each.label)).size
    return {
      connections: this.at("store").length,
      leases: this.at("leased").length + this.at("late").length,
      endpoints: labels(this.connections.filter((connection) => connection.place !== "gone")),
      destinations: labels(this.bindings),
      bindings: this.bindings.length
    }
  }

  get nextDeadlineMillis(): number | undefined {
    const deadlines = [...this.at("store"), ...this.at("leased"), ...this.bindings].map((each) => each.deadlineMillis)
    return deadlines.length === 0 ? undefined : Math.min(...deadlines)
  }

  get nearestExpiry(): number | undefined {
    return this.at("store").sort(byDeadline)[0]?.id
  }
}
