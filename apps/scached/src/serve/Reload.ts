/**
 * Reads the settings of a running `serve` again, and logs the changes.
 */
import type { ProcessCalls } from "@scached/daemon"
import { Effect } from "effect"
import { needsRestart, type ServeKey, serveParameters, valueText } from "./ServeParameters.ts"
import { read, type ServeSettings, type SettingsOrigin } from "./ServeSettings.ts"

// They cannot lie: these are the keys of the table.
const keys = Object.keys(serveParameters) as ReadonlyArray<ServeKey>

const logChange = (key: ServeKey, before: ServeSettings, after: ServeSettings) => {
  const { name } = serveParameters[key]
  const [old, now] = [valueText(key, before.values), valueText(key, after.values)]
  const later = needsRestart(key) ? ", takes effect with a restart" : ""
  return Effect.logInfo(`reload: ${name} was ${old}, is ${now} (${after.originOf(key)})${later}`).pipe(
    Effect.annotateLogs({ parameter: name, old, new: now, restart: needsRestart(key) })
  )
}

/**
 * Reads main.cf and the databases of users and groups again, and logs a line for each parameter that has changed. What cannot be read is logged
 * as an error, and the settings stay as they were. It gives way between the parts of main.cf.
 */
export const reload = Effect.fnUntraced(function* (
  origin: SettingsOrigin,
  before: ServeSettings,
  giveWay: Effect.Effect<void>
): Effect.fn.Return<ServeSettings, never, ProcessCalls> {
  // Without main.cf too: the users and groups of the command line may have other numbers or members now.
  const outcome = yield* Effect.result(read(origin, giveWay))
  if (outcome._tag === "Failure") {
    for (const message of outcome.failure.messages)
      yield* Effect.logError(`reload: the settings stay as they were: ${message}`)
    return before
  }
  const after = outcome.success
  for (const remark of after.remarks) yield* Effect.logWarning(remark)
  const changed = keys.filter((key) => before.values[key] !== after.values[key])
  if (changed.length === 0)
    yield* Effect.logInfo(
      origin.configurationDirectory === undefined
        ? "reload: nothing changed: there is no main.cf to read, see --config-directory"
        : "reload: nothing changed"
    )
  for (const key of changed) yield* logChange(key, before, after)
  return after
})
