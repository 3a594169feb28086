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

/**
 * What strtol(3) reads, then the character behind it. Postfix ignores what stands behind the unit, so that `10sec` is ten seconds, and `1m30s`
 * one minute. Without digits it reads 0, so that `soon` is no time at all, which it then calls too short; here that is malformed, since for
 * some of ours 0 is a time.
 */
const timeValue = /^([+-]?)([0-9]+)(.?)/s

const isUnit = (letter: string): letter is TimeUnit => Object.hasOwn(secondsOfUnit, letter)

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
 * Reads a time value into seconds as Postfix does: whole digits, a unit letter in lower case, anything behind it. Without a unit it counts
 * in `defaultUnit`. Postfix's own bound is a little below `secondsMax` for all units but seconds: 3549 weeks, for instance.
 *
 * @category decoding
 */
export const parse = (text: string, defaultUnit: TimeUnit): Result.Result<number, TimeValueInvalid> => {
  const fail = (reason: TimeValueInvalid["reason"]) => Result.fail(new TimeValueInvalid({ found: text, reason }))
  const trimmed = text.trim()
  const match = timeValue.exec(trimmed)
  if (match === null) return fail("malformed")
  const [, sign = "", digits = "", letter = ""] = match
  const unit = letter === "" ? defaultUnit : letter
  const number = Number(digits)
  if (!isUnit(unit) || (sign === "-" && number > 0)) return fail("malformed")
  const numberMax = unit === "s" ? secondsMax : Math.floor(secondsMax / secondsOfUnit[unit]) - 1
  return number > numberMax ? fail("too large") : Result.succeed(number * secondsOfUnit[unit])
}
