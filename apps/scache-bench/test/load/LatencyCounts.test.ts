import { expect, test } from "bun:test"
import { LatencyCounts } from "../../src/load/LatencyCounts.ts"
import { LatencyHistogram } from "../../src/result/LatencyHistogram.ts"
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
  expect(first.operations).toBe(100)
  expect(first.p50Nanos / 1e6).toBeCloseTo(1, 2)
  expect(first.p99Nanos / 1e6).toBeCloseTo(1, 2)
  counts.record(7)
  expect(counts.endSecond().p99Nanos / 1e6).toBeCloseTo(7, 1)
  expect(counts.endSecond()).toEqual({ operations: 0, p50Nanos: 0, p99Nanos: 0 })
  expect(counts.toHistogram().count).toBe(101)
})

test("a time beyond its range counts as the longest", () => {
  const counts = new LatencyCounts()
  counts.record(1e9)
  counts.record(0)
  counts.endSecond()
  expect(counts.toHistogram().maxNanos / 1e9).toBeGreaterThan(34)
})
