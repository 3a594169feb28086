import type { Round, Target } from "./BenchmarkResult.ts"
import { LatencyHistogram } from "./LatencyHistogram.ts"
import { formatBytes, formatCount, formatDigits, formatNanos, notMeasured } from "./quantities.ts"
import { type Spread, spreadOf } from "./Spread.ts"

/** What a number counts, and in what. */
export type Dimension = "operations a second" | "nanoseconds" | "bytes" | "count"

/** Something that is measured of a target. */
export interface Metric {
  /** As thresholds write it. */
  readonly name: MetricName
  /** As a table's head has it. */
  readonly title: string
  readonly dimension: Dimension
  readonly better: "more" | "less"
  /** Of one round; null: not measured. */
  readonly ofRound: (round: Round) => number | null
  /** Of all rounds together; null: not measured. */
  readonly ofTarget: (target: Target) => number | null
}

/** The names of all metrics, in the order of the tables. */
export const metricNames = [
  "throughput",
  "p50",
  "p90",
  "p99",
  "p99.9",
  "max",
  "cpu",
  "switches",
  "rss",
  "own",
  "errors"
] as const

/** The name of a metric. */
export type MetricName = (typeof metricNames)[number]

/** Those of a table: two are left to the page, since with them a table of long numbers would not fit into 100 columns. */
export const tableMetricNames: ReadonlyArray<MetricName> = metricNames.filter(
  (name) => name !== "p90" && name !== "own"
)

/** The latency that users of the cache would see: from when an operation was due, if that is known. */
export const latencyOf = (round: Round): LatencyHistogram => round.correctedLatency ?? round.serviceTime

/** That of all rounds' operations together. */
export const latencyOfAll = (target: Target): LatencyHistogram => LatencyHistogram.merge(target.rounds.map(latencyOf))

const isMeasured = (value: number | null): value is number => value !== null

const medianOver =
  (ofRound: Metric["ofRound"]) =>
  (target: Target): number | null =>
    spreadOf(target.rounds.map(ofRound).filter(isMeasured))?.median ?? null

const latency = (name: MetricName, percentile: number): Metric => ({
  name,
  title: name,
  dimension: "nanoseconds",
  better: "less",
  ofRound: (round) => (latencyOf(round).count === 0 ? null : latencyOf(round).percentileNanos(percentile)),
  // Not the median of the rounds' percentiles: a stall in one round of five must show.
  ofTarget: (target) => {
    const all = latencyOfAll(target)
    return all.count === 0 ? null : all.percentileNanos(percentile)
  }
})

const medianMetric = (metric: Omit<Metric, "ofTarget">): Metric => ({ ...metric, ofTarget: medianOver(metric.ofRound) })

const switchesOf = ({ operations, server }: Round): number | null =>
  server.voluntarySwitches === null || server.involuntarySwitches === null || operations === 0
    ? null
    : (server.voluntarySwitches + server.involuntarySwitches) / operations

const residentOf = ({ server }: Round): number | null => {
  const known = [server.residentBytesBefore, server.residentBytesPeak, server.residentBytesAfter].filter(isMeasured)
  return known.length === 0 ? null : Math.max(...known)
}

const metricsByName: Readonly<Record<MetricName, Metric>> = {
  throughput: medianMetric({
    name: "throughput",
    title: "ops/s",
    dimension: "operations a second",
    better: "more",
    ofRound: (round) => round.operationsPerSecond
  }),
  p50: latency("p50", 50),
  p90: latency("p90", 90),
  p99: latency("p99", 99),
  "p99.9": latency("p99.9", 99.9),
  max: latency("max", 100),
  cpu: medianMetric({
    name: "cpu",
    title: "CPU/op",
    dimension: "nanoseconds",
    better: "less",
    ofRound: (round) => round.server.cpuNanosPerOperation
  }),
  switches: medianMetric({
    name: "switches",
    title: "sw/op",
    dimension: "count",
    better: "less",
    ofRound: switchesOf
  }),
  rss: {
    name: "rss",
    title: "RSS",
    dimension: "bytes",
    better: "less",
    ofRound: residentOf,
    ofTarget: (target) => {
      const known = target.rounds.map(residentOf).filter(isMeasured)
      return known.length === 0 ? null : Math.max(...known)
    }
  },
  own: medianMetric({
    name: "own",
    title: "own/op",
    dimension: "nanoseconds",
    better: "less",
    ofRound: (round) => round.client.cpuNanosPerOperation
  }),
  errors: {
    name: "errors",
    title: "errors",
    dimension: "count",
    better: "less",
    ofRound: (round) => round.errors,
    ofTarget: (target) => target.rounds.reduce((sum, round) => sum + round.errors, 0)
  }
}

/** The metric of that name. */
export const metricOf = (name: MetricName): Metric => metricsByName[name]

/** A text is a metric's name. */
export const isMetricName = (text: string): text is MetricName => metricNames.some((name) => name === text)

/** A metric's value as people read it. */
export const formatMetric = (metric: Metric, value: number | null): string => {
  if (value === null) return notMeasured
  switch (metric.dimension) {
    case "nanoseconds":
      return formatNanos(value)
    case "bytes":
      return formatBytes(value)
    case "operations a second":
      return formatCount(value)
    case "count":
      return Number.isInteger(value) ? formatCount(value) : formatDigits(value)
  }
}

/** The values of all rounds in which it was measured; undefined: in none. */
export const spreadOfMetric = (metric: Metric, target: Target): Spread | undefined =>
  spreadOf(target.rounds.map(metric.ofRound).filter(isMeasured))
