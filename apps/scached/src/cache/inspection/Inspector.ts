import { type CacheStatus, type Request, CacheStatus as Status } from "@scached/protocol"
import type { EventLoop } from "@scached/reactor"
import type { SettingsInForce } from "../../settings/CacheSettings.ts"
import { limitParameters } from "../../settings/parameters.ts"
import type { CacheTotals } from "../CacheStatistics.ts"
import type { ConnectionCache } from "../ConnectionCache.ts"
import type { LimitNotices } from "../LimitNotices.ts"
import { ListReport } from "./ListReport.ts"
import type { Report } from "./Report.ts"

/** What the cache does not know of the program that it is part of. */
export interface ProgramFacts {
  readonly version: string
  readonly mode: "serve" | "master" | "stream"
  readonly processId: number
  /** The settings in force, by their names in main.cf. */
  readonly settings: () => Readonly<Record<string, string>>
}

/** What there is to look at. */
export interface InspectorSources {
  readonly loop: EventLoop
  readonly cache: ConnectionCache
  readonly settings: SettingsInForce
  readonly notices: LimitNotices
  readonly facts: ProgramFacts
  readonly isBatching: boolean
  /** What there is now, besides what the cache holds. */
  readonly gauges: () => Readonly<Record<string, number>>
  readonly suppressedWarnings: () => number
}

/** `savedEndpoints` as `saved_endpoints`. */
const wireWord = (name: string): string => name.replace(/[A-Z]/g, (letter) => `_${letter.toLowerCase()}`)

const countersOf = ({ destinations, endpoints, ...counts }: CacheTotals): Record<string, number> => ({
  endpoint_hits: endpoints.hits,
  endpoint_misses: endpoints.misses,
  destination_hits: destinations.hits,
  destination_misses: destinations.misses,
  ...Object.fromEntries(Object.entries(counts).map(([name, count]) => [wireWord(name), count]))
})

/** Answers `status`, `list` and `watch`. It reads the counters that the cache keeps anyway, and keeps none itself. */
export class Inspector {
  readonly #sources: InspectorSources
  readonly #startWallMillis: number
  readonly #startMillis: number

  constructor(sources: InspectorSources) {
    this.#sources = sources
    this.#startWallMillis = sources.loop.calls.wallMillis()
    this.#startMillis = sources.loop.nowMillis
  }

  /** Begins an answer, whose parts are no longer than `bytesMax`, where one entry fits into that. */
  begin({ _tag }: Request.Status | Request.List, bytesMax: number): Report {
    const { cache, loop } = this.#sources
    if (_tag === "List") return new ListReport(cache.walk(), () => loop.nowMillis, bytesMax)
    return { next: () => ({ bytes: Status.encode(this.status()), isLast: true }) }
  }

  /** The state of this moment. */
  status(): CacheStatus.CacheStatus {
    const { cache, facts, gauges, isBatching, loop, notices, settings, suppressedWarnings } = this.#sources
    const { current } = settings
    const { sizes } = cache
    return {
      version: facts.version,
      mode: facts.mode,
      processId: facts.processId,
      isBatching,
      startedSeconds: this.#startWallMillis / 1000,
      uptimeSeconds: Math.round(loop.nowMillis - this.#startMillis) / 1000,
      counters: {
        ...countersOf(cache.statistics.totals),
        ...cache.statistics.farewells.byName(),
        suppressed_warnings: suppressedWarnings()
      },
      gauges: {
        connections: sizes.connections,
        leases: sizes.leases,
        endpoints: sizes.endpoints,
        destinations: sizes.destinations,
        bindings: sizes.bindings,
        text_bytes: sizes.textBytes,
        connection_room: cache.connectionsMax,
        watched: cache.watched,
        watchers: cache.events.watchers,
        ...gauges()
      },
      limitsReached: Object.fromEntries(limitParameters.map(({ kind, name }) => [name, notices.counts.get(kind) ?? 0])),
      limits: {
        ...Object.fromEntries(limitParameters.map(({ kind, name }) => [name, Number(current[kind])])),
        connection_cache_ttl_limit: current.ttlSecondsMax,
        scached_exchange_timeout: current.exchangeSecondsMax,
        scached_warning_limit: current.warningsPerSecondMax,
        descriptors: current.descriptorsMax
      },
      settings: facts.settings()
    }
  }
}
