import type { BenchmarkResult } from "../result/BenchmarkResult.ts"
import { metricOf } from "../result/Metric.ts"
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
  const rounds = times.rounds === 1 ? "1 round" : `${times.rounds} rounds`
  return `${formatRatio(times.median)} ${what} (${formatRatio(times.minimum)} to ${formatRatio(times.maximum)} in ${rounds})`
}

/** The headline in one line: `scached: 8.31x scache (1.16x to 21.8x in 25 rounds), 0.81x the floor (...)`. */
export const describeHeadline = ({ timesScache, timesFloor }: Headline): string =>
  `${headlineNames.subject}: ${describeTimes(timesScache, "scache")}, ${describeTimes(timesFloor, "the floor")}`
