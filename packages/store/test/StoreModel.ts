/** A connection cache as one would explain it: arrays, linear scans, and nothing that is kept up to date besides. */
import type { LimitName } from "@scached/store"
import { inOrder, type ModelEntry, type ModelOutcome } from "./ModelEntry.ts"
import { RoomModel } from "./RoomModel.ts"

export interface ModelConnection extends ModelEntry {
  readonly id: number
}

export class StoreModel {
  readonly connections: Array<ModelConnection> = []
  readonly bindings: Array<ModelEntry> = []
  readonly room: RoomModel
  nowMillis = 0
  #renewals = 0

  constructor(limits: Record<LimitName, number>) {
    this.room = new RoomModel(limits, this.connections, this.bindings)
  }

  at(place: ModelConnection["place"]): Array<ModelConnection> {
    return this.connections.filter((connection) => connection.place === place)
  }

  move(entry: ModelEntry, place: ModelEntry["place"]): void {
    entry.place = place
    this.room.touch(entry.kind, entry.label)
  }

  /** Refused ones have a number too, and are gone from the start. */
  saveEndpoint(label: string, properties: string, ttlMillis: number): ModelOutcome {
    const textBytes = label.length + properties.length
    const outcome = this.room.make("connection", label, textBytes, this.nowMillis)
    const id = this.connections.length
    this.connections.push({
      kind: "connection",
      id,
      name: String(id),
      label,
      properties,
      textBytes,
      deadlineMillis: this.nowMillis + ttlMillis,
      order: id,
      place: outcome.refused === undefined ? "store" : "gone"
    })
    this.room.touch("connection", label)
    return outcome
  }

  peekEndpoint(label: string): ModelConnection | undefined {
    return this.at("store").find(
      (connection) => connection.label === label && connection.deadlineMillis > this.nowMillis
    )
  }

  findEndpoint(label: string): ModelConnection | undefined {
    const found = this.peekEndpoint(label)
    if (found !== undefined) this.move(found, "leased")
    return found
  }

  bindingsOf(label: string): Array<ModelEntry> {
    return this.bindings.filter((binding) => binding.label === label && binding.place === "store")
  }

  saveDestination(label: string, properties: string, endpointLabel: string, ttlMillis: number): ModelOutcome {
    const deadlineMillis = this.nowMillis + ttlMillis
    const order = this.#renewals++
    const known = this.bindingsOf(label).find((it) => it.properties === properties && it.name === endpointLabel)
    if (known !== undefined) {
      if (known.deadlineMillis > this.nowMillis) {
        known.deadlineMillis = deadlineMillis
        known.order = order
        return { refused: undefined, evicted: [] }
      }
      this.move(known, "gone")
    }
    const textBytes = label.length + properties.length + endpointLabel.length
    const outcome = this.room.make("binding", label, textBytes, this.nowMillis)
    if (outcome.refused === undefined) {
      const binding = {
        kind: "binding",
        label,
        name: endpointLabel,
        properties,
        textBytes,
        deadlineMillis,
        order
      } as const
      this.bindings.push({ ...binding, place: "store" })
    }
    this.room.touch("binding", label)
    return outcome
  }

  findDestination(label: string): readonly [ModelConnection, string] | undefined {
    for (const binding of this.bindingsOf(label)) {
      if (binding.deadlineMillis <= this.nowMillis) {
        this.move(binding, "gone")
        continue
      }
      const found = this.findEndpoint(binding.name)
      if (found !== undefined) return [found, binding.properties]
    }
    return undefined
  }

  isLate(connection: ModelConnection): boolean {
    return connection.place === "late" || connection.deadlineMillis <= this.nowMillis
  }

  putBack(connection: ModelConnection): boolean {
    const isKept = !this.isLate(connection)
    this.move(connection, isKept ? "store" : "gone")
    return isKept
  }

  expire(entriesMax: number, untilMillis = this.nowMillis): Array<number> {
    const reported: Array<number> = []
    const due = inOrder(this.connections.filter(({ place }) => place === "store" || place === "leased"))
      .filter(({ deadlineMillis }) => deadlineMillis <= untilMillis)
      .slice(0, entriesMax)
    for (const connection of due) {
      if (connection.place === "store") reported.push(connection.id)
      this.move(connection, connection.place === "store" ? "gone" : "late")
    }
    const dropped = inOrder(this.bindings.filter(({ place }) => place === "store"))
      .filter(({ deadlineMillis }) => deadlineMillis <= untilMillis)
      .slice(0, entriesMax - due.length)
    for (const binding of dropped) this.move(binding, "gone")
    return reported
  }

  get sizes() {
    const held = this.connections.filter(({ place }) => place !== "gone")
    const bindings = this.bindings.filter(({ place }) => place !== "gone")
    const labels = (all: ReadonlyArray<ModelEntry>): number => new Set(all.map(({ label }) => label)).size
    return {
      connections: this.at("store").length,
      leases: this.at("leased").length + this.at("late").length,
      endpoints: labels(held),
      destinations: labels(bindings),
      bindings: bindings.length,
      textBytes: [...held, ...bindings].reduce((sum, { textBytes }) => sum + textBytes, 0)
    }
  }

  get nextDeadlineMillis(): number | undefined {
    const waiting = [...this.connections, ...this.bindings].filter(
      ({ place }) => place === "store" || place === "leased"
    )
    return waiting.length === 0 ? undefined : Math.min(...waiting.map(({ deadlineMillis }) => deadlineMillis))
  }
}
