/**
 * What the programs that look into a cache print for people.
 */
import type { CacheEntry, CacheEvent, CacheStatus } from "@scached/protocol"
import { printable } from "../log/printable.ts"
import { textOf } from "./InspectJson.ts"

/** `1 h 2 min`, `3.4 s`: the two largest units. */
export const duration = (seconds: number): string => {
  if (seconds < 60) return `${Math.round(seconds * 10) / 10} s`
  const minutes = Math.floor(seconds / 60)
  if (minutes < 60) return `${minutes} min ${Math.floor(seconds % 60)} s`
  const hours = Math.floor(minutes / 60)
  return hours < 48 ? `${hours} h ${minutes % 60} min` : `${Math.floor(hours / 24)} d ${hours % 24} h`
}

const millis = (count: number): string => `${(count / 1000).toFixed(1)} s`

/** A label on one line; of a long one the beginning, and how long it is. */
export const labelText = ({ octets, octetsTotal }: CacheEntry.ListedLabel): string => {
  const text = printable(textOf(octets))
  return octets.length === octetsTotal ? text : `${text}... (${octetsTotal} octets)`
}

/** Hits of all lookups in whole percent. */
export const hitRatio = (hits: number, misses: number): string =>
  hits + misses === 0 ? "-" : `${Math.floor((hits * 100) / (hits + misses))}%`

const words = (name: string): string => name.replaceAll("_", " ")

/** Gauges beside the limits that they may come near to. */
const limitOfGauge: Readonly<Partial<Record<string, string>>> = {
  connections: "scached_connection_limit",
  bindings: "scached_binding_limit",
  text_bytes: "scached_text_limit",
  clients: "scached_client_limit"
}

/** The state on a page, in lines of less than 80 columns. */
export const statusLines = (status: CacheStatus.CacheStatus): ReadonlyArray<string> => {
  const { counters, gauges, isBatching, limits, limitsReached, mode, processId, settings, uptimeSeconds, version } =
    status
  const row = (name: string, value: string | number, note = ""): string =>
    `  ${name.padEnd(34)} ${String(value).padStart(14)}${note === "" ? "" : `  ${note}`}`
  const count = (name: string): number => counters[name] ?? 0
  const ratio = (what: string): string => {
    const [hits, misses] = [count(`${what}_hits`), count(`${what}_misses`)]
    return hits + misses === 0 ? "" : `${hitRatio(hits, misses)} found`
  }
  const noteOf: Readonly<Partial<Record<string, string>>> = {
    endpoint_hits: ratio("endpoint"),
    destination_hits: ratio("destination")
  }
  const reached = Object.entries(limitsReached).filter(([, times]) => times > 0)
  return [
    `scached ${printable(version)}, mode ${printable(mode)}, pid ${processId}, up ${duration(uptimeSeconds)}, io_uring ${isBatching ? "used" : "unused"}`,
    "",
    "Now",
    ...Object.entries(gauges).map(([name, value]) => {
      const limit = limits[limitOfGauge[name] ?? ""]
      return row(words(name), value, limit === undefined ? "" : `of ${limit}`)
    }),
    "",
    "Since the start",
    ...Object.entries(counters).map(([name, value]) => row(words(name), value, noteOf[name])),
    "",
    reached.length === 0 ? "No limit was reached." : "Limits that were reached",
    ...reached.map(([name, times]) => row(name, times, `limit ${limits[name] ?? "?"}`)),
    "",
    "Settings",
    ...Object.entries(settings).map(([name, value]) => `  ${name} = ${printable(value)}`)
  ]
}

/** The heads of the columns of `entryLine`. */
export const entryHead = "KIND            AGE        LEFT  USES     UID     PID  BYTES  LABEL"

/** An entry on a line; the label comes last, since it may be long. */
export const entryLine = (entry: CacheEntry.CacheEntry): string => {
  const { ageMillis, label, propertiesBytes, remainingMillis } = entry
  const isConnection = entry._tag === "ConnectionEntry"
  const columns = [
    (isConnection ? "connection" : "binding").padEnd(10),
    millis(ageMillis).padStart(8),
    millis(remainingMillis).padStart(11),
    String((isConnection ? entry.uses : undefined) ?? "-").padStart(5),
    String((isConnection ? entry.savedBy?.userId : undefined) ?? "-").padStart(7),
    String((isConnection ? entry.savedBy?.processId : undefined) ?? "-").padStart(7),
    String(propertiesBytes).padStart(6)
  ]
  const target = isConnection ? "" : ` -> ${labelText(entry.endpointLabel)}`
  return `${columns.join(" ")}  ${labelText(label)}${target}`
}

/** An event on a line. */
export const eventLine = ({
  ageMillis,
  atMillis,
  client,
  destination,
  kind,
  label,
  lost,
  reason
}: CacheEvent.CacheEvent): string => {
  const time = new Date(atMillis).toISOString().slice(11, 23)
  const parts = [
    ...(label === undefined ? [] : [labelText(label)]),
    ...(destination === undefined ? [] : [`for ${labelText(destination)}`]),
    ...(reason === undefined ? [] : [`(${printable(reason)})`]),
    ...(ageMillis === undefined ? [] : [`after ${millis(ageMillis)}`]),
    ...(client === undefined ? [] : [`by pid ${client.processId} uid ${client.userId}`]),
    ...(lost === undefined ? [] : [`${lost} events were not told: this program did not read them in time`])
  ]
  return `${time} ${printable(kind).padEnd(11)} ${parts.join(" ")}`
}
