import type { EventLoop } from "@scached/reactor"
import type { Journal } from "../log/Journal.ts"
import type { SettingsInForce } from "../settings/CacheSettings.ts"
import { type LimitKind, wordsOfLimit } from "../settings/parameters.ts"

/** While a limit stays reached, it is logged again after this long. */
const silenceMillis = 3_600_000

/**
 * Counts how often each limit was reached, and tells it with one line: the first time, after the limit has changed, and once an hour while
 * it goes on.
 */
export class LimitNotices {
  readonly #loop: EventLoop
  readonly #journal: Journal["Service"]
  readonly #settings: SettingsInForce
  readonly #counts = new Map<LimitKind, number>()
  readonly #told = new Map<LimitKind, { readonly limit: number | string; readonly atMillis: number }>()

  constructor(loop: EventLoop, journal: Journal["Service"], settings: SettingsInForce) {
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
    const limit = this.#settings.current[kind]
    const { nowMillis } = this.#loop
    if (told !== undefined && told.limit === limit && nowMillis < told.atMillis + silenceMillis) return
    this.#told.set(kind, { limit, atMillis: nowMillis })
    this.#journal.warning(wordsOfLimit(kind).notice(limit))
  }
}
