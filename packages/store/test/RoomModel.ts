/** Who gives way when a cache is full, as one would explain it. */
import type { LimitName } from "@scached/store"
import { inOrder, type Kind, type ModelEntry, type ModelOutcome } from "./ModelEntry.ts"

const EACH = { connection: "connectionsPerEndpointMax", binding: "bindingsPerDestinationMax" } as const
const ALL = { connection: "connectionsMax", binding: "bindingsMax" } as const

/** A label, and since when it has held so many and has had so much text: counted in changes of any label. */
interface Standing {
  readonly kind: Kind
  readonly label: string
  held: number
  heldSince: number
  shelf: number
  shelfSince: number
}

interface Newcomer {
  readonly kind: Kind
  readonly label: string
  readonly textBytes: number
}

const sumOf = (entries: ReadonlyArray<{ readonly textBytes: number }>): number =>
  entries.reduce((sum, { textBytes }) => sum + textBytes, 0)

const shelfOf = (textBytes: number): number => (textBytes === 0 ? -1 : Math.floor(Math.log2(textBytes)))

export class RoomModel {
  limits: Record<LimitName, number>
  readonly #entries: Record<Kind, ReadonlyArray<ModelEntry>>
  #standings: Array<Standing> = []
  #newcomer: Newcomer | undefined
  #changes = 0

  constructor(
    limits: Record<LimitName, number>,
    connections: ReadonlyArray<ModelEntry>,
    bindings: ReadonlyArray<ModelEntry>
  ) {
    this.limits = limits
    this.#entries = { connection: connections, binding: bindings }
  }

  /** What counts: all that is not gone, and the newcomer. */
  counted(kind: Kind, label?: string): ReadonlyArray<{ readonly label: string; readonly textBytes: number }> {
    const held = this.#entries[kind].filter(({ place }) => place !== "gone")
    const all = this.#newcomer?.kind === kind ? [...held, this.#newcomer] : held
    return label === undefined ? all : all.filter((entry) => entry.label === label)
  }

  labels(kind: Kind): ReadonlyArray<string> {
    return [...new Set(this.counted(kind).map(({ label }) => label))]
  }

  get textBytes(): number {
    return sumOf(this.counted("connection")) + sumOf(this.counted("binding"))
  }

