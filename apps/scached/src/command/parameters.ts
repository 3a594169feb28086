/**
 * The Postfix parameters that `-o` takes.
 */
import { TimeValue } from "@scached/postfix"
import { Result } from "effect"
import { type CacheSettings, defaultCacheSettings } from "../cache/CacheSettings.ts"
import { UsageError } from "./UsageError.ts"

interface TimeParameter {
  readonly name: string
  readonly setting: "ttlSecondsMax" | "exchangeSecondsMax" | "idleSecondsMax"
  readonly secondsMin: number
  readonly about: string
}

/** Every parameter, in the order of the help page; defaults are those of `CacheSettings`. */
export const parameters: ReadonlyArray<TimeParameter> = [
  {
    name: "connection_cache_ttl_limit",
    setting: "ttlSecondsMax",
    secondsMin: 1,
    about: "longest time that a connection or a binding stays cached"
  },
  {
    name: "ipc_timeout",
    setting: "exchangeSecondsMax",
    secondsMin: 1,
    about: "a client that owes bytes for that long is disconnected"
  },
  {
    name: "max_idle",
    setting: "idleSecondsMax",
    secondsMin: 0,
    about: "exit when no client was connected for that long; 0: never"
  }
]

const fail = (message: string) => Result.fail(new UsageError({ message }))

/** `name=value`, also with the braces and spaces that Postfix allows: `{ name = value }`. */
const splitAssignment = (text: string): readonly [string, string] | undefined => {
  const inner = /^\s*\{(.*)\}\s*$/s.exec(text)?.[1] ?? text
  const equals = inner.indexOf("=")
  return equals < 0 ? undefined : [inner.slice(0, equals).trim(), inner.slice(equals + 1).trim()]
}

/** Applies one `-o name=value` to the settings. */
export const applyOverride = (settings: CacheSettings, text: string): Result.Result<CacheSettings, UsageError> => {
  const assignment = splitAssignment(text)
  if (assignment === undefined) return fail(`-o ${text}: no "=" in it: write -o name=value`)
  const [name, value] = assignment
  const parameter = parameters.find((each) => each.name === name)
  if (parameter === undefined) {
    const known = parameters.map((each) => each.name).join(", ")
    return fail(`-o ${text}: unknown parameter "${name}": known are ${known}`)
  }
  const seconds = TimeValue.parse(value, "s")
  if (Result.isFailure(seconds)) return fail(`-o ${name}: ${seconds.failure.message}`)
  if (seconds.success < parameter.secondsMin) {
    return fail(`-o ${name}: ${value} is too short: at least ${parameter.secondsMin}s`)
  }
  return Result.succeed({ ...settings, [parameter.setting]: seconds.success })
}

/** Applies all overrides in their order: the last one of a name wins. */
export const applyOverrides = (texts: ReadonlyArray<string>): Result.Result<CacheSettings, UsageError> => {
  let settings = defaultCacheSettings
  for (const text of texts) {
    const applied = applyOverride(settings, text)
    if (Result.isFailure(applied)) return Result.fail(applied.failure)
    settings = applied.success
  }
  return Result.succeed(settings)
}
