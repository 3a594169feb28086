/**
 * The parameters of main.cf and `-o` that `scached serve` uses: those of scache(8)'s manual page, and the cache's own.
 */
import { Parameter, scacheParameters } from "@scached/postfix"
import { cacheParameters } from "../settings/parameters.ts"
import { valueText as textOf } from "../settings/settingTexts.ts"

/**
 * By the names of Postfix's own table. Unlike a service of master(8), which restarts it, a daemon started by hand runs until it is ended:
 * it has no `max_idle` unless that is set.
 */
export const serveParameters = {
  ttlSecondsMax: scacheParameters.ttlSecondsMax,
  statisticsSeconds: scacheParameters.statisticsSeconds,
  configurationDirectory: { ...scacheParameters.configurationDirectory, about: "The same as --config-directory." },
  watchdogSeconds: scacheParameters.watchdogSeconds,
  requestSecondsMax: scacheParameters.requestSecondsMax,
  idleSecondsMax: Parameter.time({
    name: "max_idle",
    default: "0s",
    minSeconds: 0,
    about: "The daemon exits when no client has been connected for this long; 0: never."
  }),
  processId: { ...scacheParameters.processId, about: "Set by scached: its process number." },
  processName: { ...scacheParameters.processName, about: "Set by scached: scached." },
  serviceName: { ...scacheParameters.serviceName, about: "Set by scached: the name of the socket file." },
  syslogFacility: { ...scacheParameters.syslogFacility, about: "The syslog facility, with --log-to syslog." },
  syslogName: {
    ...scacheParameters.syslogName,
    about: "The text before /scached on each line, with --log-to syslog."
  },
  ...cacheParameters
} as const

/** The name that the program has for a parameter. */
export type ServeKey = keyof typeof serveParameters

/** The values of all parameters. */
export type ServeValues = Parameter.Values<typeof serveParameters>

/** Postfix's parameters whose changes take effect with the next start. The table of the cache's own parameters marks its own. */
const fixedAtStart: ReadonlySet<ServeKey> = new Set<ServeKey>(["watchdogSeconds", "syslogFacility", "syslogName"])

/** Whether a change takes effect with the next start; other changes take effect at once. */
export const needsRestart = (key: ServeKey): boolean => fixedAtStart.has(key) || "needsRestart" in serveParameters[key]

/** A value as it would stand in main.cf. */
export const valueText = (key: ServeKey, values: ServeValues): string => textOf(serveParameters[key], values[key])
