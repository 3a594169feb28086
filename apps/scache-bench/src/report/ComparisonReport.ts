import { formatMetric } from "../result/Metric.ts"
import { formatRatio, notMeasured } from "../result/quantities.ts"
import { type Comparison, describeRun, type MetricComparison, type TargetComparison } from "./Comparison.ts"
import type { Paint } from "./Paint.ts"
import { type Cell, renderTextTable, visible } from "./TextTable.ts"

/** What the last column means. */
export const howChangesAreTold =
  "better and worse: no round of one run reached into the range of the other's; this takes two rounds a run"

/** The change in words; nothing where it cannot be told. */
export const describeChange = ({ change }: MetricComparison): string => (change === "unknown" ? notMeasured : change)

/** The ratio as text. */
export const describeChangeRatio = ({ ratio }: MetricComparison): string =>
  ratio === null ? notMeasured : formatRatio(ratio)

const paintOf = ({ change }: MetricComparison, paint: Paint): Pick<Cell, "paint"> => {
  if (change === "better") return { paint: paint.good }
  return change === "worse" ? { paint: paint.bad } : {}
}

const targetLines = ({ name, metrics }: TargetComparison, paint: Paint): ReadonlyArray<string> => {
  const [head = "", ...rows] = renderTextTable({
    head: ["", "first", "second", "second/first", "change"],
    align: ["left", "right", "right", "right", "left"],
    rows: metrics.map((each) => [
      { text: each.metric.title },
      { text: formatMetric(each.metric, each.before) },
      { text: formatMetric(each.metric, each.after) },
      { text: describeChangeRatio(each) },
      { text: describeChange(each), ...paintOf(each, paint) }
    ])
  })
  return ["", paint.strong(visible(name)), paint.faint(head), ...rows]
}

/** Two runs for a terminal: which they are, what differs beside the numbers, and a table for each target. Ends with a newline. */
export const renderComparison = (comparison: Comparison, paint: Paint): string => {
  const { before, after, notes, targets } = comparison
  const lines = [
    visible(`first:  ${describeRun(before)}`),
    visible(`second: ${describeRun(after)}`),
    ...notes.map(({ isViolation, text }) => (isViolation ? paint.bad : paint.strong)(visible(`! ${text}`))),
    ...(targets.length === 0 ? ["", "no target has the same name in both runs"] : []),
    ...targets.flatMap((target) => targetLines(target, paint))
  ]
  return `${lines.join("\n")}\n\n${paint.faint(howChangesAreTold)}\n`
}
