/**
 * What scached would do with a main.cf, without doing it.
 */
import type { ProcessCalls } from "@scached/daemon"
import { type Override, ParameterSource, PostfixDefaults } from "@scached/postfix"
import { Effect, Result } from "effect"
import { printable } from "../log/printable.ts"
import { type ServeKey, serveParameters, valueText } from "../serve/ServeParameters.ts"
import * as ServeSettings from "../serve/ServeSettings.ts"
import * as Allowed from "../settings/Allowed.ts"
import { cacheSettingsOf, remarksOn } from "../settings/cacheSettingsOf.ts"
import * as DescriptorBudget from "../settings/DescriptorBudget.ts"
import { limitParameters } from "../settings/parameters.ts"
import { readMainConfiguration } from "../settings/readMainConfiguration.ts"
import { clientParameters } from "./clientParameters.ts"
import { usageFailure } from "./InspectFailure.ts"
import type { CheckJson } from "./InspectJson.ts"

/** What is wrong between smtp(8) and the cache; nothing where main.cf cannot be read that far. */
const remarksOnClients = Effect.fnUntraced(function* (
  directory: string,
  overrides: ReadonlyArray<Override.Override>,
  ttlSecondsMax: number
): Effect.fn.Return<ReadonlyArray<string>, never, ProcessCalls> {
  const configuration = yield* Effect.option(readMainConfiguration(directory))
  if (configuration._tag === "None") return []
  const source = PostfixDefaults.makeSource({
    table: clientParameters,
    configuration: configuration.value,
    overrides,
    facts: { config_directory: directory }
  })
  const values = ParameterSource.readAll(source, clientParameters)
  if (Result.isFailure(values)) return values.failure.map(({ message }) => message)
  const { destinations, isOnDemand, ttlSeconds } = values.success
  return [
    ...(ttlSeconds > ttlSecondsMax
      ? [
          `smtp_connection_cache_time_limit is ${ttlSeconds} s and connection_cache_ttl_limit ${ttlSecondsMax} s: connections stay ${ttlSecondsMax} s`
        ]
      : []),
    ...(isOnDemand || destinations !== ""
      ? []
      : ["smtp_connection_cache_on_demand is no and smtp_connection_cache_destinations empty: smtp(8) caches nothing"])
  ]
})

// They cannot lie: these are the keys of the table.
const keys = Object.keys(serveParameters) as ReadonlyArray<ServeKey>

/** Reads main.cf of a directory, and tells what follows from it on this machine. */
export const make = Effect.fnUntraced(function* (directory: string, overrides: ReadonlyArray<Override.Override>) {
  const settings = yield* ServeSettings.read({
    overrides,
    configurationDirectory: directory,
    socketPath: undefined,
    allowedUsers: [],
    allowedGroups: []
  }).pipe(Effect.mapError(({ messages }) => usageFailure(messages.join("\n"))))
  const budget = yield* DescriptorBudget.raise
  const inForce = cacheSettingsOf(settings.values, budget, yield* Allowed.access(settings.allowed))
  const report: typeof CheckJson.Type = {
    directory,
    settings: keys
      .filter((key) => serveParameters[key].kind !== "fact")
      .map((key) => {
        const origin = settings.originOf(key)
        const isDefault = origin === "the default"
        return { name: serveParameters[key].name, value: valueText(key, settings.values), origin, isDefault }
      }),
    limits: {
      ...Object.fromEntries(limitParameters.map(({ kind, name }) => [name, Number(inForce[kind])])),
      descriptors: budget.descriptors
    },
    remarks: [
      ...settings.remarks,
      ...remarksOn(inForce, budget),
      ...(yield* Allowed.remarksOn(settings.allowed)),
      ...(yield* remarksOnClients(directory, overrides, inForce.ttlSecondsMax))
    ]
  }
  return report
})

/** The report for people. */
export const lines = ({ directory, limits, remarks, settings }: typeof CheckJson.Type): ReadonlyArray<string> => [
  `${directory}/main.cf`,
  "",
  "Settings",
  ...settings.map(
    ({ isDefault, name, origin, value }) => `  ${name} = ${printable(value)}${isDefault ? "" : `  (${origin})`}`
  ),
  "",
  "Limits",
  ...Object.entries(limits).map(([name, limit]) => `  ${name.padEnd(36)} ${String(limit).padStart(12)}`),
  "",
  remarks.length === 0 ? "No remarks." : "Remarks",
  ...remarks.map((remark) => `  ${printable(remark)}`)
]