  /** Notes what a label holds now. It stands nowhere while nothing of it could make room. */
  touch(kind: Kind, label: string): void {
    const known = this.#standings.find((each) => each.kind === kind && each.label === label)
    this.#standings = this.#standings.filter((each) => each !== known)
    if (this.#nearest(kind, label) === undefined) return
    const held = this.counted(kind, label).length
    const shelf = shelfOf(sumOf(this.counted(kind, label)))
    const change = this.#changes++
    this.#standings.push({
      kind,
      label,
      held,
      heldSince: known?.held === held ? known.heldSince : change,
      shelf,
      shelfSince: known?.shelf === shelf ? known.shelfSince : change
    })
  }

  make(kind: Kind, label: string, textBytes: number, nowMillis: number): ModelOutcome {
    const evicted: Array<string> = []
    this.#newcomer = { kind, label, textBytes }
    const refused = this.#makeFor(this.#newcomer, nowMillis, evicted)
    this.#newcomer = undefined
    return { refused, evicted }
  }

  /** What is more than the limits allow, and could be evicted. */
  get excess(): LimitName | undefined {
    for (const kind of ["connection", "binding"] as const) {
      const largest = this.#largest(kind)
      const limit = largest === undefined ? undefined : this.#exceeded(kind, largest.label)
      if (limit !== undefined) return limit
    }
    return this.textBytes > this.limits.textBytesMax && this.#heaviest !== undefined ? "textBytesMax" : undefined
  }

  shrink(nowMillis: number, entriesMax: number): ReadonlyArray<string> {
    const evicted: Array<string> = []
    for (let steps = 0; steps < entriesMax; steps++) {
      const limit = this.excess
      if (limit === undefined) break
      const kind = limit.startsWith("connections") ? "connection" : "binding"
      if (limit === "textBytesMax") {
        if (!this.#dropExpired(["connection", "binding"], nowMillis, evicted))
          this.#evict(this.#heaviest, limit, evicted)
      } else if (limit === EACH[kind] || !this.#dropExpired([kind], nowMillis, evicted)) {
        this.#evict(this.#largest(kind), limit, evicted, nowMillis)
      }
    }
    return evicted
  }

  #makeFor({ kind, label, textBytes }: Newcomer, nowMillis: number, evicted: Array<string>): string | undefined {
    const isOver = (): LimitName | undefined =>
      this.#exceeded(kind, label) ?? (this.textBytes > this.limits.textBytesMax ? "textBytesMax" : undefined)
    if (textBytes > this.limits.textBytesMax) return "textBytesMax CannotFit"
    for (const limit of [EACH[kind], ALL[kind]]) if (this.limits[limit] === 0) return `${limit} CannotFit`
    if (isOver() !== undefined) this.touch(kind, label)
    for (let limit = isOver(); limit !== undefined; limit = isOver()) {
      const kinds = limit === "textBytesMax" ? (["connection", "binding"] as const) : [kind]
      if (limit === EACH[kind]) {
        if (!this.#evict({ kind, label }, limit, evicted, nowMillis)) return `${limit} NoRoom`
      } else if (!this.#dropExpired(kinds, nowMillis, evicted)) {
        const giver = limit === "textBytesMax" ? this.#heaviest : this.#largest(kind)
        if (giver === undefined || !this.#mustGive(giver, limit, { kind, label })) return `${limit} NoRoom`
        this.#evict(giver, limit, evicted)
      }
    }
    return undefined
  }

  /** Not when the newcomer's own label holds more, nor from what is no more than a share. */
  #mustGive(giver: Standing, limit: LimitName, own: { readonly kind: Kind; readonly label: string }): boolean {
    const isOwn = giver.kind === own.kind && giver.label === own.label
    if (limit === "textBytesMax") {
      if (shelfOf(sumOf(this.counted(own.kind, own.label))) > giver.shelf) return false
      const labels = this.labels("connection").length + this.labels("binding").length
      return isOwn || sumOf(this.counted(giver.kind, giver.label)) > this.limits.textBytesMax / labels / 2
    }
    if (this.counted(own.kind, own.label).length > giver.held) return false
    return isOwn || giver.held > this.limits[limit] / this.labels(own.kind).length
  }

  #exceeded(kind: Kind, label: string): LimitName | undefined {
    if (this.counted(kind, label).length > this.limits[EACH[kind]]) return EACH[kind]
    return this.counted(kind).length > this.limits[ALL[kind]] ? ALL[kind] : undefined
  }

  #nearest(kind: Kind, label: string): ModelEntry | undefined {
    return inOrder(this.#entries[kind].filter((entry) => entry.label === label && entry.place === "store"))[0]
  }

  #largest(kind: Kind): Standing | undefined {
    const all = this.#standings.filter((each) => each.kind === kind)
    const most = Math.max(...all.map(({ held }) => held))
    const top = all.filter(({ held }) => held === most)
    const soonest = inOrder(this.#entries[kind].filter(({ place }) => place === "store" || place === "leased"))[0]
    const own = top.find(({ label }) => soonest?.place === "store" && label === soonest.label)
    return own ?? top.sort((left, right) => left.heldSince - right.heldSince)[0]
  }

  get #heaviest(): Standing | undefined {
    const byKind = (kind: Kind): number => (kind === "binding" ? 0 : 1)
    const shelved = this.#standings.filter(({ shelf }) => shelf >= 0)
    return shelved.sort(
      (left, right) =>
        right.shelf - left.shelf || byKind(left.kind) - byKind(right.kind) || left.shelfSince - right.shelfSince
    )[0]
  }

  #dropExpired(kinds: ReadonlyArray<Kind>, nowMillis: number, evicted: Array<string>): boolean {
    for (const kind of kinds) {
      const first = inOrder(this.#entries[kind].filter(({ place }) => place === "store" || place === "leased"))[0]
      if (first === undefined || first.deadlineMillis > nowMillis) continue
      if (first.place === "store" && kind === "connection") evicted.push(`connection ${first.name} for expired`)
      first.place = first.place === "store" ? "gone" : "late"
      this.touch(kind, first.label)
      return true
    }
    return false
  }

  #evict(
    from: { readonly kind: Kind; readonly label: string } | undefined,
    limit: LimitName,
    evicted: Array<string>,
    nowMillis = Number.NEGATIVE_INFINITY
  ): boolean {
    const entry = from === undefined ? undefined : this.#nearest(from.kind, from.label)
    if (entry === undefined) return false
    const cause = entry.deadlineMillis <= nowMillis ? "expired" : limit
    if (entry.kind === "connection") evicted.push(`connection ${entry.name} for ${cause}`)
    else if (cause !== "expired") evicted.push(`binding ${entry.label} ${entry.name} for ${cause}`)
    entry.place = "gone"
    this.touch(entry.kind, entry.label)
    return true
  }
}
