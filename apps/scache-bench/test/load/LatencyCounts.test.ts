import { expect, test } from "bun:test"
import { LatencyCounts } from "../../src/load/LatencyCounts.ts"
import { LatencyHistogram, nanosMax } from "../../src/result/LatencyHistogram.ts"
import { formatNanos } from "../../src/result/quantities.ts"
import { SeededRandom } from "../../src/workload/SeededRandom.ts"

test("counts as a HdrHistogram does, to a part in five hundred", () => {
  const counts = new LatencyCounts()
  const exact = LatencyHistogram.empty()
  const random = new SeededRandom(1, 1)
  for (let index = 0; index < 100_000; index++) {
    const millis = 0.005 * 1.0001 ** random.below(120_000)
    counts.record(millis)
    exact.recordNanos(millis * 1e6)
    if (index % 10_000 === 0) counts.endSecond()
  }
  counts.endSecond()
  const histogram = counts.toHistogram()
  expect(histogram.count).toBe(100_000)
  for (const percentile of [1, 25, 50, 90, 99, 99.9, 100]) {
    const ratio = histogram.percentileNanos(percentile) / exact.percentileNanos(percentile)
    expect(Math.abs(ratio - 1)).toBeLessThan(percentile === 1 ? 0.005 : 0.003)
  }
})

test("tells each second apart", () => {
  const counts = new LatencyCounts()
  for (let index = 0; index < 99; index++) counts.record(1)
  counts.record(50)
  const first = counts.endSecond()
  expect(first.p50Nanos / 1e6).toBeCloseTo(1, 2)
  expect(first.p99Nanos / 1e6).toBeCloseTo(1, 2)
  counts.record(7)
  expect(counts.endSecond().p99Nanos / 1e6).toBeCloseTo(7, 1)
  expect(counts.endSecond()).toEqual({ p50Nanos: 0, p99Nanos: 0 })
  expect(counts.toHistogram().count).toBe(101)
})

test("waits of minutes are as exact as those of milliseconds", () => {
  for (const seconds of [34.3, 34.4, 48, 600, 3_599]) {
    const counts = new LatencyCounts()
    counts.record(seconds * 1_000)
    counts.endSecond()
    const shown = counts.toHistogram().maxNanos / 1e9
    expect(shown).toBeGreaterThanOrEqual(seconds)
    expect(shown / seconds).toBeLessThan(1.003)
    expect(counts.beyondScale).toBe(0)
  }
})

test("a time beyond an hour counts as the longest, and is marked", () => {
  const counts = new LatencyCounts()
  counts.record(1e9)
  counts.record(3_600_001, 2)
  counts.record(0)
  counts.endSecond()
  expect(counts.toHistogram().maxNanos).toBe(nanosMax)
  expect(counts.beyondScale).toBe(3)
  expect(formatNanos(counts.toHistogram().maxNanos)).toBe(">1 h")
})
