/**
 * The command line as a value: what to do, or what is wrong with it.
 */
import { parseArgs } from "node:util"
import { checkSocketPath } from "@scached/fdpass"
import { Effect, Result } from "effect"
import type { CacheSettings } from "../cache/CacheSettings.ts"
import { applyOverrides } from "./parameters.ts"
import { UsageError } from "./UsageError.ts"

/** What `serve` was told. */
export interface ServeCommand {
  readonly _tag: "Serve"
  readonly socketPath: string
  readonly mode: number
  readonly isVerbose: boolean
  readonly settings: CacheSettings
}

/** What the user wants. */
export type Command = ServeCommand | { readonly _tag: "Help" } | { readonly _tag: "Version" }

const options = {
  socket: { type: "string", multiple: true },
  mode: { type: "string", multiple: true },
  parameter: { type: "string", short: "o", multiple: true },
  verbose: { type: "boolean", short: "v", multiple: true },
  help: { type: "boolean", short: "h" },
  version: { type: "boolean" }
} as const

const fail = (message: string) => Result.fail(new UsageError({ message }))

const seeHelp = "see scached --help"

const scan = (args: ReadonlyArray<string>) => {
  try {
    return Result.succeed(parseArgs({ args: [...args], options, strict: true, allowPositionals: true }))
  } catch (error) {
    // Its messages name the option; only the first sentence is of use to somebody who is not a programmer.
    const text = error instanceof Error ? error.message : String(error)
    return fail(`${text.split(/[.\n]/)[0]}: ${seeHelp}`)
  }
}

const parseMode = (text: string): Result.Result<number, UsageError> =>
  /^0?[0-7]{3}$/.test(text)
    ? Result.succeed(Number.parseInt(text, 8))
    : fail(`--mode ${text}: not a file mode: write three octal digits, for instance 0600 or 0660`)

/** Reads the arguments behind the program's name. */
export const parse = (args: ReadonlyArray<string>): Result.Result<Command, UsageError> => {
  const scanned = scan(args)
  if (Result.isFailure(scanned)) return Result.fail(scanned.failure)
  const { values, positionals } = scanned.success
  if (values.help === true) return Result.succeed({ _tag: "Help" })
  if (values.version === true) return Result.succeed({ _tag: "Version" })
  const [subcommand, ...rest] = positionals
  if (subcommand === undefined) return fail(`nothing to do: write scached serve --socket PATH, or ${seeHelp}`)
  if (subcommand !== "serve") return fail(`unknown command "${subcommand}": the command is serve; ${seeHelp}`)
  if (rest[0] !== undefined) return fail(`"${rest[0]}" is not an option: the socket's path goes behind --socket`)
  return parseServe(values)
}

const parseServe = (values: {
  readonly socket?: ReadonlyArray<string>
  readonly mode?: ReadonlyArray<string>
  readonly parameter?: ReadonlyArray<string>
  readonly verbose?: ReadonlyArray<boolean>
}): Result.Result<Command, UsageError> => {
  const [socketPath, second] = values.socket ?? []
  if (socketPath === undefined) return fail("--socket is missing: write scached serve --socket PATH")
  if (second !== undefined) return fail("--socket is given twice: one server serves one socket")
  const checked = Effect.runSync(Effect.result(checkSocketPath(socketPath)))
  if (Result.isFailure(checked)) return fail(`--socket: ${checked.failure.message}`)
  const mode = parseMode(values.mode?.at(-1) ?? "0600")
  if (Result.isFailure(mode)) return Result.fail(mode.failure)
  const settings = applyOverrides(values.parameter ?? [])
  if (Result.isFailure(settings)) return Result.fail(settings.failure)
  return Result.succeed({
    _tag: "Serve",
    socketPath,
    mode: mode.success,
    isVerbose: (values.verbose ?? []).length > 0,
    settings: settings.success
  })
}
