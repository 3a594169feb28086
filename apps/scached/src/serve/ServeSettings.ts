/**
 * The settings of `scached serve` from `-o` and main.cf, read into one value; read again at SIGHUP.
 */
import { basename, resolve } from "node:path"
import { ProcessCalls } from "@scached/daemon"
import type { FarewellRules } from "@scached/farewell"
import { errnoExplanation } from "@scached/fdpass"
import { MainConfiguration, type Override, ParameterSource, PostfixDefaults, scacheParameters } from "@scached/postfix"
import { Effect, Result } from "effect"
import * as Allowed from "../settings/Allowed.ts"
import { farewellRulesOf } from "../settings/farewells.ts"
import { readMainConfiguration } from "../settings/readMainConfiguration.ts"
import * as UnknownParameters from "../settings/UnknownParameters.ts"
import { type ServeKey, type ServeValues, serveParameters } from "./ServeParameters.ts"
import { UsageError } from "./UsageError.ts"

/** Where the settings come from; the same for every reading. */
export interface SettingsOrigin {
  readonly overrides: ReadonlyArray<Override.Override>
  /** The directory of main.cf; without one, no file is read. */
  readonly configurationDirectory: string | undefined
  readonly socketPath: string | undefined
  /** Of `--allow-user` and `--allow-group`. */
  readonly allowedUsers: ReadonlyArray<string>
  readonly allowedGroups: ReadonlyArray<string>
}

/** The settings as they are now. */
export interface ServeSettings {
  readonly values: ServeValues
  /** Who may connect besides root and the daemon's own user. */
  readonly allowed: Allowed.Allowed
  /** What is said to whom before a connection is closed. */
  readonly farewells: FarewellRules.FarewellRules
  /** Where a value is set, in words. */
  readonly originOf: (key: ServeKey) => string
  /** What is read over, and should not be: for the log. */
  readonly remarks: ReadonlyArray<string>
}

const table = { ...scacheParameters, ...serveParameters }

/** What the program itself tells: other values may refer to it. */
const facts = ["process_id", "process_name", "service_name"] as const

/** `-o` settings that count here: known ones, and whatever a value refers to. */
const settable = Object.values(serveParameters).map(({ name }) => name)

const noConfiguration: MainConfiguration.MainConfiguration = {
  file: "main.cf",
  settings: [],
  remarks: [],
  remarksLeftOut: 0,
  byName: new Map()
}

const readConfiguration = (directory: string, giveWay: Effect.Effect<void>) =>
  Effect.catch(readMainConfiguration(directory, giveWay), (error) => {
    if (error._tag !== "SystemCallError") return UsageError.of(error.message)
    const why = `${errnoExplanation(error.errno)} (${error.errnoName})`
    const advice = "is --config-directory the directory of main.cf, and may this user read it?"
    return UsageError.of(`${error.subject} cannot be read: ${why}: ${advice}`)
  })

const unknownOverrides = (
  overrides: ReadonlyArray<Override.Override>,
  configuration: MainConfiguration.MainConfiguration
): ReadonlyArray<string> => {
  const odd = overrides.filter(({ name }) => !settable.includes(name))
  if (odd.length === 0) return []
  const defaults = Object.values(table).map((each) => each.default)
  const referred = UnknownParameters.referred(overrides, configuration, defaults)
  return odd
    .filter(({ name }) => !referred.has(name))
    .map(
      ({ name }) =>
        `-o: unknown parameter "${name}", and no value refers to it: those that count here are ${settable.join(", ")}`
    )
}

/** Settings of what the program tells by itself. */
const ignoredSettings = (
  overrides: ReadonlyArray<Override.Override>,
  configuration: MainConfiguration.MainConfiguration
): ReadonlyArray<string> =>
  facts.flatMap((name) => {
    const line = configuration.byName.get(name)?.line
    const places = [
      ...(overrides.some((each) => each.name === name) ? ["-o"] : []),
      ...(line === undefined ? [] : [`${configuration.file}, line ${line}`])
    ]
    return places.map((place) => `${place}: ${name} is ignored: scached sets it itself, for other values to refer to`)
  })

/** The service's name where no socket has one. */
const programName = "scached"

/** Reads everything, and gives way between the parts of main.cf; fails with all that is wrong. */
export const read = Effect.fnUntraced(function* (
  origin: SettingsOrigin,
  giveWay: Effect.Effect<void> = Effect.void
): Effect.fn.Return<ServeSettings, UsageError, ProcessCalls> {
  const { overrides } = origin
  const { pid } = yield* ProcessCalls
  const directory = origin.configurationDirectory
  const configuration = directory === undefined ? noConfiguration : yield* readConfiguration(directory, giveWay)
  const source = PostfixDefaults.makeSource({
    table,
    configuration,
    overrides,
    facts: {
      process_id: String(pid),
      process_name: programName,
      service_name: origin.socketPath === undefined ? programName : basename(origin.socketPath),
      // The directory that is read: main.cf cannot name another one.
      ...(directory === undefined ? {} : { config_directory: resolve(directory) })
    }
  })
  const values = ParameterSource.readAll(source, serveParameters)
  const wrong = Result.isFailure(values) ? values.failure.map(({ message }) => message) : []
  const messages = [...unknownOverrides(overrides, configuration), ...wrong]
  if (Result.isFailure(values) || messages.length > 0) return yield* new UsageError({ messages })
  const farewells = farewellRulesOf(values.success)
  if (Result.isFailure(farewells)) return yield* UsageError.of(farewells.failure)
  return {
    values: values.success,
    farewells: farewells.success,
    allowed: yield* lookUpAllowed(origin, values.success),
    originOf: (key) => source.find(serveParameters[key].name)?.origin ?? "the default",
    remarks: [
      ...MainConfiguration.remarkLines(configuration),
      ...ignoredSettings(overrides, configuration),
      // Those of -o were found above.
      ...UnknownParameters.remarks([], configuration)
    ]
  }
})

const lookUpAllowed = ({ allowedGroups, allowedUsers }: SettingsOrigin, values: ServeValues) =>
  Allowed.lookUp(
    wantedOf("--allow-user", allowedUsers, serveParameters.allowedUsers.name, values.allowedUsers),
    wantedOf("--allow-group", allowedGroups, serveParameters.allowedGroups.name, values.allowedGroups)
  ).pipe(Effect.mapError(({ message }) => UsageError.of(message)))

/** Those of an option, and then those of a parameter. */
function* wantedOf(
  option: string,
  words: ReadonlyArray<string>,
  parameter: string,
  list: string
): Generator<Allowed.Wanted> {
  for (const word of words) yield { from: option, word }
  yield* Allowed.wordsOf(parameter, list)
}
