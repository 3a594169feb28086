import { checkSocketPath } from "@scached/fdpass"
import { Effect } from "effect"
import { OptionsInvalid, OptionUnknown, SettingInvalid, type SettingsError } from "./ClientError.ts"

/**
 * How a client behaves. The defaults of the first three settings are those of Postfix's smtp(8).
 *
 * @category models
 */
export interface ClientSettings {
  /** The cache's UNIX socket. */
  readonly path: string
  /** For how long one attempt may take, connecting included; 5000 unless told otherwise (connection_cache_protocol_timeout). */
  readonly answerMillisMax: number
  /** How many attempts a request has before the cache counts as out of reach; 2 unless told otherwise. */
  readonly attemptsMax: number
  /** The pause before another attempt; 1000 unless told otherwise. */
  readonly retryMillis: number
  /**
   * How long the client backs off from a cache that is out of reach; the default is 1000. It doubles each time up to
   * `restMillisMax`, and starts over after the first answer. `Infinity` gives up for good, as smtp(8) does.
   */
  readonly restMillis: number
  /** 60,000 unless told otherwise. */
  readonly restMillisMax: number
  /** How many connections to the cache there may be, and so requests at the same time; 1 unless told otherwise. */
  readonly connectionsMax: number
  /** How many calls may wait for their turn; 1000 unless told otherwise. */
  readonly waitingMax: number
}

/**
 * What must be told of the settings, and what may.
 *
 * @category models
 */
export type ClientOptions = Pick<ClientSettings, "path"> & Partial<ClientSettings>

/**
 * The settings that have a default.
 *
 * @category constants
 */
export const defaultSettings: Omit<ClientSettings, "path"> = {
  answerMillisMax: 5000,
  attemptsMax: 2,
  retryMillis: 1000,
  restMillis: 1000,
  restMillisMax: 60_000,
  connectionsMax: 1,
  waitingMax: 1000
}

/** The longest that timers know: 2^31-1 milliseconds. */
const timerMillisMax = 2_147_483_647

type Range = readonly [holds: (value: number) => boolean, expected: string]
const count: Range = [(value) => Number.isInteger(value) && value >= 1, "a whole number from 1"]
const countOrNone: Range = [(value) => Number.isInteger(value) && value >= 0, "a whole number from 0"]
const duration: Range = [(value) => value > 0 && value <= timerMillisMax, "milliseconds above 0, at most 2147483647"]
const pause: Range = [(value) => value >= 0 && value <= timerMillisMax, "milliseconds from 0 to 2147483647"]
const rest: Range = [(value) => value >= 0, "milliseconds from 0, or Infinity"]

const ranges: Readonly<Record<keyof Omit<ClientSettings, "path">, Range>> = {
  answerMillisMax: duration,
  attemptsMax: count,
  retryMillis: pause,
  restMillis: rest,
  restMillisMax: rest,
  connectionsMax: count,
  waitingMax: countOrNone
}

/** Of an object that is typed, the keys that its type names. */
const names = Object.keys(ranges) as ReadonlyArray<keyof typeof ranges>

const optionNames: ReadonlyArray<string> = ["path", ...names]

/** What the types say already; a program without types may have told anything. */
const checkShape = (options: unknown): Effect.Effect<void, SettingsError> => {
  if (typeof options !== "object" || options === null) return Effect.fail(new OptionsInvalid({ found: options }))
  const unknown = Object.keys(options).find((name) => !optionNames.includes(name))
  if (unknown !== undefined) return Effect.fail(new OptionUnknown({ option: unknown, known: optionNames }))
  for (const [name, found] of Object.entries(options)) {
    if (name === "path" || found === undefined || typeof found === "number") continue
    return Effect.fail(new SettingInvalid({ setting: name, found, expected: "a number" }))
  }
  const path: unknown = "path" in options ? options.path : undefined
  if (typeof path === "string") return Effect.void
  return Effect.fail(new SettingInvalid({ setting: "path", found: path, expected: "the path of the cache's socket" }))
}

/**
 * Completes and checks what a program has told; fails with `OptionsInvalid`, `OptionUnknown` or `SettingInvalid`, or with
 * `SocketPathInvalid` for the path.
 *
 * @category constructors
 */
export const makeSettings = Effect.fnUntraced(function* (
  options: ClientOptions
): Effect.fn.Return<ClientSettings, SettingsError> {
  yield* checkShape(options)
  const settings: { -readonly [Name in keyof ClientSettings]: ClientSettings[Name] } = {
    ...defaultSettings,
    path: options.path
  }
  // What is undefined was not told: programs pass on options that they may not have.
  for (const setting of names) settings[setting] = options[setting] ?? defaultSettings[setting]
  yield* Effect.fromResult(checkSocketPath(settings.path))
  for (const setting of names) {
    const [holds, expected] = ranges[setting]
    const found = settings[setting]
    if (!holds(found)) return yield* new SettingInvalid({ setting, found, expected })
  }
  return settings
})
