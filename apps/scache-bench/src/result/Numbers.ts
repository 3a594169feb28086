import { Schema } from "effect"
import type { Round, Target } from "./BenchmarkResult.ts"
import { type LatencyHistogram, nanosMax } from "./LatencyHistogram.ts"
import { latencyOfAll, metricOf } from "./Metric.ts"

const number = (description: string) => Schema.NullOr(Schema.Finite).annotate({ description })
const count = (description: string) => Schema.Int.check(Schema.isGreaterThanOrEqualTo(0)).annotate({ description })

/** What was measured, as plain numbers: nothing has to be decoded or added up to judge a run. Null: not measured. */
export const Numbers = Schema.Struct({
  operations: count("Operations that were answered."),
  operationsPerSecond: number("Of a target the median of its rounds."),
  p50Nanos: number("The median latency, of all rounds' operations together; in an open loop from when they were due."),
  p90Nanos: number("What 90% of the operations took at most."),
  p99Nanos: number("What 99% of the operations took at most."),
  p999Nanos: number("What 99.9% of the operations took at most."),
  maxNanos: number(`The longest latency; ${nanosMax} means an hour or longer.`),
  serverCpuNanosPerOperation: number(
    "Processor time of the server, all threads; of a target the median of its rounds."
  ),
  serverSwitchesPerOperation: number("Context switches of the server; of a target the median of its rounds."),
  serverResidentBytes: number("The most resident memory of the server that was seen."),
  ownCpuNanosPerOperation: number("Processor time of scache-bench itself; of a target the median of its rounds."),
  errors: count("Clients that were lost with their operation."),
  late: count("Operations that began more than a millisecond after they were due."),
  neverBegun: count("Operations that were due and never begun."),
  stuck: count("Operations that took longer than the patience."),
  beyondScale: count("Operations that took longer than an hour.")
})
export type Numbers = typeof Numbers.Type

const percentile = (latency: LatencyHistogram, percent: number): number | null =>
  latency.count === 0 ? null : latency.percentileNanos(percent)

/** Those of a target, all its rounds together. */
export const numbersOfTarget = (target: Target): Numbers => {
  const latency = latencyOfAll(target)
  const sum = (value: (round: Round) => number) => target.rounds.reduce((total, round) => total + value(round), 0)
  return {
    operations: sum(({ operations }) => operations),
    operationsPerSecond: metricOf("throughput").ofTarget(target),
    p50Nanos: percentile(latency, 50),
    p90Nanos: percentile(latency, 90),
    p99Nanos: percentile(latency, 99),
    p999Nanos: percentile(latency, 99.9),
    maxNanos: percentile(latency, 100),
    serverCpuNanosPerOperation: metricOf("cpu").ofTarget(target),
    serverSwitchesPerOperation: metricOf("switches").ofTarget(target),
    serverResidentBytes: metricOf("rss").ofTarget(target),
    ownCpuNanosPerOperation: metricOf("own").ofTarget(target),
    errors: sum(({ errors }) => errors),
    late: sum(({ late }) => late),
    neverBegun: sum(({ neverBegun }) => neverBegun),
    stuck: sum(({ stuck }) => stuck),
    beyondScale: sum(({ beyondScale }) => beyondScale)
  }
}

/** Those of one round. */
export const numbersOfRound = (target: Target, round: Round): Numbers => numbersOfTarget({ ...target, rounds: [round] })
