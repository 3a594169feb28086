/**
 * The parameters of main.cf and `-o` that `scached serve` goes by: those of scache(8)'s manual page, and the cache's own.
 */
import { Parameter, scacheParameters } from "@scached/postfix"
import { cacheParameters } from "../settings/CacheParameters.ts"

/**
 * By the names of Postfix's own table. A daemon that somebody has started leaves when somebody ends it: unlike a service of master(8),
 * which starts it again, it has no `max_idle` unless that is set.
 */
export const serveParameters = {
  ttlSecondsMax: scacheParameters.ttlSecondsMax,
  statisticsSeconds: scacheParameters.statisticsSeconds,
  configurationDirectory: scacheParameters.configurationDirectory,
  watchdogSeconds: scacheParameters.watchdogSeconds,
  requestSecondsMax: scacheParameters.requestSecondsMax,
  idleSecondsMax: Parameter.time({
    name: "max_idle",
    default: "0s",
    minSeconds: 0,
    about: "How long the daemon waits for a client before it leaves; 0: for ever."
  }),
  processId: scacheParameters.processId,
  processName: scacheParameters.processName,
  serviceName: scacheParameters.serviceName,
  syslogFacility: scacheParameters.syslogFacility,
  syslogName: scacheParameters.syslogName,
  ...cacheParameters
} as const

/** The name that the program has for a parameter. */
export type ServeKey = keyof typeof serveParameters

/** The values of all of them. */
export type ServeValues = Parameter.Values<typeof serveParameters>

/** What a change of these needs to take effect; all others do at once. */
export const needsRestart: ReadonlySet<ServeKey> = new Set<ServeKey>([
  "watchdogSeconds",
  "batching",
  "syslogFacility",
  "syslogName"
])

/** A value as it would stand in main.cf. */
export const valueText = (key: ServeKey, values: ServeValues): string =>
  serveParameters[key].kind === "time" ? `${values[key]}s` : String(values[key])
