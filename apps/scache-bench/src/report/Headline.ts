import type { BenchmarkResult } from "../result/BenchmarkResult.ts"
import { formatMetric, metricOf } from "../result/Metric.ts"
import { formatRatio } from "../result/quantities.ts"
import type { Headline } from "../result/ResultFile.ts"
import { ratioOf } from "../result/ratios.ts"
import { spreadOf } from "../result/Spread.ts"

/** What the standard comparison calls the three that it is about. */
export const headlineNames = { subject: "scached", scache: "scache", floor: "floor" } as const

/** The subject's throughput over another's in each round of all comparisons that have both. */
const timesOf = (results: ReadonlyArray<BenchmarkResult>, other: string): Headline["timesScache"] => {
  const perRound = results.flatMap(({ targets }) => {
    const above = targets.find(({ name }) => name === headlineNames.subject)
    const below = targets.find(({ name }) => name === other)
    return above === undefined || below === undefined
      ? []
      : (ratioOf(metricOf("throughput"), above, below)?.perRound ?? [])
  })
  const spread = spreadOf(perRound)
  if (spread === undefined) return null
  const { median, minimum, maximum } = spread
  return { median, minimum, maximum, rounds: perRound.length }
}

/** How scached stands to Postfix's scache and to the floor, over the rounds of all comparisons. */
export const headlineOf = (results: ReadonlyArray<BenchmarkResult>): Headline => ({
  timesScache: timesOf(results, headlineNames.scache),
  timesFloor: timesOf(results, headlineNames.floor)
})

const describeTimes = (times: Headline["timesScache"], what: string): string => {
  if (times === null) return `${what} was not measured`
  const { median, minimum, maximum, rounds } = times
  const range = rounds === 1 ? "one round" : `${formatRatio(minimum)} to ${formatRatio(maximum)} in ${rounds} rounds`
  return `${formatRatio(median)} ${what} (${range})`
}

/** The headline in one line: `scached: 8.31x scache (1.16x to 21.8x in 25 rounds), 0.81x the floor (...)`. */
export const describeHeadline = ({ timesScache, timesFloor }: Headline): string =>
  `${headlineNames.subject}: ${describeTimes(timesScache, "scache")}, ${describeTimes(timesFloor, "the floor")}`

/** One result in one line: how the first target stands to each other one, or what it does where it is alone. */
export const describeRunHeadline = ({ targets }: BenchmarkResult): string => {
  const [first, ...others] = targets
  if (first === undefined) return ""
  const throughput = metricOf("throughput")
  const numbers = (["p50", "p99"] as const).map(
    (name) => `${name} ${formatMetric(metricOf(name), metricOf(name).ofTarget(first))}`
  )
  const rate = `${first.name}: ${formatMetric(throughput, throughput.ofTarget(first))} operations a second, ${numbers.join(", ")}`
  const times = others.flatMap((other) => {
    const spread = ratioOf(throughput, first, other)
    return spread === undefined ? [] : [describeTimes({ ...spread, rounds: spread.perRound.length }, other.name)]
  })
  return [rate, ...times].join("; ")
}
