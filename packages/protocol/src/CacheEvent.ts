/**
 * What happens in a cache, one attribute list an event: the answer to `watch`, which never ends.
 */
import { Result } from "effect"
import type { AttributeList } from "./AttributeList.ts"
import type { ListedLabel, Saver } from "./CacheEntry.ts"
import { labelText, numberOf } from "./internal/listed.ts"
import { printable } from "./internal/printable.ts"
import type * as OctetString from "./OctetString.ts"
import { UnexpectedReply } from "./ProtocolError.ts"

/**
 * Something that has happened. What an event does not tell is `undefined`.
 *
 * @category models
 */
export interface CacheEvent {
  /** What: one of `kinds`, or a word that a later version knows. */
  readonly kind: string
  /** When, in milliseconds since 1970. */
  readonly atMillis: number
  /** The endpoint label. */
  readonly label: ListedLabel | undefined
  /** The destination label. */
  readonly destination: ListedLabel | undefined
  /** Why: the limit's parameter, or a word. */
  readonly reason: string | undefined
  /** How long the connection had rested in the cache. */
  readonly ageMillis: number | undefined
  readonly client: Saver | undefined
  /** Events that were not told, because this client did not read them in time. */
  readonly lost: number | undefined
}

/**
 * The kinds of events.
 *
 * @category constants
 */
export const kinds = [
  "saved",
  "bound",
  "found",
  "missed",
  "handed over",
  "put back",
  "expired",
  "evicted",
  "hung up",
  "spoke",
  "failed",
  "refused",
  "timed out",
  "lost"
] as const

/**
 * A kind of event.
 *
 * @category models
 */
export type CacheEventKind = (typeof kinds)[number]

/**
 * What an event tells besides its kind and its time.
 *
 * @category models
 */
export type CacheEventDetails = Partial<Omit<CacheEvent, "kind" | "atMillis">>

const textOf = (name: string, value: string | number | undefined): string =>
  value === undefined ? "" : `${name}\0${value}\0`

/**
 * An event as an attribute list, in Latin-1 text: a server that sends many encodes them together.
 *
 * @category encoding
 */
export const encode = (kind: CacheEventKind, atMillis: number, details: CacheEventDetails): string => {
  const { ageMillis, client, destination, label, lost, reason } = details
  return (
    `event\0${kind}\0at_ms\0${Math.floor(atMillis)}\0` +
    (label === undefined ? "" : labelText("label", label)) +
    (destination === undefined ? "" : labelText("destination", destination)) +
    textOf("reason", reason) +
    textOf("age_ms", ageMillis === undefined ? undefined : Math.round(ageMillis)) +
    textOf("pid", client?.processId) +
    textOf("uid", client?.userId) +
    `${textOf("lost", lost)}\0`
  )
}

/**
 * Reads one list of an answer. Attributes that it does not know are passed over.
 *
 * @category decoding
 */
export const decode = (list: AttributeList): Result.Result<CacheEvent, UnexpectedReply> => {
  const values = new Map<string, OctetString.OctetString>()
  for (const { name, value } of list) values.set(name, value)
  const kind = values.get("event")
  const atMillis = numberOf(values.get("at_ms"))
  if (kind === undefined || atMillis === undefined) {
    const found = list[0] === undefined ? "an empty list" : printable(list[0].name)
    return Result.fail(new UnexpectedReply({ request: "watch", expected: '"event" with "at_ms"', found }))
  }
  const labelOf = (name: string): ListedLabel | undefined => {
    const octets = values.get(name)
    if (octets === undefined) return undefined
    return { octets, octetsTotal: numberOf(values.get(`${name}_size`)) ?? octets.length }
  }
  const processId = numberOf(values.get("pid"))
  const userId = numberOf(values.get("uid"))
  return Result.succeed({
    kind,
    atMillis,
    label: labelOf("label"),
    destination: labelOf("destination"),
    reason: values.get("reason"),
    ageMillis: numberOf(values.get("age_ms")),
    client: processId === undefined || userId === undefined ? undefined : { processId, userId },
    lost: numberOf(values.get("lost"))
  })
}
