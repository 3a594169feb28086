/**
 * The lines that tell of a run as a whole: one at its start, one at its end, and on SIGUSR1 all that is counted.
 */
import { Effect, type Scope } from "effect"
import { Journal } from "../log/Journal.ts"
import type { ProcessSignals } from "../process/ProcessSignals.ts"
import type { SettingsInForce } from "../settings/CacheSettings.ts"
import type { CacheServer } from "./CacheServer.ts"

/** Words of a line of counters: below what syslog and postlogd take. */
const wordsPerLine = 10

/** A run that tells of itself. */
export interface RunLines {
  /** The cache serves. */
  readonly started: (server: Pick<CacheServer, "status">) => void
  /** Why it ends, where no signal has ended it. */
  readonly endsBy: (reason: string) => void
}

type Numbers = Readonly<Record<string, number>>

const linesOf = (
  group: string,
  numbers: Numbers
): ReadonlyArray<{ readonly text: string; readonly fields: Numbers }> => {
  const entries = Object.entries(numbers)
  return Array.from({ length: Math.ceil(entries.length / wordsPerLine) }, (_, index) => {
    const part = entries.slice(index * wordsPerLine, (index + 1) * wordsPerLine)
    const words = part.map(([name, count]) => `${name}=${count}`)
    return { text: `status: ${group} ${words.join(" ")}`, fields: Object.fromEntries(part) }
  })
}

/**
 * Opens the lines of a run. To be called before the server is made, so that the last one comes when all is closed and counted. The first and
 * the last one are left out where the settings want scache(8)'s lines alone; SIGUSR1 is answered in any case.
 */
export const open = Effect.fnUntraced(function* (
  signals: ProcessSignals,
  settings: SettingsInForce
): Effect.fn.Return<RunLines, never, Journal | Scope.Scope> {
  const journal = yield* Journal
  let server: Pick<CacheServer, "status"> | undefined
  let reason: string | undefined
  /** SIGUSR1 has come before there was anything to log. */
  let isCallWaiting = false
  const logStatus = (): void => {
    if (server === undefined) {
      isCallWaiting = true
      return
    }
    const { counters, gauges, limits, limitsReached } = server.status()
    const groups = { counters, gauges, limits, "limits reached": limitsReached }
    for (const [group, numbers] of Object.entries(groups)) {
      for (const { fields, text } of linesOf(group, numbers)) journal.info(text, fields)
    }
  }
  yield* Effect.acquireRelease(
    Effect.sync(() => signals.statusCalls.answer(logStatus)),
    (stop) => Effect.sync(stop)
  )
  yield* Effect.addFinalizer(() =>
    Effect.sync(() => {
      if (server === undefined || !settings.current.hasOwnLines) return
      const { counters, uptimeSeconds } = server.status()
      const { clients = 0, handed_over: handedOver = 0, saved_endpoints: saved = 0 } = counters
      const why = signals.ending ?? reason ?? "a failure"
      journal.info(
        `ended by ${why} after ${Math.floor(uptimeSeconds)} s: ${clients} clients, ${saved} connections saved, ${handedOver} handed over`,
        { reason: why, uptime: uptimeSeconds, clients, saved, handedOver }
      )
    })
  )
  return {
    started: (running) => {
      server = running
      if (isCallWaiting) logStatus()
      if (!settings.current.hasOwnLines) return
      const { isBatching, limits, mode, version } = running.status()
      const {
        connection_cache_ttl_limit: ttl,
        descriptors,
        scached_client_limit: clients,
        scached_connection_limit: connections
      } = limits
      journal.info(
        `started: scached ${version}, mode ${mode}, at most ${connections} connections and ${clients} clients with ${descriptors} descriptors, ` +
          `ttl limit ${ttl} s, io_uring ${isBatching ? "used" : "unused"}`,
        { version, mode, connections, clients, descriptors, ttl, isBatching }
      )
    },
    endsBy: (why) => {
      reason = why
    }
  }
})
