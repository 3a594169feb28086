import { Statistics } from "@scached/postfix"
import { Reactor } from "@scached/reactor"
import { Effect, type Scope } from "effect"
import type { CacheInterval, CacheStatistics } from "../cache/CacheStatistics.ts"
import { Journal } from "../cache/Journal.ts"

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

/**
 * Logs the cache's statistics at a regular interval and when the scope closes, as scache(8) does: what was nothing is left out.
 */
export const start = Effect.fnUntraced(function* (
  statistics: CacheStatistics,
  intervalSeconds: number
): Effect.fn.Return<void, never, Reactor | Journal | Scope.Scope> {
  const loop = yield* Reactor
  const journal = yield* Journal
  const report = (): void => {
    for (const line of linesOf(statistics.takeInterval(loop.calls.wallMillis()))) journal.info(line)
  }
  const arm = () =>
    loop.at(loop.nowMillis + intervalSeconds * 1000, () => {
      report()
      cancel = arm()
    })
  let cancel = arm()
  yield* Effect.addFinalizer(() =>
    Effect.sync(() => {
      cancel()
      report()
    })
  )
})
