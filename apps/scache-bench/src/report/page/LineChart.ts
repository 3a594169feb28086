import type { Target } from "../../result/BenchmarkResult.ts"
import { latencyOfAll } from "../../result/Metric.ts"
import { formatCount, formatNanos, notMeasured } from "../../result/quantities.ts"
import type { Look, Looks } from "./Look.ts"

/** Lines over a common x; a gap where a line has no value. */
export interface LineChart {
  readonly id: string
  readonly title: string
  readonly about: string
  /** Seconds of measuring, or a share of operations as one in how many, on a logarithmic scale. */
  readonly xKind: "seconds" | "one in"
  readonly yKind: "operations a second" | "nanoseconds"
  readonly x: ReadonlyArray<number>
  readonly series: ReadonlyArray<{ readonly name: string; readonly values: ReadonlyArray<number | null> } & Look>
  /** The same numbers, or the important ones, for readers who cannot see the picture. */
  readonly table: { readonly head: ReadonlyArray<string>; readonly rows: ReadonlyArray<ReadonlyArray<string>> }
}

const orNotMeasured = (value: number | null | undefined, format: (value: number) => string): string =>
  value === null || value === undefined ? notMeasured : format(value)

/** A second without an answer is a gap in all lines; the logarithmic scale of times has no place for 0 anyway. */
const plottable = (value: number | null): number | null => (value === null || value <= 0 ? null : value)

/** Where each round begins when rounds stand one behind another, with a second free between them so that lines break there. */
const roundOffsets = (targets: ReadonlyArray<Target>): ReadonlyArray<number> => {
  const rounds = Math.max(0, ...targets.map((target) => target.rounds.length))
  const offsets = [0]
  for (let index = 0; index < rounds; index++) {
    const seconds = targets.map((target) => (target.rounds[index]?.series.at(-1)?.second ?? -1) + 1)
    offsets.push((offsets[index] ?? 0) + Math.max(0, ...seconds) + 1)
  }
  return offsets
}

type SeriesValue = "operations" | "p50Nanos" | "p99Nanos"

const overTime = (
  targets: ReadonlyArray<Target>,
  value: SeriesValue,
  looks: Looks,
  format: (value: number) => string,
  words: Pick<LineChart, "id" | "title" | "about" | "yKind">
): LineChart => {
  const offsets = roundOffsets(targets)
  const length = Math.max(0, (offsets.at(-1) ?? 0) - 1)
  const x = Array.from({ length }, (_, second) => second)
  const series = targets.map((target) => {
    const values: Array<number | null> = x.map(() => null)
    for (const [index, round] of target.rounds.entries()) {
      for (const point of round.series) values[(offsets[index] ?? 0) + point.second] = plottable(point[value])
    }
    return { name: target.name, values, ...looks(target.name) }
  })
  const isBetweenRounds = (second: number) => offsets.includes(second + 1)
  return {
    ...words,
    xKind: "seconds",
    x,
    series,
    table: {
      head: ["second", ...series.map(({ name }) => name)],
      rows: x
        .filter((second) => !isBetweenRounds(second))
        .map((second) => [String(second), ...series.map(({ values }) => orNotMeasured(values[second], format))])
    }
  }
}

const pointsPerNine = 10

/** Percentiles of the table below the curve. */
const percentiles = [50, 90, 99, 99.9, 99.99, 99.999, 100]

const byPercentile = (targets: ReadonlyArray<Target>, looks: Looks): LineChart => {
  const latencies = targets.map((target) => ({ name: target.name, latency: latencyOfAll(target) }))
  const curves = latencies.map(({ name, latency }) => ({ name, points: latency.curve(pointsPerNine) }))
  const length = Math.max(0, ...curves.map(({ points }) => points.length))
  const x = Array.from({ length }, (_, step) => 10 ** (step / pointsPerNine))
  return {
    id: "latency",
    title: "Latency by percentile",
    about:
      "To the right the slowest operations: each further nine has the room of the one before. Both scales are logarithmic.",
    xKind: "one in",
    yKind: "nanoseconds",
    x,
    series: curves.map(({ name, points }) => ({
      name,
      ...looks(name),
      values: x.map((_, step) => (points[step] === undefined ? null : plottable(points[step].nanos)))
    })),
    table: {
      head: ["percentile", ...targets.map(({ name }) => name)],
      rows: percentiles.map((percentile) => [
        percentile === 100 ? "max" : `p${percentile}`,
        ...latencies.map(({ latency }) =>
          // Of a hundred operations none tells the 99.9th percentile. Rounded, since 100 - 99.9 is not quite 0.1.
          percentile !== 100 && latency.count < Math.round(100 / (100 - percentile))
            ? notMeasured
            : formatNanos(latency.percentileNanos(percentile))
        )
      ])
    }
  }
}

/** The line charts of targets, each with all of them in it. */
export const lineChartsOf = (targets: ReadonlyArray<Target>, looks: Looks): ReadonlyArray<LineChart> => [
  overTime(targets, "operations", looks, formatCount, {
    id: "throughput",
    title: "Throughput over time",
    about:
      "Operations in each second, the rounds one behind another. Targets took turns; here they stand above each other. A gap is a second without an answer.",
    yKind: "operations a second"
  }),
  byPercentile(targets, looks),
  overTime(targets, "p99Nanos", looks, formatNanos, {
    id: "p99",
    title: "p99 over time",
    about: "What 99% of the operations of a second took at most, on a logarithmic scale.",
    yKind: "nanoseconds"
  })
]
