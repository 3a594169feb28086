/**
 * What is cached, one attribute list an entry: the answer to `list`.
 */
import { Result } from "effect"
import type { Attribute, AttributeList } from "./AttributeList.ts"
import { labelText, numberOf } from "./internal/listed.ts"
import { printable } from "./internal/printable.ts"
import * as OctetString from "./OctetString.ts"
import { UnexpectedReply } from "./ProtocolError.ts"

/**
 * A label as it is listed. The octets are cut after 512; `octetsTotal` is how many there are.
 *
 * @category models
 */
export interface ListedLabel {
  readonly octets: OctetString.OctetString
  readonly octetsTotal: number
}

/**
 * Who saved a connection, as the kernel told it when that client connected.
 *
 * @category models
 */
export interface Saver {
  readonly processId: number
  readonly userId: number
}

/**
 * A cached connection.
 *
 * @category models
 */
export interface ConnectionEntry {
  readonly _tag: "ConnectionEntry"
  readonly label: ListedLabel
  readonly propertiesBytes: number
  readonly ageMillis: number
  /** What is left of its ttl. */
  readonly remainingMillis: number
  /** How often it was reused, where its properties tell, as those of smtp(8) do. */
  readonly uses: number | undefined
  readonly savedBy: Saver | undefined
}

/**
 * A binding of a destination to an endpoint. Its age is counted from when it was saved last.
 *
 * @category models
 */
export interface BindingEntry {
  readonly _tag: "BindingEntry"
  readonly label: ListedLabel
  readonly endpointLabel: ListedLabel
  readonly propertiesBytes: number
  readonly ageMillis: number
  readonly remainingMillis: number
}

/**
 * Something that is cached.
 *
 * @category models
 */
export type CacheEntry = ConnectionEntry | BindingEntry

/**
 * How many octets of a label are listed at most.
 *
 * @category constants
 */
export const labelOctetsMax = 512

/**
 * A label as it is listed.
 *
 * @category constructors
 */
export const listedLabel = (label: OctetString.OctetString): ListedLabel => ({
  // It cannot lie: a part of octets is octets.
  octets: label.length > labelOctetsMax ? (label.slice(0, labelOctetsMax) as OctetString.OctetString) : label,
  octetsTotal: label.length
})

const timesText = ({ propertiesBytes, ageMillis, remainingMillis }: CacheEntry): string =>
  `properties\0${propertiesBytes}\0age_ms\0${Math.round(ageMillis)}\0left_ms\0${Math.round(remainingMillis)}\0`

/**
 * An entry as an attribute list, in Latin-1 text: a server that lists many encodes them together.
 *
 * @category encoding
 */
export const encode = (entry: CacheEntry): string => {
  if (entry._tag === "BindingEntry") {
    return `${labelText("binding", entry.label)}${labelText("endpoint", entry.endpointLabel)}${timesText(entry)}\0`
  }
  const uses = entry.uses === undefined ? "" : `uses\0${entry.uses}\0`
  const saver = entry.savedBy === undefined ? "" : `pid\0${entry.savedBy.processId}\0uid\0${entry.savedBy.userId}\0`
  return `${labelText("connection", entry.label)}${timesText(entry)}${uses}${saver}\0`
}

/** What the last list of an answer is called. */
const endName = "end"

/**
 * The last list of an answer, which tells how many entries came before it.
 *
 * @category encoding
 */
export const encodeEnd = (entries: number): string => `${endName}\0${entries}\0\0`

/**
 * How many bytes an entry takes at most: two labels, with names and numbers beside them.
 *
 * @category constants
 */
export const bytesMax: number = 2 * labelOctetsMax + 256

const unexpected = (expected: string, found: string): UnexpectedReply =>
  new UnexpectedReply({ request: "list", expected, found })

/**
 * Reads one list of an answer: an entry, or `undefined` for the last list. Attributes that it does not know are passed over.
 *
 * @category decoding
 */
export const decode = (list: AttributeList): Result.Result<CacheEntry | undefined, UnexpectedReply> => {
  const first: Attribute | undefined = list[0]
  if (first?.name === endName) return Result.succeed(undefined)
  if (first === undefined || (first.name !== "connection" && first.name !== "binding")) {
    return Result.fail(unexpected('"connection", "binding" or "end"', first === undefined ? "" : printable(first.name)))
  }
  const values = new Map<string, OctetString.OctetString>()
  for (const { name, value } of list) values.set(name, value)
  const labelOf = (name: string): ListedLabel => {
    const octets = values.get(name) ?? OctetString.empty
    return { octets, octetsTotal: numberOf(values.get(`${name}_size`)) ?? octets.length }
  }
  const [propertiesBytes, ageMillis, remainingMillis] = ["properties", "age_ms", "left_ms"].map((name) =>
    numberOf(values.get(name))
  )
  if (propertiesBytes === undefined || ageMillis === undefined || remainingMillis === undefined) {
    return Result.fail(unexpected('"properties", "age_ms" and "left_ms", with numbers', printable(first.value)))
  }
  const common = { label: labelOf(first.name), propertiesBytes, ageMillis, remainingMillis }
  if (first.name === "binding") {
    return Result.succeed({ _tag: "BindingEntry", ...common, endpointLabel: labelOf("endpoint") })
  }
  const processId = numberOf(values.get("pid"))
  const userId = numberOf(values.get("uid"))
  const savedBy = processId === undefined || userId === undefined ? undefined : { processId, userId }
  return Result.succeed({ _tag: "ConnectionEntry", ...common, uses: numberOf(values.get("uses")), savedBy })
}
