/**
 * Settings on the command line: `-o name=value`, `-o "name = value"` and, as in master.cf, `-o "{ name = value }"`.
 */
import { Result, Schema } from "effect"
import { shown, trimSpace } from "./internal/characters.ts"
import { splitNameAndValue } from "./internal/nameAndValue.ts"

/**
 * A parameter's name and the value it has instead of that in main.cf.
 *
 * @category models
 */
export interface Override {
  readonly name: string
  readonly value: string
}

/**
 * The argument of `-o` is no setting.
 *
 * @category errors
 */
export class OverrideMalformed extends Schema.TaggedError<OverrideMalformed>()("OverrideMalformed", {
  found: Schema.String,
  reason: Schema.Literals(["name", "equals sign", "closing brace"])
}) {
  override get message(): string {
    const reason = {
      name: "missing parameter name",
      "equals sign": "missing '=' after parameter name",
      "closing brace": "missing '}' at the end"
    }[this.reason]
    return `invalid option -o "${shown(this.found)}": ${reason}: write -o name=value or -o { name = value }`
  }
}

/**
 * Reads the argument of `-o`; fails with `OverrideMalformed`.
 *
 * @category decoding
 */
export const parse = (text: string): Result.Result<Override, OverrideMalformed> => {
  const trimmed = trimSpace(text)
  const isBraced = trimmed.startsWith("{")
  if (isBraced && !trimmed.endsWith("}")) {
    return Result.fail(new OverrideMalformed({ found: text, reason: "closing brace" }))
  }
  const split = splitNameAndValue(isBraced ? trimmed.slice(1, -1) : text)
  return split.missing === undefined
    ? Result.succeed({ name: split.name, value: split.value })
    : Result.fail(new OverrideMalformed({ found: text, reason: split.missing }))
}
