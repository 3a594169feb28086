/**
 * Local time as the C library has it for this process: TZ, else /etc/localtime.
 *
 * The runtime knows zones by their names alone. A bind-mounted /etc/localtime, a TZ that is a path, and one that is a rule would all be UTC to
 * it, while the lines that Postfix's other programs log are in local time.
 *
 * @category time zones
 */
import { Result } from "effect"
import * as TimeZoneFile from "./TimeZoneFile.ts"
import * as TimeZoneRule from "./TimeZoneRule.ts"

const zoneDirectory = "/usr/share/zoneinfo"
const systemZone = "/etc/localtime"

/** Reads a file; undefined where that cannot be done. */
type ReadFile = (path: string) => Uint8Array | undefined

const utc: TimeZoneRule.OffsetSecondsAt = () => 0

/**
 * The zone that a value of TZ means, as tzset(3) reads it: unset is /etc/localtime, empty is UTC, a name or path is a file, what is no file is a
 * rule, and what is neither is UTC. A colon before it is dropped.
 *
 * @category time zones
 */
export const resolve = (value: string | undefined, readFile: ReadFile): TimeZoneRule.OffsetSecondsAt => {
  const text = value?.replace(/^:/, "")
  if (text === "") return utc
  const path = text === undefined ? systemZone : text.startsWith("/") ? text : `${zoneDirectory}/${text}`
  const bytes = readFile(path)
  const fromFile = bytes === undefined ? undefined : Result.getOrUndefined(TimeZoneFile.parse(bytes))
  return fromFile ?? Result.getOrElse(TimeZoneRule.parse(text ?? ""), () => utc)
}

/** Undefined until `use`: the runtime's own zone. The process has one, as it has for the C library. */
let zone: TimeZoneRule.OffsetSecondsAt | undefined

/**
 * Makes a zone that of this process.
 *
 * @category time zones
 */
export const use = (offsetSecondsAt: TimeZoneRule.OffsetSecondsAt): void => {
  zone = offsetSecondsAt
}

/**
 * A date whose UTC fields (`getUTCHours` and so on) are those of local time.
 *
 * @category time zones
 */
export const shifted = (date: Date): Date => {
  const offsetSeconds = zone?.(Math.floor(date.getTime() / 1000)) ?? -60 * date.getTimezoneOffset()
  return new Date(date.getTime() + offsetSeconds * 1000)
}
