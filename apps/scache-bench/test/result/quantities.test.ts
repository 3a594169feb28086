import { expect, test } from "bun:test"
import { formatBytes, formatCount, formatDigits, formatNanos, formatRatio } from "../../src/result/quantities.ts"

test("counts have thousands separators", () => {
  expect([0, 999, 1_000, 136_204, 1_234_567.6].map(formatCount)).toEqual(["0", "999", "1,000", "136,204", "1,234,568"])
})

test("three significant digits, also if rounding adds one", () => {
  const values = [0, 0.123, 7.214, 9.994, 9.996, 72.14, 99.96, 721.4, 7_213]
  expect(values.map(formatDigits)).toEqual(["0.00", "0.12", "7.21", "9.99", "10.0", "72.1", "100", "721", "7,213"])
})

test("times have the unit with the shortest number", () => {
  const nanos = [0, 7, 0.5, 999, 999.9, 1_000, 7_214, 999_400, 999_600, 1_240_000, 12_300_000_000]
  expect(nanos.map(formatNanos)).toEqual([
    "0 ns",
    "7 ns",
    "0.50 ns",
    "999 ns",
    "1.00 µs",
    "1.00 µs",
    "7.21 µs",
    "999 µs",
    "1.00 ms",
    "1.24 ms",
    "12.3 s"
  ])
})

test("sizes and ratios", () => {
  expect([0, 1_024, 48_000_000, 3_221_225_472].map(formatBytes)).toEqual(["0.00 B", "1.00 KiB", "45.8 MiB", "3.00 GiB"])
  expect([0.5, 1, 14.56, 123.4].map(formatRatio)).toEqual(["0.50x", "1.00x", "14.6x", "123x"])
})
