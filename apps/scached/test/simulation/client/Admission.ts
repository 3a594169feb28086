import type { StoreLimits } from "@scached/store"
import { type BindingRequest, type ModelBinding, type ModelBindings, textBytesOf } from "../model/ModelBindings.ts"
import { canGiveWay, type ModelConnection } from "../model/ModelConnection.ts"
import * as Room from "../model/Room.ts"

/** A save as the daemon carries it out: of a connection, or of a binding, which has an endpoint. */
export type Saving = Omit<BindingRequest, "endpointLabel"> & { readonly endpointLabel: string | undefined }

/** Something that had to go: a connection by its descriptor's number, a binding by its labels. */
export type Gone =
  | { readonly cause: keyof StoreLimits | "expired"; readonly number: number }
  | ({ readonly cause: keyof StoreLimits | "expired" } & Omit<BindingRequest, "properties">)

/** What the daemon has decided about a save: whether it is kept, and who had to make room. */
export interface Decision {
  readonly saving: Saving
  /** The limit in its way, when it is not kept. */
  readonly refusedFor: keyof StoreLimits | undefined
  readonly evicted: ReadonlyArray<Gone>
}

/** What decisions are held against. */
export interface AdmissionContext {
  readonly limits: StoreLimits
  readonly bindings: ModelBindings
  /** Those that count: cached or leased. */
  readonly connections: () => ReadonlyArray<ModelConnection>
  /** Applies a decision that was right. */
  readonly evicted: (victim: ModelConnection | ModelBinding, isExpired: boolean) => void
  readonly fail: (message: string) => void
}

type Entry = ModelConnection | ModelBinding

const isConnection = (entry: Entry): entry is ModelConnection => "fate" in entry

const heldOf = (entry: Entry): Room.Held<Entry> => ({
  entry,
  label: entry.label,
  deadlineMillis: entry.deadlineMillis,
  textBytes: entry.textBytes,
  canGiveWay: !isConnection(entry) || canGiveWay(entry)
})

const newcomerOf = ({ endpointLabel, label, properties }: Saving): Room.Newcomer => ({
  label,
  textBytes:
    endpointLabel === undefined ? label.length + properties.length : textBytesOf({ label, properties, endpointLabel })
})

const isAlike = (one: Saving, other: Saving): boolean =>
  one.label === other.label && one.properties === other.properties && one.endpointLabel === other.endpointLabel

/**
 * Holds what the daemon decides about saves against what it may decide: whoever is one too many must not be kept, nobody may be refused
 * who fits, and nobody may have to go whose turn it is not. Of those whose turn it is, the daemon may take any.
 */
export class Admission {
  readonly #context: AdmissionContext
  #decision: Decision | undefined

  constructor(context: AdmissionContext) {
    this.#context = context
  }

  /** The daemon has decided, and tells nobody yet. */
  decided(decision: Decision, nowMillis: number): void {
    if (this.#decision !== undefined) this.#fail("something was saved before the last save was answered", decision)
    this.#decision = decision
    const { evicted, refusedFor, saving } = decision
    if (this.#isRenewal(saving, nowMillis)) {
      if (refusedFor !== undefined || evicted.length > 0) this.#fail("a renewal asked for room", decision)
      return
    }
    for (const each of evicted) this.#evict(each, decision, nowMillis)
    const excess = this.#excess(saving, nowMillis)
    if (refusedFor === undefined) {
      if (excess !== undefined) this.#fail(`something was saved that is one too many for ${excess}`, decision)
    } else if (!this.#mayRefuse(decision, nowMillis)) this.#fail("something was not saved that should be", decision)
  }

  /** The limit that stood in the way of this save, by the decision about it; the answer to a save must have one behind it. */
  refusedFor(saving: Saving): keyof StoreLimits | undefined {
    const decision = this.#decision
    this.#decision = undefined
    if (decision !== undefined && isAlike(decision.saving, saving)) return decision.refusedFor
    this.#context.fail(
      `${JSON.stringify(saving)} was not saved although it was asked for, but ${JSON.stringify(decision?.saving)}`
    )
    return undefined
  }

  #isRenewal({ endpointLabel, label, properties }: Saving, nowMillis: number): boolean {
    if (endpointLabel === undefined) return false
    return this.#context.bindings.known({ label, properties, endpointLabel }, nowMillis) !== undefined
  }

