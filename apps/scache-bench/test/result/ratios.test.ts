import { describe, expect, test } from "bun:test"
import type { Round, Target } from "../../src/result/BenchmarkResult.ts"
import { LatencyHistogram } from "../../src/result/LatencyHistogram.ts"
import { formatMetric, metricNames, metricOf } from "../../src/result/Metric.ts"
import { ratioOf, ratiosBetween } from "../../src/result/ratios.ts"
import { spreadOf } from "../../src/result/Spread.ts"
import { scache, scached } from "./fixture.ts"

const [template] = scached.rounds
if (template === undefined) throw new Error("the fixture has no rounds")

const target = (name: string, rounds: ReadonlyArray<Partial<Round>>): Target => ({
  ...scached,
  name,
  rounds: rounds.map((round) => ({ ...template, ...round }))
})

const rates = (...perSecond: ReadonlyArray<number>) => perSecond.map((operationsPerSecond) => ({ operationsPerSecond }))

const latencyOf = (...nanos: ReadonlyArray<number>): LatencyHistogram => {
  const histogram = LatencyHistogram.empty()
  for (const each of nanos) histogram.recordNanos(each)
  return histogram
}

describe("a spread", () => {
  test("has the value in the middle, or the mean of the two there", () => {
    expect(spreadOf([3, 1, 2])).toEqual({ perRound: [3, 1, 2], median: 2, minimum: 1, maximum: 3 })
    expect(spreadOf([10, 1, 2, 3])?.median).toBe(2.5)
    expect(spreadOf([])).toBeUndefined()
  })
})

describe("metrics", () => {
  const unknown = { cpuNanosPerOperation: null, voluntarySwitches: null, residentBytesPeak: null }
  const nothingKnown = { ...template.server, ...unknown, residentBytesBefore: null, residentBytesAfter: null }

  test("of several rounds: medians, all operations together, the highest, the sum", () => {
    const server = (cpu: number | null, peak: number) => ({
      ...template.server,
      cpuNanosPerOperation: cpu,
      residentBytesPeak: peak,
      voluntarySwitches: 15,
      involuntarySwitches: 5
    })
    const use = { operations: 10, correctedLatency: null }
    const subject = target("a", [
      { ...use, operationsPerSecond: 10, errors: 1, serviceTime: latencyOf(1, 1, 1), server: server(7, 90_000_000) },
      {
        ...use,
        operationsPerSecond: 30,
        errors: 0,
        serviceTime: latencyOf(1, 1, 900),
        server: server(null, 80_000_000)
      },
      { ...use, operationsPerSecond: 11, errors: 2, serviceTime: latencyOf(1, 1, 1), server: server(9, 70_000_000) }
    ])
    const values = Object.fromEntries(metricNames.map((name) => [name, metricOf(name).ofTarget(subject)]))
    expect(values).toEqual({
      own: 6_300,
      throughput: 11,
      p50: 1,
      p90: 900,
      p99: 900,
      "p99.9": 900,
      max: 900,
      cpu: 8,
      switches: 2,
      rss: 90_000_000,
      errors: 3
    })
  })

  test("take the corrected latency where there is one", () => {
    const subject = target("a", [{ serviceTime: latencyOf(1), correctedLatency: latencyOf(50) }])
    expect(metricOf("p50").ofTarget(subject)).toBe(50)
  })

  test("that were not measured are null, never 0, and shown as a dash", () => {
    const subject = target("a", [{ server: nothingKnown, serviceTime: latencyOf(), operations: 0 }])
    for (const name of ["p50", "p99", "max", "cpu", "switches", "rss"] as const) {
      expect(metricOf(name).ofTarget(subject)).toBeNull()
      expect(formatMetric(metricOf(name), metricOf(name).ofTarget(subject))).toBe("–")
    }
  })
})

describe("ratios", () => {
  test("pair the rounds that followed each other", () => {
    const [ratio] = ratiosBetween([target("slow", rates(10, 20, 10)), target("fast", rates(100, 100, 120))])
    expect(ratio).toEqual({
      numerator: "fast",
      denominator: "slow",
      perRound: [10, 5, 12],
      median: 10,
      minimum: 5,
      maximum: 12
    })
  })

  test("are given for each pair of targets once, the faster above", () => {
    const pairs = ratiosBetween([target("a", rates(2)), target("b", rates(3)), target("c", rates(1))])
    expect(pairs.map(({ numerator, denominator }) => `${numerator}/${denominator}`)).toEqual(["b/a", "a/c", "b/c"])
    expect(ratiosBetween([scached])).toEqual([])
  })

  test("leave out rounds that only one has, and those without anything to divide by", () => {
    const throughput = metricOf("throughput")
    expect(ratioOf(throughput, target("a", rates(4, 6, 8)), target("b", rates(2, 0)))?.perRound).toEqual([2])
    expect(ratioOf(throughput, scached, target("b", rates(0)))).toBeUndefined()
  })

  test("can be had of any metric", () => {
    expect(ratioOf(metricOf("cpu"), scached, scache)?.median).toBeCloseTo(6.9 / 104, 6)
  })
})
