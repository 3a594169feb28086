import { describe, expect, test } from "bun:test"
import { Result } from "effect"
import fc from "fast-check"
import { LatencyHistogram, nanosMax } from "../../src/result/LatencyHistogram.ts"
import { check } from "./property.ts"

const histogramOf = (nanos: ReadonlyArray<number>): LatencyHistogram => {
  const histogram = LatencyHistogram.empty()
  for (const each of nanos) histogram.recordNanos(each)
  return histogram
}

const percentiles = [0, 10, 50, 90, 99, 99.9, 100]
const figures = (histogram: LatencyHistogram) => ({
  count: histogram.count,
  percentiles: percentiles.map((percentile) => histogram.percentileNanos(percentile)),
  mean: histogram.meanNanos,
  curve: histogram.curve()
})

const times = fc.array(fc.oneof(fc.integer({ min: 0, max: 5_000 }), fc.integer({ min: 0, max: nanosMax })), {
  maxLength: 60
})

const decoded = (text: string): LatencyHistogram => {
  const result = LatencyHistogram.decode(text)
  if (Result.isFailure(result)) throw result.failure
  return result.success
}

describe("what was recorded", () => {
  test("is read back exactly below 2 µs, and counted in bulk as one by one", () => {
    const bulk = LatencyHistogram.empty()
    bulk.recordNanos(100, 3)
    bulk.recordMicros(1.5)
    bulk.recordNanos(7, 0)
    expect(figures(bulk)).toEqual(figures(histogramOf([100, 1_500, 100, 100])))
    expect([bulk.count, bulk.percentileNanos(50), bulk.percentileNanos(75), bulk.maxNanos]).toEqual([
      4, 100, 100, 1_500
    ])
    expect(bulk.meanNanos).toBe(450)
  })

  test("gives percentiles that are never too good, and at most a thousandth too bad", () => {
    check(
      fc.property(times, fc.integer({ min: 1, max: 1_000 }), (nanos, permille) => {
        fc.pre(nanos.length > 0)
        const sorted = nanos.toSorted((left, right) => left - right)
        const exact = sorted[Math.ceil((permille / 1_000) * sorted.length - 1e-9) - 1] ?? Number.NaN
        const told = histogramOf(nanos).percentileNanos(permille / 10)
        expect(told).toBeGreaterThanOrEqual(exact)
        expect(told).toBeLessThanOrEqual(exact * 1.001 + 1)
      })
    )
  })

  test("that takes longer than an hour counts as an hour", () => {
    const histogram = histogramOf([nanosMax + 1, Number.POSITIVE_INFINITY])
    expect([histogram.count, histogram.maxNanos]).toEqual([2, nanosMax])
  })

  test("is refused where it is no time, and leaves no trace", () => {
    const histogram = histogramOf([10])
    expect(() => histogram.recordNanos(Number.NaN)).toThrow("a time of NaN ns")
    expect(() => histogram.recordNanos(-1)).toThrow("a time of -1 ns")
    expect(figures(histogram)).toEqual(figures(histogramOf([10])))
  })

  test("is forgotten by reset", () => {
    const histogram = histogramOf([10, 2_000_000])
    histogram.reset()
    expect(figures(histogram)).toEqual(figures(LatencyHistogram.empty()))
  })
})

describe("merging", () => {
  test("gives what one histogram of all times would, and leaves the parts alone", () => {
    check(
      fc.property(fc.array(times, { maxLength: 4 }), (parts) => {
        const histograms = parts.map(histogramOf)
        expect(figures(LatencyHistogram.merge(histograms))).toEqual(figures(histogramOf(parts.flat())))
        expect(histograms.map((histogram) => histogram.count)).toEqual(parts.map((part) => part.length))
      })
    )
  })

  test("counts beyond 32 bits", () => {
    const histogram = LatencyHistogram.empty()
    histogram.recordNanos(5, 3_000_000_000)
    histogram.add(histogram)
    expect(histogram.count).toBe(6_000_000_000)
    expect(decoded(histogram.encode()).count).toBe(6_000_000_000)
  })
})

describe("the encoded form", () => {
  test("answers as the original does", () => {
    check(
      fc.property(times, (nanos) => {
        const histogram = histogramOf(nanos)
        expect(figures(decoded(histogram.encode()))).toEqual(figures(histogram))
      })
    )
  })

  test("is told from other texts, whatever they are", () => {
    for (const text of ["", "AAAA", "not base64", "x".repeat(100)]) {
      const result = LatencyHistogram.decode(text)
      expect(Result.isFailure(result) && result.failure.message).toStartWith("not a histogram in HdrHistogram's")
    }
    const encoded = histogramOf([1, 2, 3]).encode()
    for (let length = 0; length < encoded.length - 4; length++) {
      expect(Result.isFailure(LatencyHistogram.decode(encoded.slice(0, length)))).toBe(true)
    }
  })
})

describe("the curve", () => {
  test("has evenly spaced points, as far as the number of operations can tell", () => {
    const histogram = LatencyHistogram.empty()
    for (let each = 1; each <= 1_000; each++) histogram.recordNanos(each)
    const curve = histogram.curve(1)
    expect(curve.map(({ nanos }) => nanos)).toEqual([1, 900, 990])
    expect(curve.map(({ percentile }) => percentile.toFixed(6))).toEqual(["0.000000", "90.000000", "99.000000"])
    expect(histogram.curve(10)).toHaveLength(30)
  })

  test("of nothing is empty", () => {
    expect(LatencyHistogram.empty().curve()).toEqual([])
    expect(LatencyHistogram.empty().maxNanos).toBe(0)
  })
})
