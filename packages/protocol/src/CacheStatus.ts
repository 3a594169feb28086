/**
 * What a cache tells of itself: counters, gauges, limits and the settings in force. One attribute list on the wire.
 */
import { Result, Schema } from "effect"
import * as AttributeList from "./AttributeList.ts"
import { unsafeOctets } from "./internal/octets.ts"
import { printable } from "./internal/printable.ts"
import * as OctetString from "./OctetString.ts"
import { UnexpectedReply } from "./ProtocolError.ts"

const Numbers = Schema.Record(Schema.String, Schema.Finite)

/**
 * The state of a cache. The names of counters, gauges and limits are those of docs/protocol.md; a server may have more.
 *
 * @category models
 */
export const CacheStatus = Schema.Struct({
  version: Schema.String,
  /** How it runs: `serve`, `master` under Postfix's master(8), `stream` for the one client of its standard input. */
  mode: Schema.String,
  processId: Schema.Finite,
  /** Whether system calls are made together through io_uring. */
  isBatching: Schema.Boolean,
  /** When it began, in seconds since 1970. */
  startedSeconds: Schema.Finite,
  uptimeSeconds: Schema.Finite,
  /** What has happened since it began. */
  counters: Numbers,
  /** What there is now. */
  gauges: Numbers,
  /** How often each limit was reached since it began, by the limit's parameter. */
  limitsReached: Numbers,
  /** The limits in force, by their parameters. */
  limits: Numbers,
  /** The settings in force, by their parameters. */
  settings: Schema.Record(Schema.String, Schema.String)
})

/**
 * The state of a cache.
 *
 * @category models
 */
export type CacheStatus = typeof CacheStatus.Type

/** The prefix of an attribute's name, for each group. */
const groups = {
  counters: "counter:",
  gauges: "gauge:",
  limitsReached: "reached:",
  limits: "limit:",
  settings: "setting:"
} as const

type Group = keyof typeof groups

// They cannot lie: these are the keys of the table.
const groupNames = Object.keys(groups) as ReadonlyArray<Group>

const attribute = (name: string, value: string | number): AttributeList.Attribute => ({
  name: unsafeOctets(name),
  // What no octets can be made of has a NUL in it, which no setting of main.cf can.
  value: Result.getOrElse(OctetString.fromUtf8(String(value)), () => OctetString.empty)
})

/**
 * The state as the attribute list that answers `status`.
 *
 * @category encoding
 */
export const encode = (status: CacheStatus): Uint8Array => {
  const list = [
    attribute("status", 0),
    attribute("version", status.version),
    attribute("mode", status.mode),
    attribute("pid", status.processId),
    attribute("ring", status.isBatching ? "yes" : "no"),
    attribute("started", status.startedSeconds),
    attribute("uptime", status.uptimeSeconds),
    ...groupNames.flatMap((group) =>
      Object.entries(status[group]).map(([name, value]) => attribute(`${groups[group]}${name}`, value))
    )
  ]
  // It cannot fail: no name is empty.
  return Result.getOrThrow(AttributeList.encode(list))
}

const text = (octets: OctetString.OctetString): string => new TextDecoder().decode(OctetString.toBytes(octets))

const decodeStatus = Schema.decodeUnknownResult(CacheStatus)

/**
 * Reads the attributes of an answer with status 0. Attributes that it does not know are passed over. Fails with `UnexpectedReply` where one is
 * missing, or where what should be a number is none.
 *
 * @category decoding
 */
export const decode = (list: AttributeList.AttributeList): Result.Result<CacheStatus, UnexpectedReply> => {
  const single = new Map<string, string>()
  const found: Record<Group, Record<string, unknown>> = {
    counters: {},
    gauges: {},
    limitsReached: {},
    limits: {},
    settings: {}
  }
  for (const { name, value } of list) {
    const group = groupNames.find((each) => name.startsWith(groups[each]))
    if (group === undefined) single.set(name, text(value))
    else found[group][name.slice(groups[group].length)] = group === "settings" ? text(value) : numberOf(value)
  }
  const decoded = decodeStatus({
    version: single.get("version"),
    mode: single.get("mode"),
    processId: numberOf(single.get("pid")),
    isBatching: single.get("ring") === "yes",
    startedSeconds: numberOf(single.get("started")),
    uptimeSeconds: numberOf(single.get("uptime")),
    ...found
  })
  return Result.mapError(
    decoded,
    (error) =>
      new UnexpectedReply({ request: "status", expected: "the state of scached", found: printable(error.message) })
  )
}

const numberOf = (value: string | undefined): number | undefined =>
  value !== undefined && /^[0-9]+(\.[0-9]+)?$/.test(value) ? Number(value) : undefined
