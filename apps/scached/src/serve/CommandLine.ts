/**
 * The command line as a value: what to do, or what is wrong with it.
 */
import { resolve } from "node:path"
import { parseArgs } from "node:util"
import { checkSocketPath } from "@scached/fdpass"
import { Override } from "@scached/postfix"
import { Result } from "effect"
import type { LogFormat } from "../log/LogFormat.ts"
import { UsageError } from "./UsageError.ts"

/** Where the log goes. */
export type LogTarget = "stderr" | "syslog"

/** The arguments of `serve`. */
export interface ServeCommand {
  readonly _tag: "Serve"
  /** Undefined where systemd passes the listening sockets. */
  readonly socketPath: string | undefined
  /** Undefined where none was asked for. */
  readonly mode: number | undefined
  readonly isVerbose: boolean
  readonly overrides: ReadonlyArray<Override.Override>
  /** An absolute path. */
  readonly configurationDirectory: string | undefined
  readonly logFormat: LogFormat
  readonly logTarget: LogTarget
  /** Users and groups that may connect, by name or number. */
  readonly allowedUsers: ReadonlyArray<string>
  readonly allowedGroups: ReadonlyArray<string>
}

/** What the user wants. */
export type Command = ServeCommand | { readonly _tag: "Help" } | { readonly _tag: "Version" }

/** Every option, by its long name: what `parse` takes, and what the manual page must hold. */
export const options = {
  socket: { type: "string", multiple: true },
  mode: { type: "string", multiple: true },
  "allow-user": { type: "string", multiple: true },
  "allow-group": { type: "string", multiple: true },
  "config-directory": { type: "string", multiple: true },
  parameter: { type: "string", short: "o", multiple: true },
  "log-format": { type: "string", multiple: true },
  "log-to": { type: "string", multiple: true },
  verbose: { type: "boolean", short: "v", multiple: true },
  help: { type: "boolean", short: "h" },
  version: { type: "boolean" }
} as const

type Values = NonNullable<ReturnType<typeof parseArgs<{ options: typeof options }>>["values"]>

const fail = (message: string) => Result.fail(UsageError.of(message))

const seeHelp = "see scached --help"

const scan = (args: ReadonlyArray<string>) => {
  try {
    return Result.succeed(parseArgs({ args: [...args], options, strict: true, allowPositionals: true }))
  } catch (error) {
    // Its messages name the option; only the first sentence helps an operator.
    const text = error instanceof Error ? error.message : String(error)
    return fail(`${text.split(/[.\n]/)[0]}: ${seeHelp}`)
  }
}

const parseMode = (text: string): Result.Result<number, UsageError> =>
  /^0?[0-7]{3}$/.test(text)
    ? Result.succeed(Number.parseInt(text, 8))
    : fail(`--mode ${text}: not a file mode: write three octal digits, with or without a 0 before them: 600 or 0660`)

const chooseFrom = <const Choice extends string>(
  option: string,
  text: string,
  choices: ReadonlyArray<Choice>
): Result.Result<Choice, UsageError> => {
  const chosen = choices.find((each) => each === text)
  return chosen === undefined ? fail(`--${option} ${text}: write ${choices.join(" or ")}`) : Result.succeed(chosen)
}

/** Reads the arguments behind the program's name. */
export const parse = (args: ReadonlyArray<string>): Result.Result<Command, UsageError> => {
  const scanned = scan(args)
  if (Result.isFailure(scanned)) return Result.fail(scanned.failure)
  const { values, positionals } = scanned.success
  if (values.help === true) return Result.succeed({ _tag: "Help" })
  if (values.version === true) return Result.succeed({ _tag: "Version" })
  const [subcommand, ...rest] = positionals
  if (subcommand === undefined) return fail(`nothing to do: write scached serve --socket PATH, or ${seeHelp}`)
  if (subcommand !== "serve")
    return fail(
      `unknown command "${subcommand}": the commands are serve, install, status, list, watch, top and check; ${seeHelp}`
    )
  if (rest[0] !== undefined) return fail(`"${rest[0]}" is not an option: the socket's path goes behind --socket`)
  return parseServe(values)
}

const parseServe = (values: Values): Result.Result<Command, UsageError> =>
  Result.gen(function* () {
    const overrides = yield* parseOverrides(values.parameter ?? [])
    const mode = values.mode?.at(-1)
    return {
      _tag: "Serve",
      socketPath: yield* parseSocket(values.socket ?? []),
      mode: mode === undefined ? undefined : yield* parseMode(mode),
      isVerbose: (values.verbose ?? []).length > 0,
      overrides,
      configurationDirectory: yield* parseDirectory(values["config-directory"]?.at(-1), overrides),
      logFormat: yield* chooseFrom("log-format", values["log-format"]?.at(-1) ?? "text", ["text", "json"]),
      logTarget: yield* chooseFrom("log-to", values["log-to"]?.at(-1) ?? "stderr", ["stderr", "syslog"]),
      allowedUsers: values["allow-user"] ?? [],
      allowedGroups: values["allow-group"] ?? []
    } as const
  })

const parseSocket = ([path, second]: ReadonlyArray<string>): Result.Result<string | undefined, UsageError> => {
  if (path === undefined) return Result.succeed(undefined)
  if (second !== undefined) return fail("--socket is given twice: one server serves one socket")
  const checked = checkSocketPath(path)
  return Result.isFailure(checked) ? fail(`--socket: ${checked.failure.message}`) : Result.succeed(path)
}

const parseOverrides = (texts: ReadonlyArray<string>): Result.Result<ReadonlyArray<Override.Override>, UsageError> => {
  const parsed = texts.map(Override.parse)
  const messages = parsed.flatMap((each) => (Result.isFailure(each) ? [each.failure.message] : []))
  if (messages.length > 0) return Result.fail(new UsageError({ messages }))
  return Result.succeed(parsed.flatMap((each) => (Result.isSuccess(each) ? [each.success] : [])))
}

/** `--config-directory DIR`, or `-o config_directory=DIR`, which says the same. */
const parseDirectory = (
  option: string | undefined,
  overrides: ReadonlyArray<Override.Override>
): Result.Result<string | undefined, UsageError> => {
  const override = overrides.findLast(({ name }) => name === "config_directory")?.value
  if (option === "" || override === "") return fail("--config-directory: write the directory of main.cf")
  if (override?.includes("$") === true) {
    return fail(`-o config_directory=${override}: it cannot refer to what is read there: write the directory itself`)
  }
  const [one, other] = [option, override].map((each) => (each === undefined ? undefined : resolve(each)))
  if (one !== undefined && other !== undefined && one !== other) {
    return fail(`--config-directory ${option} and -o config_directory=${override} differ: give one of them`)
  }
  return Result.succeed(one ?? other)
}
