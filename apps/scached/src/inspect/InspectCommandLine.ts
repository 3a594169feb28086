/**
 * The command line of the programs that look into a cache, as a value.
 */
import { resolve } from "node:path"
import { parseArgs } from "node:util"
import { Override } from "@scached/postfix"
import { Result } from "effect"
import { type InspectFailure, usageFailure } from "./InspectFailure.ts"

/** The programs. */
export const programs = ["status", "list", "watch", "top", "check"] as const

export type Program = (typeof programs)[number]

/** Where master(8) makes the socket of its cache. */
const usualSocket = "/var/spool/postfix/private/scache"
const usualDirectory = "/etc/postfix"

/** What one of them was told. */
export interface InspectCommand {
  readonly program: Program
  readonly isHelp: boolean
  readonly isJson: boolean
  readonly socketPath: string
  readonly intervalSeconds: number
  readonly configurationDirectory: string
  readonly overrides: ReadonlyArray<Override.Override>
}

const common = { help: { type: "boolean", short: "h" }, json: { type: "boolean" } } as const
const ofCache = { ...common, socket: { type: "string" } } as const

/** The options of each program, by their long names. */
export const options = {
  status: ofCache,
  list: ofCache,
  watch: ofCache,
  top: { ...ofCache, interval: { type: "string" } },
  check: {
    ...common,
    "config-directory": { type: "string" },
    parameter: { type: "string", short: "o", multiple: true }
  }
} as const

type Values = Readonly<Record<string, unknown>>

const scan = (program: Program, args: ReadonlyArray<string>): Result.Result<Values, InspectFailure> => {
  try {
    const { values } = parseArgs({ args: [...args], options: options[program], strict: true, allowPositionals: false })
    return Result.succeed(values)
  } catch (error) {
    const text = error instanceof Error ? error.message : String(error)
    return Result.fail(usageFailure(`${text.split(/[.\n]/)[0]}: try scached ${program} --help`))
  }
}

const textIn = (values: Values, name: string): string | undefined => {
  const value = values[name]
  return typeof value === "string" ? value : undefined
}

/** Reads the words, of which the first is one of these programs. */
export const parse = ([first, ...args]: ReadonlyArray<string>): Result.Result<InspectCommand, InspectFailure> =>
  Result.gen(function* () {
    const program = programs.find((each) => each === first)
    if (program === undefined) return yield* Result.fail(usageFailure(`write one of ${programs.join(", ")}`))
    const values = yield* scan(program, args)
    const interval = textIn(values, "interval") ?? "1"
    const intervalSeconds = Number(interval)
    if (!/^[0-9.]+$/.test(interval) || !(intervalSeconds >= 0.1 && intervalSeconds <= 3600)) {
      return yield* Result.fail(usageFailure(`--interval ${interval}: write seconds, from 0.1 to 3600`))
    }
    const words = values["parameter"]
    const overrides: Array<Override.Override> = []
    for (const word of Array.isArray(words) ? words : []) {
      const override = Override.parse(String(word))
      if (Result.isFailure(override)) return yield* Result.fail(usageFailure(override.failure.message))
      overrides.push(override.success)
    }
    return {
      program,
      isHelp: values["help"] === true,
      isJson: values["json"] === true,
      socketPath: textIn(values, "socket") ?? usualSocket,
      intervalSeconds,
      configurationDirectory: resolve(textIn(values, "config-directory") ?? usualDirectory),
      overrides
    }
  })
