/**
 * What a program knows of a parameter: its name, its kind, its default, its bounds. A table of them is plain data: programs read
 * their configuration by it, and make their help and manual pages from it.
 */
import { secondsOfUnit, type TimeUnit } from "./TimeValue.ts"

interface Common {
  /** The name in main.cf. */
  readonly name: string
  /** The value where nothing is set, as it would stand in main.cf; it may refer to other parameters. */
  readonly default: string
  /** One sentence for the help and the manual page. */
  readonly about: string
}

/**
 * A time, read into whole seconds. Without a unit letter a value counts in `defaultUnit`.
 *
 * @category models
 */
export interface TimeParameter extends Common {
  readonly kind: "time"
  readonly defaultUnit: TimeUnit
  readonly minSeconds: number
}

/**
 * A whole number from `min` to `max`.
 *
 * @category models
 */
export interface IntegerParameter extends Common {
  readonly kind: "integer"
  readonly min: number
  readonly max: number
}

/**
 * `yes` or `no`, in any case.
 *
 * @category models
 */
export interface BooleanParameter extends Common {
  readonly kind: "boolean"
}

/**
 * Text of `minBytes` to `maxBytes` bytes.
 *
 * @category models
 */
export interface TextParameter extends Common {
  readonly kind: "text"
  readonly minBytes: number
  readonly maxBytes: number
}

/**
 * One of a few words, as they are written.
 *
 * @category models
 */
export interface ChoiceParameter<Choice extends string = string> extends Common {
  readonly kind: "choice"
  readonly choices: ReadonlyArray<Choice>
}

/**
 * Something that the program itself tells: other values may refer to it, a setting of it is ignored.
 *
 * @category models
 */
export interface FactParameter extends Common {
  readonly kind: "fact"
}

/**
 * A parameter of any kind.
 *
 * @category models
 */
export type Parameter =
  | TimeParameter
  | IntegerParameter
  | BooleanParameter
  | TextParameter
  | ChoiceParameter
  | FactParameter

/**
 * What a parameter's value is in the program.
 *
 * @category models
 */
export type ValueOf<P extends Parameter> = P extends TimeParameter | IntegerParameter
  ? number
  : P extends BooleanParameter
    ? boolean
    : P extends ChoiceParameter<infer Choice>
      ? Choice
      : string

/**
 * Parameters by the names that the program has for their values.
 *
 * @category models
 */
export type ParameterTable = Readonly<Record<string, Parameter>>

/**
 * The values of a table, all read.
 *
 * @category models
 */
export type Values<Table extends ParameterTable> = { readonly [Key in keyof Table]: ValueOf<Table[Key]> }

/** Numbers and times are kept in a C int. */
const integerMax = 2_147_483_647

type Given<P extends Common, Optional extends keyof P = never> = Omit<P, "kind" | Optional> & Partial<Pick<P, Optional>>

/**
 * A time; the default unit is seconds.
 *
 * @category constructors
 */
export const time = (given: Given<TimeParameter, "defaultUnit">): TimeParameter => ({
  kind: "time",
  defaultUnit: "s",
  ...given
})

/**
 * A whole number, at most 2147483647 unless told otherwise.
 *
 * @category constructors
 */
export const integer = (given: Given<IntegerParameter, "max">): IntegerParameter => ({
  kind: "integer",
  max: integerMax,
  ...given
})

/**
 * Yes or no.
 *
 * @category constructors
 */
export const boolean = (given: Given<BooleanParameter>): BooleanParameter => ({ kind: "boolean", ...given })

/**
 * Text, of any length unless told otherwise.
 *
 * @category constructors
 */
export const text = (given: Given<TextParameter, "minBytes" | "maxBytes">): TextParameter => ({
  kind: "text",
  minBytes: 0,
  maxBytes: integerMax,
  ...given
})

/**
 * One of a few words.
 *
 * @category constructors
 */
export const choice = <const Choice extends string>(
  given: Given<ChoiceParameter<Choice>>
): ChoiceParameter<Choice> => ({
  kind: "choice",
  ...given
})

/**
 * Something that the program tells.
 *
 * @category constructors
 */
export const fact = (given: Given<FactParameter>): FactParameter => ({ kind: "fact", ...given })

/**
 * What a value must be, in words: `a whole number and a unit s, m, h, d or w, at least 1s`.
 *
 * @category conversions
 */
export const expectation = (parameter: Parameter): string => {
  switch (parameter.kind) {
    case "time":
      return `a whole number and a unit ${Object.keys(secondsOfUnit).join(", ")}, at least ${parameter.minSeconds}s`
    case "integer":
      return `a whole number from ${parameter.min} to ${parameter.max}`
    case "boolean":
      return "yes or no"
    case "choice":
      return `one of ${parameter.choices.join(", ")}`
    case "text":
      return parameter.maxBytes === integerMax
        ? `text of at least ${parameter.minBytes} bytes`
        : `text of ${parameter.minBytes} to ${parameter.maxBytes} bytes`
    case "fact":
      return "nothing: the program sets it"
  }
}
