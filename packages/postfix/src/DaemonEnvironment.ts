/**
 * The environment variables that master(8) starts its daemons with.
 *
 * | variable | means |
 * |---|---|
 * | `MAIL_CONFIG` | the directory of main.cf, `/etc/postfix` without it |
 * | `GENERATION` | which generation of the process table this daemon belongs to, in octal digits |
 * | `POSTLOG_SERVICE` | the socket of postlogd(8), below queue_directory |
 * | `POSTLOG_HOSTNAME` | the host's name on log lines until main.cf is read |
 * | `MAIL_LOGTAG` | what stands before the process name on log lines until main.cf is read |
 * | `TZ` | the time zone |
 * | `MAIL_VERBOSE` | set at all: verbose |
 * | `MAIL_DEBUG` | set at all: debugging |
 */
import { Result, Schema, SchemaTransformation } from "effect"
import { shown } from "./internal/characters.ts"

const generationMax = 0xffff_ffff

const OctalDigits = Schema.String.check(Schema.isPattern(/^[0-7]{1,16}$/)).pipe(
  Schema.decodeTo(
    Schema.Int.check(Schema.isBetween({ minimum: 0, maximum: generationMax })),
    SchemaTransformation.transform({
      decode: (digits) => Number.parseInt(digits, 8),
      encode: (number) => number.toString(8)
    })
  )
)

const AbsolutePath = Schema.String.check(Schema.isPattern(/^\//))
const NonEmpty = Schema.String.check(Schema.isMinLength(1))

const isSet = (value: string | undefined): boolean => value !== undefined

/**
 * The environment as a typed value.
 *
 * @category models
 */
export class DaemonEnvironment extends Schema.Class<DaemonEnvironment>("DaemonEnvironment")({
  /** An absolute path. */
  configurationDirectory: AbsolutePath,
  /** From 0 to 4294967295; 0 where master tells none. */
  generation: Schema.Int.check(Schema.isBetween({ minimum: 0, maximum: generationMax })),
  postlogService: Schema.UndefinedOr(NonEmpty),
  postlogHostname: Schema.UndefinedOr(NonEmpty),
  logTag: Schema.UndefinedOr(NonEmpty),
  timeZone: Schema.UndefinedOr(Schema.String),
  isVerbose: Schema.Boolean,
  isDebugging: Schema.Boolean
}) {}

/**
 * A variable holds something that cannot be right.
 *
 * @category errors
 */
export class EnvironmentInvalid extends Schema.TaggedError<EnvironmentInvalid>()("EnvironmentInvalid", {
  variable: Schema.String,
  found: Schema.String,
  expected: Schema.String
}) {
  override get message(): string {
    return `bad environment: ${this.variable}="${shown(this.found)}": expected ${this.expected}`
  }
}

const decodeGeneration = Schema.decodeUnknownResult(OctalDigits)
const decodeDirectory = Schema.decodeUnknownResult(AbsolutePath)

/** An empty name says nothing: as good as none. */
const nonEmpty = (value: string | undefined): string | undefined => (value === "" ? undefined : value)

/**
 * Reads the variables; fails with `EnvironmentInvalid` for a generation that is not octal or a configuration directory that is not
 * an absolute path.
 *
 * @category decoding
 */
export const decode = (
  variables: Readonly<Record<string, string | undefined>>
): Result.Result<DaemonEnvironment, EnvironmentInvalid> => {
  const { MAIL_CONFIG = "/etc/postfix", GENERATION = "0" } = variables
  const invalid = (variable: string, found: string, expected: string) =>
    Result.fail(new EnvironmentInvalid({ variable, found, expected }))
  const directory = decodeDirectory(MAIL_CONFIG)
  if (Result.isFailure(directory)) {
    return invalid("MAIL_CONFIG", MAIL_CONFIG, "the absolute path of the directory with main.cf")
  }
  const generation = decodeGeneration(GENERATION)
  if (Result.isFailure(generation)) {
    return invalid("GENERATION", GENERATION, "octal digits from 0 to 37777777777, as master(8) sets them")
  }
  return Result.succeed(
    new DaemonEnvironment({
      configurationDirectory: directory.success,
      generation: generation.success,
      postlogService: nonEmpty(variables["POSTLOG_SERVICE"]),
      postlogHostname: nonEmpty(variables["POSTLOG_HOSTNAME"]),
      logTag: nonEmpty(variables["MAIL_LOGTAG"]),
      timeZone: variables["TZ"],
      isVerbose: isSet(variables["MAIL_VERBOSE"]),
      isDebugging: isSet(variables["MAIL_DEBUG"])
    })
  )
}
