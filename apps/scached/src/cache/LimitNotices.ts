import type { EventLoop } from "@scached/reactor"
import type { LimitName } from "@scached/store"
import type { Journal } from "../log/Journal.ts"
import type { CacheSettings } from "./CacheSettings.ts"

/** Whatever can be full. */
export type LimitKind = LimitName | "clientsMax" | "outputBytesMax" | "requestBytesMax"

/** A limit that goes on being reached is told again after that long. */
const silenceMillis = 3_600_000

const inWords: Readonly<Record<LimitKind, (limit: number | string) => string>> = {
  connectionsMax: (limit) =>
    `the cache is full: ${limit} connections (scached_connection_limit); those of who has the most make room`,
  connectionsPerEndpointMax: (limit) =>
    `an endpoint is full: ${limit} connections (scached_endpoint_connection_limit); the one that expires first makes room`,
  bindingsMax: (limit) =>
    `the cache is full: ${limit} bindings (scached_binding_limit); those of who has the most make room`,
  bindingsPerDestinationMax: (limit) =>
    `a destination is full: ${limit} bindings (scached_destination_binding_limit); the one that expires first makes room`,
  textBytesMax: (limit) =>
    `the cache is full: ${limit} bytes of labels and properties (scached_text_limit); what has the most makes room`,
  clientsMax: (limit) =>
    `all places for clients are taken: ${limit} (scached_client_limit); who comes waits until one leaves`,
  outputBytesMax: (limit) =>
    `a client was disconnected, its answer is longer than may wait: ${limit} bytes (scached_output_limit)`,
  requestBytesMax: (limit) => `a client sent more than a request may have: ${limit} bytes (scached_request_limit)`
}

/**
 * Counts how often each limit was reached, and tells it with one line: the first time, after the limit has changed, and once an hour while
 * it goes on.
 */
export class LimitNotices {
  readonly #loop: EventLoop
  readonly #journal: Journal["Service"]
  readonly #settings: CacheSettings
  readonly #counts = new Map<LimitKind, number>()
  readonly #told = new Map<LimitKind, { readonly limit: number | string; readonly atMillis: number }>()

  constructor(loop: EventLoop, journal: Journal["Service"], settings: CacheSettings) {
    this.#loop = loop
    this.#journal = journal
    this.#settings = settings
  }

  /** How often each was reached so far; those that never were are missing. */
  get counts(): ReadonlyMap<LimitKind, number> {
    return this.#counts
  }

  reached(kind: LimitKind): void {
    this.#counts.set(kind, (this.#counts.get(kind) ?? 0) + 1)
    const told = this.#told.get(kind)
    const limit = this.#settings[kind]
    const { nowMillis } = this.#loop
    if (told !== undefined && told.limit === limit && nowMillis < told.atMillis + silenceMillis) return
    this.#told.set(kind, { limit, atMillis: nowMillis })
    this.#journal.warning(inWords[kind](limit))
  }
}
