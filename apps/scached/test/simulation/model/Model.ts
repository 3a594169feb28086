/**
 * The cache as one would explain it to somebody: arrays, linear scans, and the time of each request. It shares no code with the store.
 */
import type { Request } from "@scached/protocol"
import type { StoreLimits, StoreSizes } from "@scached/store"
import type { CacheSettings } from "../../../src/settings/CacheSettings.ts"
import { Admission } from "../client/Admission.ts"
import { ModelBindings } from "./ModelBindings.ts"
import type { Ending, Fate, ModelConnection, PeerState } from "./ModelConnection.ts"

type Limits = StoreLimits & Pick<CacheSettings, "ttlSecondsMax" | "watch">

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
    bindingsSaved: 0,
    bindingsEvicted: 0,
    /** Of those that expired: while they were leased, and those found dead at that very moment, which count as either. */
    late: 0,
    expiredOrDead: 0
  }
  /** What was asked for by finds, and whether it was there. */
  readonly lookups = { FindEndpoint: { hits: 0, misses: 0 }, FindDestination: { hits: 0, misses: 0 } }
  /** What the daemon decides about saves. */
  readonly admission: Admission
  readonly #limits: Limits
  readonly #peerOf: (number: number) => PeerState
  readonly #fail: (message: string) => void
  readonly #bindings = new ModelBindings()

  constructor(limits: Limits, peerOf: (number: number) => PeerState, fail: (message: string) => void) {
    this.#limits = limits
    this.#peerOf = peerOf
    this.#fail = fail
    this.admission = new Admission({
      limits,
      bindings: this.#bindings,
      connections: () => this.#counted,
      evicted: (victim, isExpired) => {
        if ("fate" in victim) {
          victim.fate = "closing"
          victim.ending = isExpired ? "expired" : "evicted"
        } else {
          this.#bindings.remove(victim)
          if (!isExpired) this.counts.bindingsEvicted++
        }
      },
      fail
    })
  }

  /** Connections that count against the limits: those that are leased too, and not those that were found dead or had to go. */
  get #counted(): ReadonlyArray<ModelConnection> {
    return this.held.filter(({ fate }) => fate === "cached" || fate === "leased")
  }

  /** How much the cache holds. */
  sizes(nowMillis: number): StoreSizes {
    const connections = this.#counted
    const bindings = this.#bindings.living(nowMillis)
    const leases = this.count("leased")
    return {
      connections: connections.length - leases,
      leases,
      endpoints: new Set(connections.map(({ label }) => label)).size,
      destinations: new Set(bindings.map(({ label }) => label)).size,
      bindings: bindings.length,
      textBytes: [...connections, ...bindings].reduce((sum, { textBytes }) => sum + textBytes, 0)
    }
  }

  /** When the next binding expires. */
  bindingsDueMillis(nowMillis: number): number {
    return this.#bindings.dueMillis(nowMillis)
  }

  /** Saves a connection; the daemon must have decided to. */
  saveEndpoint(
    request: Request.SaveEndpoint,
    file: { readonly fileId: number; readonly number: number; readonly canBeKept: boolean },
    nowMillis: number
  ): void {
    const { label, properties, ttlSeconds } = request
    if (!file.canBeKept) this.#fail(`a descriptor is kept that cannot be watched: ${label}`)
    if (this.admission.refusedFor({ label, properties, endpointLabel: undefined }) !== undefined) {
      this.#fail(`a connection is kept that was refused: ${label}`)
    }
    this.held.push({
      order: this.counts.saved++,
      label,
      properties,
      textBytes: label.length + properties.length,
      deadlineMillis: this.#deadlineMillis(ttlSeconds, nowMillis),
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

  /** A connection was closed instead of saved; the daemon must have decided to. */
  refuseEndpoint({ label, properties }: Request.SaveEndpoint, file: { readonly canBeKept: boolean }): void {
    // For what it is, and not for want of room.
    if (!file.canBeKept) return
    this.counts.refused++
    if (this.admission.refusedFor({ label, properties, endpointLabel: undefined }) === undefined) {
      this.#fail(`a connection was not saved although nothing is in its way: ${label}`)
    }
  }

  #deadlineMillis(ttlSeconds: number, nowMillis: number): number {
    return nowMillis + 1000 * Math.min(ttlSeconds, this.#limits.ttlSecondsMax)
  }

  /** Whether its peer has ended it, by the look at it before it is handed out. */
  isDead(connection: ModelConnection): boolean {
    const isUnusable = this.#limits.watch !== "off" && this.#peerOf(connection.number).isUnusable
    return !connection.isUnlooked && (isUnusable || this.isDisturbed(connection))
  }

  /** Whether what is behind a number of the daemon's may be kept. */
  canBeKept(number: number): boolean {
    return this.#limits.watch === "off" || this.#peerOf(number).isWatchable
  }

  /** Whether its peer has ended it, by what the kernel tells of it. */
  isDisturbed({ number }: ModelConnection): boolean {
    const { hasBytes, isOver } = this.#peerOf(number)
    return this.#limits.watch !== "off" && (isOver || (hasBytes && this.#limits.watch === "data"))
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

  /** Whether it was kept, as the daemon has decided. */
  saveDestination(request: Request.SaveDestination, nowMillis: number): boolean {
    const { endpointLabel, label, properties, ttlSeconds } = request
    if (this.admission.refusedFor({ label, properties, endpointLabel }) !== undefined) {
      this.counts.refused++
      return false
    }
    this.counts.bindingsSaved++
    this.#bindings.save(request, this.#deadlineMillis(ttlSeconds, nowMillis), nowMillis)
    return true
  }

  findDestination(label: string, nowMillis: number): ModelFound | undefined {
    for (const binding of this.#bindings.living(nowMillis)) {
      if (binding.label !== label) continue
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
    const isLate = connection.deadlineMillis <= nowMillis
    if (isLate) this.counts.late++
    connection.fate = isLate ? "closing" : "cached"
    connection.ending = "expired"
    connection.restsSinceMillis = nowMillis
    connection.isUnwatched = false
    connection.isUnlooked = false
    connection.deadSinceMillis = undefined
  }

  /** The daemon has closed its copy; one that has expired may have been dead as well. */
  closed(connection: ModelConnection, fate: Ending, isDeadToo = false): void {
    if (isDeadToo) this.counts.expiredOrDead++
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

  /** Says so when more or fewer connections have ended than were saved; to be asked at the end. */
  get imbalance(): string | undefined {
    const { counts } = this
    const ended = counts["handed over"] + counts.expired + counts.evicted + counts.dead + counts["shut down"]
    return ended === counts.saved ? undefined : `${counts.saved} connections were saved, and ${ended} ended`
  }
}
