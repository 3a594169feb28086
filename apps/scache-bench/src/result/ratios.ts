/**
 * How many times one target is another: round by round, since rounds that followed each other saw the same machine.
 */
import type { Ratio, Target } from "./BenchmarkResult.ts"
import { type Metric, metricOf } from "./Metric.ts"
import { type Spread, spreadOf } from "./Spread.ts"

/** A metric of one target over that of another in each round that has both; undefined where no round has. */
export const ratioOf = (metric: Metric, numerator: Target, denominator: Target): Spread | undefined =>
  spreadOf(
    numerator.rounds.flatMap((round, index) => {
      const other = denominator.rounds[index]
      const above = metric.ofRound(round)
      const below = other === undefined ? null : metric.ofRound(other)
      return above === null || below === null || below === 0 ? [] : [above / below]
    })
  )

/** The throughput of each target over that of each other one: the faster above. */
export const ratiosBetween = (targets: ReadonlyArray<Target>): ReadonlyArray<Ratio> => {
  const throughput = metricOf("throughput")
  return targets.flatMap((first, index) =>
    targets.slice(index + 1).flatMap((second) => {
      const isFirstFaster = (throughput.ofTarget(first) ?? 0) >= (throughput.ofTarget(second) ?? 0)
      const [above, below] = isFirstFaster ? [first, second] : [second, first]
      const spread = ratioOf(throughput, above, below)
      return spread === undefined ? [] : [{ numerator: above.name, denominator: below.name, ...spread }]
    })
  )
}
