/**
 * The screen of `scached top`: from two states of a cache to the lines of a terminal, without the terminal.
 */
import type { CacheStatus } from "@scached/protocol"
import { printable } from "../../log/printable.ts"
import { duration, hitRatio } from "../inspectText.ts"

/** The terminal that a screen is for. */
export interface TerminalShape {
  readonly columns: number
  readonly rows: number
  readonly isColoured: boolean
}

/** What is shown. */
export interface TopState {
  readonly status: CacheStatus.CacheStatus
  /** The state before it, for rates. */
  readonly before: CacheStatus.CacheStatus | undefined
  /** Why this state is an old one. */
  readonly trouble: string | undefined
}

const bold = "\x1b[1m"
const red = "\x1b[31m"
const yellow = "\x1b[33m"
const green = "\x1b[32m"
const plain = "\x1b[0m"

/** A limit that is used up so far is near. */
const nearRatio = 0.8
/** From that width on the screen has two columns. */
const wideColumns = 110
const narrowestColumns = 40
const barWidthMax = 40

type Paint = (text: string, colour: string) => string

const usages = [
  ["connections", "connections", "scached_connection_limit"],
  ["bindings", "bindings", "scached_binding_limit"],
  ["labels, bytes", "text_bytes", "scached_text_limit"],
  ["clients", "clients", "scached_client_limit"]
] as const

const flows = [
  ["connections saved", ["saved_endpoints"]],
  ["bindings saved", ["saved_destinations"]],
  ["found", ["endpoint_hits", "destination_hits"]],
  ["not found", ["endpoint_misses", "destination_misses"]],
  ["handed over", ["handed_over"]],
  ["put back", ["put_back"]],
  ["expired", ["expired"]],
  ["evicted", ["evicted_connections", "evicted_bindings"]],
  ["far end hung up or spoke", ["hung_up", "spoke", "failed"]],
  ["saves refused", ["refused_saves"]],
  ["clients connected", ["clients"]],
  ["clients refused", ["strangers"]],
  ["clients timed out", ["timed_out"]],
  ["ttls shortened", ["shortened_ttls"]]
] as const

const sum = (numbers: Readonly<Record<string, number>>, names: ReadonlyArray<string>): number =>
  names.reduce((total, name) => total + (numbers[name] ?? 0), 0)

const usageLine = (
  [name, gauge, parameter]: (typeof usages)[number],
  { gauges, limits }: CacheStatus.CacheStatus,
  width: number,
  paint: Paint
): string => {
  const used = gauges[gauge] ?? 0
  const limit = limits[parameter] ?? 0
  const ratio = limit === 0 ? 0 : Math.min(1, used / limit)
  const figures = `${used}/${limit}`
  const barWidth = Math.min(barWidthMax, Math.max(5, width - 15 - 19 - 3))
  const filled = Math.round(ratio * barWidth)
  const bar = `${"#".repeat(filled)}${".".repeat(barWidth - filled)}`
  const colour = ratio >= 1 ? red : ratio >= nearRatio ? yellow : green
  return `${name.padEnd(14)} ${figures.padStart(18)} [${paint(bar, colour)}]`
}

const flowLines = ({ before, status }: TopState): ReadonlyArray<string> => {
  // After a restart the counters begin again, and a rate would be below 0.
  const isSame = before !== undefined && before.processId === status.processId
  const seconds = isSame ? status.uptimeSeconds - before.uptimeSeconds : 0
  return [
    `${"".padEnd(26)} ${"a second".padStart(10)} ${"in all".padStart(12)}`,
    ...flows.map(([name, counters]) => {
      const total = sum(status.counters, counters)
      const rate = isSame && seconds > 0 ? (total - sum(before.counters, counters)) / seconds : undefined
      const shown = rate === undefined ? "-" : rate >= 100 ? rate.toFixed(0) : rate.toFixed(1)
      return `${name.padEnd(26)} ${shown.padStart(10)} ${String(total).padStart(12)}`
    })
  ]
}

const limitLines = ({ limits, limitsReached }: CacheStatus.CacheStatus, paint: Paint): ReadonlyArray<string> => {
  const reached = Object.entries(limitsReached).filter(([, times]) => times > 0)
  if (reached.length === 0) return ["No limit was reached."]
  return [
    paint("Limits that were reached", bold),
    ...reached.map(([name, times]) => `${name.padEnd(34)} ${times} times (${limits[name] ?? "?"})`)
  ]
}

/** What is left of a line within a width; what colours it takes no room. */
const cut = (line: string, width: number): string => {
  let seen = 0
  let end = 0
  let isPainted = false
  for (const [part] of line.matchAll(/\x1b\[[0-9;]*m|[^\x1b]/gu)) {
    if (part.startsWith("\x1b")) isPainted = part !== plain
    else if (++seen > width) break
    end += part.length
  }
  return end === line.length ? line : `${line.slice(0, end)}${isPainted ? plain : ""}`
}

const widthOf = (line: string): number => line.replace(/\x1b\[[0-9;]*m/g, "").length

const beside = (left: ReadonlyArray<string>, right: ReadonlyArray<string>, width: number): ReadonlyArray<string> =>
  Array.from({ length: Math.max(left.length, right.length) }, (_, index) => {
    const [one = "", other = ""] = [left[index], right[index]]
    return `${one}${" ".repeat(Math.max(1, width - widthOf(one)))}${other}`
  })

/** The lines of the screen, no more and no longer than the terminal takes. */
export const lines = (state: TopState, { columns, isColoured, rows }: TerminalShape): ReadonlyArray<string> => {
  const { status, trouble } = state
  const { counters, gauges, isBatching, mode, processId, uptimeSeconds, version } = status
  const paint: Paint = (text, colour) => (isColoured ? `${colour}${text}${plain}` : text)
  const width = Math.max(narrowestColumns, columns)
  const isWide = width >= wideColumns
  const half = isWide ? Math.floor(width / 2) : width
  const hits = sum(counters, ["endpoint_hits", "destination_hits"])
  const misses = sum(counters, ["endpoint_misses", "destination_misses"])
  const head = [
    paint(`scached ${printable(version)}`, bold) +
      ` ${printable(mode)} pid ${processId}, up ${duration(uptimeSeconds)}, io_uring ${isBatching ? "used" : "unused"}`,
    ...(trouble === undefined ? [] : [paint(printable(trouble), red)]),
    ""
  ]
  const holdings = [
    paint("Now", bold),
    ...usages.map((usage) => usageLine(usage, status, half, paint)),
    `endpoints ${gauges["endpoints"] ?? 0}, destinations ${gauges["destinations"] ?? 0}, being handed over ${gauges["leases"] ?? 0}`,
    `found ${hitRatio(hits, misses)} of ${hits + misses} lookups`,
    "",
    ...limitLines(status, paint)
  ]
  const flowing = [paint("Events", bold), ...flowLines(state)]
  const body = isWide ? beside(holdings, flowing, half) : [...holdings, "", ...flowing]
  return [...head, ...body].slice(0, Math.max(1, rows - 1)).map((line) => cut(line, columns))
}
