/**
 * Time values as Postfix parameters hold them: `2s`, `10m`, `1w`, `300`.
 *
 * @category values
 */
import { Result, Schema } from "effect"

/**
 * The unit letters of Postfix, with their length in seconds.
 *
 * @category constants
 */
export const secondsOfUnit = { s: 1, m: 60, h: 3_600, d: 86_400, w: 604_800 } as const

/**
 * A unit letter.
 *
 * @category models
 */
export type TimeUnit = keyof typeof secondsOfUnit

/** A plus sign is strtol's doing, and so accepted; of the upper-case letters Postfix 3.7 takes S alone. */
const timeValue = /^\+?([0-9]+)([smhdwS]?)$/

/**
 * The longest time: Postfix keeps times in a C int.
 *
 * @category constants
 */
export const secondsMax = 2_147_483_647

/**
 * A text is not a time value.
 *
 * @category errors
 */
export class TimeValueInvalid extends Schema.TaggedError<TimeValueInvalid>()("TimeValueInvalid", {
  found: Schema.String,
  reason: Schema.Literals(["malformed", "too large"])
}) {
  override get message(): string {
    return this.reason === "too large"
      ? `"${this.found}" is too long a time: at most ${secondsMax} seconds`
      : `"${this.found}" is not a time: write a whole number and a unit s, m, h, d or w, for instance 2s or 10m`
  }
}

/**
 * Reads a time value into seconds. Without a unit letter it counts in `defaultUnit`.
 *
 * @category decoding
 */
export const parse = (text: string, defaultUnit: TimeUnit): Result.Result<number, TimeValueInvalid> => {
  const match = timeValue.exec(text.trim())
  if (match === null) return Result.fail(new TimeValueInvalid({ found: text, reason: "malformed" }))
  const [, digits = "", letter = ""] = match
  const unit = letter === "" ? defaultUnit : letter.toLowerCase()
  // The pattern lets no other letter through.
  const seconds = Number(digits) * secondsOfUnit[unit as TimeUnit]
  return seconds > secondsMax
    ? Result.fail(new TimeValueInvalid({ found: text, reason: "too large" }))
    : Result.succeed(seconds)
}
