import { Statistics } from "@scached/postfix"
import { Reactor } from "@scached/reactor"
import { Effect, type Scope } from "effect"
import { Journal } from "../log/Journal.ts"
import { type LimitKind, wordsOfLimit } from "../settings/parameters.ts"
import type { CacheServer } from "./CacheServer.ts"
import type { CacheInterval, CacheTotals } from "./CacheStatistics.ts"

const linesOf = ({ startMillis, destinations, endpoints, peaks }: CacheInterval): ReadonlyArray<string> =>
  Statistics.lines({
    begin: new Date(startMillis),
    destinationHits: destinations.hits,
    destinationMisses: destinations.misses,
    endpointHits: endpoints.hits,
    endpointMisses: endpoints.misses,
    destinationsMax: peaks.destinations,
    endpointsMax: peaks.endpoints,
    connectionsMax: peaks.connections
  })

/** What scache(8) has no lines for: each line is left out when all of it is 0. */
const ownLines = {
  "made room": { connections: "evictedConnections", bindings: "evictedBindings", refused: "refusedSaves" },
  "ended by the peer": { closed: "hungUp", spoke: "spoke", failed: "failed" },
  clients: { strangers: "strangers", timeouts: "timedOut", "lost-descriptors": "lostDescriptors" }
} as const satisfies Record<string, Record<string, keyof CacheTotals>>

const ownLinesOf = (before: CacheTotals, now: CacheTotals): ReadonlyArray<string> =>
  Object.entries(ownLines).flatMap(([what, counters]) => {
    const counts = Object.entries(counters).map(([word, key]) => [word, now[key] - before[key]] as const)
    if (counts.every(([, count]) => count === 0)) return []
    return [`counters: ${what} ${counts.map(([word, count]) => `${word}=${count}`).join(" ")}`]
  })

type LimitCounts = ReadonlyMap<LimitKind, number>

/** Those that were reached, and how often. */
const limitsLineOf = (before: LimitCounts, now: LimitCounts): ReadonlyArray<string> => {
  const counts = [...now].flatMap(([kind, count]) => {
    const since = count - (before.get(kind) ?? 0)
    return since === 0 ? [] : [`${wordsOfLimit(kind).counter}=${since}`]
  })
  return counts.length === 0 ? [] : [`counters: limits reached ${counts.join(" ")}`]
}

/** The numbers of a line, by their words. */
const numbersOf = (line: string): Readonly<Record<string, number>> =>
  Object.fromEntries([...line.matchAll(/([a-z-]+)=([0-9]+)/g)].map(([, word = "", count]) => [word, Number(count)]))

/** A running report. */
export interface StatisticsReport {
  /** Changes how long an interval is; the present one ends that long from now. */
  readonly changeInterval: (statisticsSeconds: number) => void
}

/**
 * Logs the cache's statistics at a regular interval and when the scope closes, as scache(8) does: what was nothing is left out.
 */
export const start = Effect.fnUntraced(function* (
  { limitsReached, settings, statistics }: Pick<CacheServer, "limitsReached" | "settings" | "statistics">,
  initialSeconds: number,
  /** What else is to be done at each interval's end, when the process is awake anyway. */
  onInterval: () => void = () => {}
): Effect.fn.Return<StatisticsReport, never, Reactor | Journal | Scope.Scope> {
  const loop = yield* Reactor
  const journal = yield* Journal
  let statisticsSeconds = initialSeconds
  let before = { ...statistics.totals }
  let limitsBefore: LimitCounts = new Map()
  let farewellsBefore = statistics.farewells.copy()
  const report = (): void => {
    const lines = [...linesOf(statistics.takeInterval(loop.calls.wallMillis()))]
    if (settings.current.hasOwnLines) {
      lines.push(
        ...ownLinesOf(before, statistics.totals),
        ...limitsLineOf(limitsBefore, limitsReached),
        ...statistics.farewells.linesSince(farewellsBefore)
      )
    }
    for (const line of lines) journal.info(line, numbersOf(line))
    farewellsBefore = statistics.farewells.copy()
    before = { ...statistics.totals }
    limitsBefore = new Map(limitsReached)
  }
  const arm = () =>
    loop.at(loop.nowMillis + statisticsSeconds * 1000, () => {
      report()
      onInterval()
      cancel = arm()
    })
  let cancel = arm()
  yield* Effect.addFinalizer(() =>
    Effect.sync(() => {
      cancel()
      report()
    })
  )
  return {
    changeInterval: (seconds) => {
      statisticsSeconds = seconds
      cancel()
      cancel = arm()
    }
  }
})
