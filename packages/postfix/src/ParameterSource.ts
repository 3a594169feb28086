/**
 * Where the values of parameters come from. What the program itself tells goes before overrides (`-o`), those before main.cf, that
 * before the defaults that the caller gives, those before the table's own.
 */
import { Result } from "effect"
import { byteLength } from "./ByteText.ts"
import { expand } from "./Expansion.ts"
import type { ExpansionInvalid } from "./ExpansionInvalid.ts"
import { trimSpace } from "./internal/characters.ts"
import type { MainConfiguration } from "./MainConfiguration.ts"
import type { Override } from "./Override.ts"
import { expectation, type Parameter, type ParameterTable, type ValueOf, type Values } from "./Parameter.ts"
import {
  type ParameterError,
  ParameterMalformed,
  ParameterOutOfRange,
  ParameterUnexpandable
} from "./ParameterError.ts"
import * as TimeValue from "./TimeValue.ts"

/**
 * A parameter's value as it is written, and where that is, in words: `/etc/postfix/main.cf, line 3`.
 *
 * @category models
 */
export interface Written {
  readonly value: string
  readonly origin: string
}

/**
 * Finds what is written for a name; `undefined` for a name that nothing knows.
 *
 * @category models
 */
export interface ParameterSource {
  readonly find: (name: string) => Written | undefined
}

/**
 * What a source is made of. `facts` are what the program tells (`process_id`, `service_name`), `defaults` what it found out about the
 * machine (`myhostname`); both by the names of main.cf.
 *
 * @category models
 */
export interface ParameterSourceOptions {
  readonly table: ParameterTable
  readonly facts?: Readonly<Record<string, string>>
  readonly overrides?: ReadonlyArray<Override>
  readonly configuration?: MainConfiguration
  readonly defaults?: Readonly<Record<string, string>>
}

/**
 * A source of parameter values.
 *
 * @category constructors
 */
export const make = (options: ParameterSourceOptions): ParameterSource => {
  const { configuration } = options
  const standard = new Map<string, Written>()
  const before = new Map<string, Written>()
  for (const { name, default: value } of Object.values(options.table))
    standard.set(name, { value, origin: "the default" })
  for (const [name, value] of Object.entries(options.defaults ?? {}))
    standard.set(name, { value, origin: "the default" })
  for (const { name, value } of options.overrides ?? []) before.set(name, { value, origin: "set on the command line" })
  for (const [name, value] of Object.entries(options.facts ?? {})) {
    // A fact is no expression: a dollar in it is a dollar.
    before.set(name, { value: value.replaceAll("$", "$$$$"), origin: "set by the program" })
  }
  // Asked for, and not copied: main.cf may have 60,000 settings.
  const configured = (name: string): Written | undefined => {
    const setting = configuration?.byName.get(name)
    return setting && { value: setting.value, origin: `${configuration?.file}, line ${setting.line}` }
  }
  return { find: (name) => before.get(name) ?? configured(name) ?? standard.get(name) }
}

/**
 * A text with the references to parameters in it expanded.
 *
 * @category reading
 */
export const expandIn = (source: ParameterSource, text: string): Result.Result<string, ExpansionInvalid> =>
  expand(text, (name) => source.find(name)?.value)

/** A value without the white space around it: expansion may have left some. */
type Decoded = Result.Result<number | boolean | string, ParameterError>

const decode = (parameter: Parameter, expanded: string, origin: string): Decoded => {
  const { name, kind } = parameter
  const value = kind === "text" || kind === "fact" ? expanded : trimSpace(expanded)
  const malformed = () =>
    Result.fail(new ParameterMalformed({ name, value: expanded, kind, expected: expectation(parameter), origin }))
  const outOfRange = (bound: string) => Result.fail(new ParameterOutOfRange({ name, value: expanded, bound, origin }))
  switch (parameter.kind) {
    case "time": {
      const seconds = TimeValue.parse(value, parameter.defaultUnit)
      if (Result.isFailure(seconds)) {
        return seconds.failure.reason === "too large" ? outOfRange(`max ${TimeValue.secondsMax} seconds`) : malformed()
      }
      return seconds.success < parameter.minSeconds
        ? outOfRange(`min ${parameter.minSeconds}`)
        : Result.succeed(seconds.success)
    }
    case "integer": {
      if (!/^[+-]?[0-9]+$/.test(value)) return malformed()
      const number = Number(value)
      if (number < parameter.min) return outOfRange(`min ${parameter.min}`)
      // Adding 0 makes 0 of the -0 that "-0" is read as.
      return number > parameter.max ? outOfRange(`max ${parameter.max}`) : Result.succeed(number + 0)
    }
    case "boolean": {
      const word = value.toLowerCase()
      return word === "yes" || word === "no" ? Result.succeed(word === "yes") : malformed()
    }
    case "choice":
      return parameter.choices.includes(value) ? Result.succeed(value) : malformed()
    case "text": {
      const bytes = byteLength(value)
      if (bytes < parameter.minBytes) return outOfRange(`min ${parameter.minBytes} bytes`)
      return bytes > parameter.maxBytes ? outOfRange(`max ${parameter.maxBytes} bytes`) : Result.succeed(value)
    }
    case "fact":
      return Result.succeed(value)
  }
}

/**
 * Reads one parameter: found, expanded, decoded, held against its bounds.
 *
 * @category reading
 */
export const read = <P extends Parameter>(
  source: ParameterSource,
  parameter: P
): Result.Result<ValueOf<P>, ParameterError> => {
  const written = source.find(parameter.name) ?? { value: parameter.default, origin: "the default" }
  const { origin } = written
  const expanded = expandIn(source, written.value)
  if (Result.isFailure(expanded)) {
    const reason = expanded.failure.message
    return Result.fail(new ParameterUnexpandable({ name: parameter.name, value: written.value, reason, origin }))
  }
  // It cannot lie: `decode` gives each kind the type that `ValueOf` names for it.
  return decode(parameter, expanded.success, origin) as Result.Result<ValueOf<P>, ParameterError>
}

/**
 * Reads all parameters of a table; fails with all that is wrong, in the table's order.
 *
 * @category reading
 */
export const readAll = <Table extends ParameterTable>(
  source: ParameterSource,
  table: Table
): Result.Result<Values<Table>, ReadonlyArray<ParameterError>> => {
  const values: Record<string, number | boolean | string> = {}
  const errors: Array<ParameterError> = []
  for (const [key, parameter] of Object.entries(table)) {
    const value = read<Parameter>(source, parameter)
    if (Result.isFailure(value)) errors.push(value.failure)
    else values[key] = value.success
  }
  // It cannot lie: without an error every key of the table was given the value of its parameter.
  return errors.length > 0 ? Result.fail(errors) : Result.succeed(values as Values<Table>)
}
