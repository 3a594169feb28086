/**
 * Numbers as people read them: three digits, and the unit that makes them short.
 */

import { nanosMax } from "./LatencyHistogram.ts"

/** What stands in place of what was not measured. */
export const notMeasured = "–"

const grouped = (digits: string): string => digits.replace(/\B(?=(\d{3})+$)/g, ",")

/** Whole numbers, thousands apart: `136,204`. */
export const formatCount = (value: number): string => grouped(value.toFixed(0))

/** Three significant digits where that many are behind the point: `7.21`, `72.1`, `721`, `7,213`. */
export const formatDigits = (value: number): string => {
  // Rounded first: 9.996 has two digits behind the point, and the 10.0 that it becomes has one.
  const rounded = Number(value.toPrecision(3))
  if (rounded >= 100) return formatCount(value)
  return value.toFixed(rounded >= 10 ? 1 : 2)
}

const scaled = (value: number, units: ReadonlyArray<readonly [factor: number, name: string]>): string => {
  for (const [index, [factor, name]] of units.entries()) {
    const isLast = index === units.length - 1
    // What rounds to the next unit's 1.00 is written in it.
    if (isLast || Number((value / factor).toPrecision(3)) >= 1) return `${formatDigits(value / factor)} ${name}`
  }
  return formatDigits(value)
}

/** Times, from nanoseconds: `7.21 µs`, `1.24 ms`; `>1 h` of what is beyond the scale of a latency. */
export const formatNanos = (nanos: number): string => (nanos >= nanosMax ? ">1 h" : formatWithin(nanos))

const formatWithin = (nanos: number): string =>
  nanos < 999.5 && Number.isInteger(nanos)
    ? `${nanos} ns`
    : scaled(nanos, [
        [1_000_000_000, "s"],
        [1_000_000, "ms"],
        [1_000, "µs"],
        [1, "ns"]
      ])

/** Sizes: `48.2 MiB`. */
export const formatBytes = (bytes: number): string =>
  scaled(bytes, [
    [1_073_741_824, "GiB"],
    [1_048_576, "MiB"],
    [1_024, "KiB"],
    [1, "B"]
  ])

/** How many times: `14.6x`. */
export const formatRatio = (value: number): string => `${formatDigits(value)}x`
