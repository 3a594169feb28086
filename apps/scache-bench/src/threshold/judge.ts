/**
 * Thresholds held against what was measured.
 */
import { Result } from "effect"
import type { Target } from "../result/BenchmarkResult.ts"
import { formatMetric, metricOf } from "../result/Metric.ts"
import { formatRatio, notMeasured } from "../result/quantities.ts"
import type { Verdict as WrittenVerdict } from "../result/ResultFile.ts"
import { ratioOf } from "../result/ratios.ts"
import { type Operator, type Threshold, ThresholdInvalid } from "./Threshold.ts"

/** What became of a threshold, for one target or one pair of them. */
export interface Verdict {
  readonly threshold: Threshold
  /** What it is about, for instance `p99(scached)`. */
  readonly subject: string
  /** In the metric's unit; null: it was not measured, and the threshold is missed. */
  readonly actual: number | null
  /** The same as people read it. */
  readonly actualText: string
  readonly isPassed: boolean
}

/** A verdict as a file has it. */
export const writtenVerdict = ({ threshold, subject, actual, isPassed }: Verdict): WrittenVerdict => ({
  threshold: threshold.text,
  subject,
  actual,
  unit: threshold.quantity._tag === "Ratio" ? "ratio" : metricOf(threshold.quantity.metric).dimension,
  isPassed
})

const holds: Readonly<Record<Operator, (actual: number, limit: number) => boolean>> = {
  "<": (actual, limit) => actual < limit,
  "<=": (actual, limit) => actual <= limit,
  ">": (actual, limit) => actual > limit,
  ">=": (actual, limit) => actual >= limit,
  "=": (actual, limit) => actual === limit
}

const namesIn = ({ quantity }: Threshold): ReadonlyArray<string> => {
  if (quantity._tag === "Ratio") return [quantity.numerator, quantity.denominator]
  return quantity.target === null ? [] : [quantity.target]
}

/** Fails where a threshold names a target that is not among those: to be asked before a run, not after it. */
export const checkTargets = (
  threshold: Threshold,
  names: ReadonlyArray<string>
): Result.Result<Threshold, ThresholdInvalid> => {
  const unknown = namesIn(threshold).find((name) => !names.includes(name))
  if (unknown === undefined) return Result.succeed(threshold)
  return Result.fail(
    new ThresholdInvalid({
      text: threshold.text,
      position: Math.max(0, threshold.text.indexOf(unknown)),
      reason: `there is no target "${unknown}": targets of this run are ${names.join(", ")}`
    })
  )
}

/**
 * Holds a threshold against the targets: one verdict, or one for each target if it names none. A ratio is the median of the rounds'.
 * What was not measured, and what is about a target that there is not, is missed.
 */
export const judge = (threshold: Threshold, targets: ReadonlyArray<Target>): ReadonlyArray<Verdict> => {
  const { quantity, operator, limit } = threshold
  const metric = metricOf(quantity.metric)
  const verdict = (subject: string, actual: number | null, actualText: string): Verdict => ({
    threshold,
    subject,
    actual,
    actualText,
    isPassed: actual !== null && holds[operator](actual, limit)
  })
  if (quantity._tag === "Ratio") {
    const { numerator, denominator } = quantity
    const above = targets.find((target) => target.name === numerator)
    const below = targets.find((target) => target.name === denominator)
    const ratio = above === undefined || below === undefined ? undefined : ratioOf(metric, above, below)?.median
    const subject = `ratio(${metric.name},${numerator},${denominator})`
    return [verdict(subject, ratio ?? null, ratio === undefined ? notMeasured : formatRatio(ratio))]
  }
  const named = quantity.target
  if (named !== null && !targets.some((target) => target.name === named)) {
    return [verdict(`${metric.name}(${named})`, null, notMeasured)]
  }
  return targets
    .filter((target) => named === null || target.name === named)
    .map((target) => {
      const actual = metric.ofTarget(target)
      return verdict(`${metric.name}(${target.name})`, actual, formatMetric(metric, actual))
    })
}
