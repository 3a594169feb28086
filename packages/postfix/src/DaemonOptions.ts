/**
 * The options that master(8) starts a daemon with: single letters, alone (`-l -v`) or together (`-lv`), arguments behind a letter
 * (`-nscache`) or after it (`-n scache`). Options end at `--` or at the first word that is none.
 *
 * | option | means |
 * |---|---|
 * | `-c` | chroot to queue_directory |
 * | `-d` | debugging: not a daemon of master's |
 * | `-D` | start a debugger |
 * | `-i time` | max_idle, the same as `-o max_idle=time` |
 * | `-l` | the process limit is 1 |
 * | `-m count` | max_use, the same as `-o max_use=count` |
 * | `-n name` | the service's name |
 * | `-o name=value` | a parameter's value instead of that in main.cf; the last one of a name counts |
 * | `-s count` | how many listen sockets there are |
 * | `-S` | serve one client on standard input and output |
 * | `-t type` | `unix`, `inet` or `pass` |
 * | `-u` | drop privileges to mail_owner |
 * | `-v` | verbose; twice, more so |
 * | `-V` | log to standard error as well |
 * | `-z` | the process limit is 0 |
 */
import { Result, Schema } from "effect"
import { shown } from "./internal/characters.ts"
import * as Override from "./Override.ts"

/**
 * What the options say, before it is held against what a service needs (`serviceMode`).
 *
 * @category models
 */
export interface DaemonOptions {
  readonly isChroot: boolean
  readonly isDebugging: boolean
  readonly isDebuggerStarted: boolean
  readonly isProcessLimitOne: boolean
  readonly isProcessLimitZero: boolean
  readonly isStream: boolean
  readonly isUnprivileged: boolean
  readonly isLoggedToStandardError: boolean
  /** How often `-v` was given. */
  readonly verbosity: number
  readonly serviceName: string | undefined
  /** The argument of `-t`, not checked yet. */
  readonly transport: string | undefined
  readonly socketCount: number
  /** From `-o`, `-i` and `-m`, in their order. */
  readonly overrides: ReadonlyArray<Override.Override>
  /** The words behind the options; Postfix's daemons ignore them. */
  readonly operands: ReadonlyArray<string>
}

/**
 * A letter that is no option.
 *
 * @category errors
 */
export class UnknownOption extends Schema.TaggedError<UnknownOption>()("UnknownOption", { option: Schema.String }) {
  override get message(): string {
    return `invalid option: -${shown(this.option)}: master(8) passes -c -d -D -i -l -m -n -o -s -S -t -u -v -V -z`
  }
}

/**
 * An option without its argument.
 *
 * @category errors
 */
export class OptionArgumentMissing extends Schema.TaggedError<OptionArgumentMissing>()("OptionArgumentMissing", {
  option: Schema.String,
  expected: Schema.String
}) {
  override get message(): string {
    return `invalid option: -${this.option} without its argument: write -${this.option} ${this.expected}`
  }
}

/**
 * The argument of `-s` is no number of sockets.
 *
 * @category errors
 */
export class SocketCountInvalid extends Schema.TaggedError<SocketCountInvalid>()("SocketCountInvalid", {
  found: Schema.String
}) {
  override get message(): string {
    return `invalid socket count: -s ${shown(this.found)}: expected a whole number from 1 to ${socketCountMax}`
  }
}

/**
 * What can be wrong in the options.
 *
 * @category errors
 */
export type DaemonOptionsError = UnknownOption | OptionArgumentMissing | SocketCountInvalid | Override.OverrideMalformed

/**
 * How many listen sockets there may be.
 *
 * @category constants
 */
export const socketCountMax = 1_000

const flags = {
  c: "isChroot",
  d: "isDebugging",
  D: "isDebuggerStarted",
  l: "isProcessLimitOne",
  S: "isStream",
  u: "isUnprivileged",
  V: "isLoggedToStandardError",
  z: "isProcessLimitZero"
} as const

const argumentOf = { i: "time", m: "count", n: "name", o: "name=value", s: "count", t: "unix" } as const

type Mutable<T> = { -readonly [Key in keyof T]: T[Key] }
type Building = Mutable<DaemonOptions> & { overrides: Array<Override.Override> }

const isKeyOf = <T extends object>(table: T, key: string): key is keyof T & string => Object.hasOwn(table, key)

/** Takes an option with its argument. */
const take = (
  options: Building,
  option: keyof typeof argumentOf,
  argument: string
): SocketCountInvalid | Override.OverrideMalformed | undefined => {
  switch (option) {
    case "i":
      options.overrides.push({ name: "max_idle", value: argument })
      return undefined
    case "m":
      options.overrides.push({ name: "max_use", value: argument })
      return undefined
    case "n":
      options.serviceName = argument
      return undefined
    case "t":
      options.transport = argument
      return undefined
    case "s":
      if (!/^[0-9]{1,9}$/.test(argument) || Number(argument) < 1 || Number(argument) > socketCountMax) {
        return new SocketCountInvalid({ found: argument })
      }
      options.socketCount = Number(argument)
      return undefined
    case "o": {
      const override = Override.parse(argument)
      if (Result.isFailure(override)) return override.failure
      options.overrides.push(override.success)
      return undefined
    }
  }
}

/**
 * Reads the words behind the command's name.
 *
 * @category decoding
 */
export const parse = (words: ReadonlyArray<string>): Result.Result<DaemonOptions, DaemonOptionsError> => {
  const options: Building = {
    isChroot: false,
    isDebugging: false,
    isDebuggerStarted: false,
    isProcessLimitOne: false,
    isProcessLimitZero: false,
    isStream: false,
    isUnprivileged: false,
    isLoggedToStandardError: false,
    verbosity: 0,
    serviceName: undefined,
    transport: undefined,
    socketCount: 1,
    overrides: [],
    operands: []
  }
  let at = 0
  for (; at < words.length; at++) {
    const word = words[at] ?? ""
    if (word === "--") at++
    if (word === "--" || !word.startsWith("-") || word === "-") break
    for (let index = 1; index < word.length; index++) {
      const letter = word[index] ?? ""
      if (letter === "v") options.verbosity++
      else if (isKeyOf(flags, letter)) options[flags[letter]] = true
      else if (isKeyOf(argumentOf, letter)) {
        const argument = index + 1 < word.length ? word.slice(index + 1) : words[++at]
        if (argument === undefined) {
          return Result.fail(new OptionArgumentMissing({ option: letter, expected: argumentOf[letter] }))
        }
        const error = take(options, letter, argument)
        if (error !== undefined) return Result.fail(error)
        break
      } else {
        return Result.fail(new UnknownOption({ option: letter }))
      }
    }
  }
  return Result.succeed({ ...options, operands: words.slice(at) })
}
