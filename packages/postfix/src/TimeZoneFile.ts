/**
 * Time zones as zic(8) compiles them: files of /usr/share/zoneinfo and /etc/localtime (TZif, RFC 9636).
 *
 * @category time zones
 */
import { Result, Schema } from "effect"
import { type OffsetSecondsAt, parse as parseRule } from "./TimeZoneRule.ts"

/**
 * Bytes are no such file.
 *
 * @category errors
 */
export class TimeZoneFileInvalid extends Schema.TaggedError<TimeZoneFileInvalid>()("TimeZoneFileInvalid", {
  reason: Schema.String
}) {
  override get message(): string {
    return `not a compiled time zone: ${this.reason}`
  }
}

const headerBytes = 44
const typeBytes = 6

interface Block {
  readonly timeCount: number
  readonly typeCount: number
  /** Where the data begins and ends. */
  readonly begin: number
  readonly end: number
}

const blockAt = (view: DataView, at: number, timeBytes: 4 | 8): Block | undefined => {
  if (at + headerBytes > view.byteLength || view.getUint32(at) !== 0x545a6966) return undefined
  const count = (index: number) => view.getUint32(at + 20 + 4 * index)
  const [utc, standard, leaps, timeCount, typeCount, characters] = [
    count(0),
    count(1),
    count(2),
    count(3),
    count(4),
    count(5)
  ]
  const begin = at + headerBytes
  const data =
    timeCount * (timeBytes + 1) + typeCount * typeBytes + characters + leaps * (timeBytes + 4) + standard + utc
  const end = begin + data
  return end > view.byteLength || typeCount === 0 ? undefined : { timeCount, typeCount, begin, end }
}

/**
 * Reads such a file. The second block, with times of 64 bits, counts where there is one; behind the last change the rule at the end of the
 * file does.
 *
 * @category decoding
 */
export const parse = (bytes: Uint8Array): Result.Result<OffsetSecondsAt, TimeZoneFileInvalid> => {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength)
  const old = blockAt(view, 0, 4)
  if (old === undefined) return Result.fail(new TimeZoneFileInvalid({ reason: "the header or its counts are wrong" }))
  const isOld = bytes[4] === 0
  const block = isOld ? old : blockAt(view, old.end, 8)
  if (block === undefined) return Result.fail(new TimeZoneFileInvalid({ reason: "the second block is cut off" }))
  const timeBytes = isOld ? 4 : 8
  const typesAt = block.begin + block.timeCount * timeBytes
  const offsetsAt = typesAt + block.timeCount
  const times = Array.from({ length: block.timeCount }, (_, index) =>
    isOld ? view.getInt32(block.begin + 4 * index) : Number(view.getBigInt64(block.begin + 8 * index))
  )
  const offsetOf = (type: number) => view.getInt32(offsetsAt + typeBytes * Math.min(type, block.typeCount - 1))
  const footer = isOld
    ? ""
    : (/^\n([^\n]*)\n/.exec(Buffer.from(bytes.subarray(block.end)).toString("latin1"))?.[1] ?? "")
  const rule = footer === "" ? undefined : Result.getOrUndefined(parseRule(footer))
  const last = times.at(-1)
  return Result.succeed((unixSeconds) => {
    if (rule !== undefined && (last === undefined || unixSeconds >= last)) return rule(unixSeconds)
    // From the end: what is logged is nearly always now.
    for (let index = times.length - 1; index >= 0; index--) {
      if (unixSeconds >= (times[index] ?? 0)) return offsetOf(view.getUint8(typesAt + index))
    }
    return offsetOf(0)
  })
}
