/**
 * Time zones as POSIX writes them in TZ, for instance `CET-1CEST,M3.5.0,M10.5.0/3`: standard time, daylight saving time, and the days on
 * which one follows the other.
 *
 * @category time zones
 */
import { Result, Schema } from "effect"

/**
 * A text is no such rule.
 *
 * @category errors
 */
export class TimeZoneRuleInvalid extends Schema.TaggedError<TimeZoneRuleInvalid>()("TimeZoneRuleInvalid", {
  found: Schema.String
}) {
  override get message(): string {
    return `"${this.found}" is no time zone: write for instance Europe/Berlin or CET-1CEST,M3.5.0,M10.5.0/3`
  }
}

/**
 * How far local time is ahead of UTC, in seconds, at a moment given in seconds since 1970.
 *
 * @category models
 */
export type OffsetSecondsAt = (unixSeconds: number) => number

const daySeconds = 86_400
/** What glibc takes where a zone has daylight saving time and no days. */
const usualDays = ",M3.2.0,M11.1.0"

const name = "(?:[A-Za-z]{3,}|<[A-Za-z0-9+-]{3,}>)"
const time = "[+-]?\\d{1,3}(?::\\d{1,2}(?::\\d{1,2})?)?"
const rulePattern = new RegExp(`^${name}(${time})(?:${name}(${time})?(,.*)?)?$`)
const dayPattern = new RegExp(`^(?:M(\\d{1,2})\\.([1-5])\\.([0-6])|J(\\d{1,3})|(\\d{1,3}))(?:/(${time}))?$`)

const secondsOf = (text: string): number => {
  const [hours = 0, minutes = 0, seconds = 0] = text.replace(/^[+-]/, "").split(":").map(Number)
  return (text.startsWith("-") ? -1 : 1) * (hours * 3_600 + minutes * 60 + seconds)
}

const dayOf = (year: number, month: number, day: number): number => Date.UTC(year, month, day) / (daySeconds * 1000)
const isLeap = (year: number): boolean => new Date(Date.UTC(year, 1, 29)).getUTCMonth() === 1

/** The moment of a change in a year, in local time before the change, as seconds since 1970. */
type Change = (year: number) => number

const changeOf = (text: string): Change | undefined => {
  const match = dayPattern.exec(text)
  if (match === null) return undefined
  const [, month, week, weekday, julian, zeroBased, at] = match
  const seconds = at === undefined ? 7_200 : secondsOf(at)
  const day = (year: number): number => {
    const first = dayOf(year, 0, 1)
    // Jn never counts 29 February.
    if (julian !== undefined) return first + Number(julian) - 1 + (isLeap(year) && Number(julian) > 59 ? 1 : 0)
    if (zeroBased !== undefined) return first + Number(zeroBased)
    const begin = dayOf(year, Number(month) - 1, 1)
    const end = dayOf(year, Number(month), 1)
    // 1 January 1970 was a Thursday.
    const firstMatch = begin + ((Number(weekday) - (begin + 4) + 7_000_007) % 7)
    const wanted = firstMatch + 7 * (Number(week) - 1)
    return wanted >= end ? wanted - 7 : wanted
  }
  return (year) => day(year) * daySeconds + seconds
}

/**
 * Reads a rule. `GMT0`, `JST-9` and `<+0545>-5:45` have no daylight saving time.
 *
 * @category decoding
 */
export const parse = (text: string): Result.Result<OffsetSecondsAt, TimeZoneRuleInvalid> => {
  const invalid = () => Result.fail(new TimeZoneRuleInvalid({ found: text }))
  const match = rulePattern.exec(text)
  if (match === null) return invalid()
  const [whole, standardText = "0", summerText, daysText] = match
  // POSIX counts hours to the west.
  const standard = -secondsOf(standardText)
  const hasSummer = new RegExp(`^${name}${time}${name}`).test(whole)
  if (!hasSummer) return Result.succeed(() => standard)
  const summer = summerText === undefined ? standard + 3_600 : -secondsOf(summerText)
  const [begin, end, more] = (daysText ?? usualDays).slice(1).split(",").map(changeOf)
  if (begin === undefined || end === undefined || more !== undefined) return invalid()
  return Result.succeed((unixSeconds) => {
    const year = new Date((unixSeconds + standard) * 1000).getUTCFullYear()
    const [on, off] = [begin(year) - standard, end(year) - summer]
    const isSummer = on < off ? unixSeconds >= on && unixSeconds < off : unixSeconds >= on || unixSeconds < off
    return isSummer ? summer : standard
  })
}