  /** What is held on the side that something is saved on, and what on the other. */
  #sides({ endpointLabel }: Saving, nowMillis: number) {
    const connections = this.#context.connections().map(heldOf)
    const bindings = this.#context.bindings.living(nowMillis).map(heldOf)
    return endpointLabel === undefined
      ? ({ own: connections, other: bindings, each: "connectionsPerEndpointMax", all: "connectionsMax" } as const)
      : ({ own: bindings, other: connections, each: "bindingsPerDestinationMax", all: "bindingsMax" } as const)
  }

  /** The first limit that a save exceeds. */
  #excess(saving: Saving, nowMillis: number): keyof StoreLimits | undefined {
    const { limits } = this.#context
    const { all, each, other, own } = this.#sides(saving, nowMillis)
    const isOver = (count: number, limit: number | "unlimited") => limit !== "unlimited" && count > limit
    if (isOver(own.filter(({ label }) => label === saving.label).length + 1, limits[each])) return each
    if (isOver(own.length + 1, limits[all])) return all
    const textBytes = [...own, ...other].reduce((sum, held) => sum + held.textBytes, newcomerOf(saving).textBytes)
    return isOver(textBytes, limits.textBytesMax) ? "textBytesMax" : undefined
  }

  /** Who may have to go for a save that exceeds a limit. */
  #verdict(excess: keyof StoreLimits, saving: Saving, nowMillis: number): Room.Verdict<Entry> {
    const { all, each, other, own } = this.#sides(saving, nowMillis)
    const newcomer = newcomerOf(saving)
    const limit = Number(this.#context.limits[excess])
    if (excess === each) return Room.victimsOfLabel(own, newcomer)
    const dead = [...own, ...(excess === all ? [] : other)].filter(
      (held) => held.canGiveWay && held.deadlineMillis <= nowMillis
    )
    // The dead go before the living.
    if (dead.length > 0) return { victims: dead.map(({ entry }) => entry), mayRefuse: false }
    return excess === all ? Room.victimsByCount(own, newcomer, limit) : Room.victimsByText(own, other, newcomer, limit)
  }

  #mayRefuse({ refusedFor, saving }: Decision, nowMillis: number): boolean {
    const { limits } = this.#context
    const { all, each } = this.#sides(saving, nowMillis)
    if (limits[each] === 0 || limits[all] === 0) return true
    if (limits.textBytesMax !== "unlimited" && newcomerOf(saving).textBytes > limits.textBytesMax) return true
    const excess = this.#excess(saving, nowMillis)
    return excess !== undefined && excess === refusedFor && this.#verdict(excess, saving, nowMillis).mayRefuse
  }

  #evict(gone: Gone, decision: Decision, nowMillis: number): void {
    const { bindings, connections } = this.#context
    const victim: Entry | undefined =
      "number" in gone ? connections().find(({ number }) => number === gone.number) : bindings.firstLike(gone)
    if (victim === undefined) return this.#fail("something that is not there had to make room", decision)
    const excess = this.#excess(decision.saving, nowMillis)
    const isExpired = victim.deadlineMillis <= nowMillis
    if (excess === undefined) this.#fail("something had to make room where there is room", decision)
    else if (gone.cause !== (isExpired ? "expired" : excess)) {
      this.#fail(`something had to make room for another reason than ${excess}`, decision)
    } else if (!this.#verdict(excess, decision.saving, nowMillis).victims.includes(victim)) {
      this.#fail(`it was not its turn to make room: ${JSON.stringify(victim)}`, decision)
    }
    this.#context.evicted(victim, isExpired)
  }

  #fail(message: string, decision: Decision): void {
    this.#context.fail(`${message}: ${JSON.stringify(decision)}`)
  }
}
