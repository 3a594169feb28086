import type { Evicted } from "../Evicted.ts"
import type { LimitName } from "../StoreLimits.ts"
import type { Bounds } from "./Bounds.ts"
import type { Entry, Holder } from "./Holder.ts"
import type { LabelTable } from "./LabelTable.ts"

/** Why an entry leaves. */
export type Cause = LimitName | "expired"

/** Connections or bindings, as what limits are about. */
export class Side<A, S extends string, E extends Entry<E, H>, H extends Holder<S, E, H>> {
  readonly table: LabelTable<S, E, H>
  readonly #each: LimitName
  readonly #all: LimitName
  readonly #report: (entry: E, cause: Cause) => Evicted<A, S> | undefined

  constructor(
    table: LabelTable<S, E, H>,
    names: { readonly each: LimitName; readonly all: LimitName },
    report: (entry: E, cause: Cause) => Evicted<A, S> | undefined
  ) {
    this.table = table
    this.#each = names.each
    this.#all = names.all
    this.#report = report
  }

  /** The limit that lets nothing in at all. */
  closed(bounds: Bounds): LimitName | undefined {
    if (bounds[this.#each] === 0) return this.#each
    return bounds[this.#all] === 0 ? this.#all : undefined
  }

  /** Which limit on numbers is exceeded, by this label or in all. */
  exceeded(holder: H, bounds: Bounds): LimitName | undefined {
    if (holder.held > bounds[this.#each]) return this.#each
    return this.table.held > bounds[this.#all] ? this.#all : undefined
  }

  /** Evicts one entry to make room for a new entry that is already counted; false when nothing may be evicted. */
  makeRoom(own: H, limit: LimitName, bounds: Bounds, nowMillis: number, evicted: Array<Evicted<A, S>>): boolean {
    if (limit === this.#each) return this.evict(own, limit, nowMillis, evicted)
    if (this.dropExpired(nowMillis, evicted)) return true
    const { largest, labels } = this.table
    // If the new entry's label has the most and all its entries are leased, the save is refused: other labels do not pay for its leases.
    if (largest === undefined || own.held > largest.held) return false
    if (largest !== own && largest.held * labels.size <= bounds[limit]) return false
    return this.evict(largest, limit, nowMillis, evicted)
  }

  /** Which limit is exceeded by something that can be evicted. */
  excess(bounds: Bounds): LimitName | undefined {
    const { largest } = this.table
    return largest === undefined ? undefined : this.exceeded(largest, bounds)
  }

  /** Evicts one entry that is too many; false when there is none. */
  shrink(bounds: Bounds, nowMillis: number, evicted: Array<Evicted<A, S>>): boolean {
    const limit = this.excess(bounds)
    if (limit === undefined) return false
    if (limit === this.#all && this.dropExpired(nowMillis, evicted)) return true
    return this.evict(this.table.largest, limit, nowMillis, evicted)
  }

  /** Takes out the entry that expires first, if it has expired: expired entries go before live ones, of whatever label. */
  dropExpired(nowMillis: number, evicted: Array<Evicted<A, S>>): boolean {
    const entry = this.table.expired(nowMillis)
    if (entry === undefined) return false
    if (this.table.drop(entry)) this.#tell(entry, "expired", evicted)
    return true
  }

  /** Takes out what expires first of what a label holds; false when all of it is leased. */
  evict(holder: H | undefined, limit: LimitName, nowMillis: number, evicted: Array<Evicted<A, S>>): boolean {
    const entry = holder?.nearest
    if (entry === undefined) return false
    this.table.drop(entry)
    this.#tell(entry, entry.deadlineMillis <= nowMillis ? "expired" : limit, evicted)
    return true
  }

  #tell(entry: E, cause: Cause, evicted: Array<Evicted<A, S>>): void {
    const reported = this.#report(entry, cause)
    if (reported !== undefined) evicted.push(reported)
  }
}
