import type { BenchmarkResult, Target } from "../result/BenchmarkResult.ts"
import { tableMetricNames as columns, formatMetric, metricOf } from "../result/Metric.ts"
import type { Verdict } from "../threshold/judge.ts"
import {
  describeIncomplete,
  describeLatency,
  describeLimit,
  describeLoop,
  describeLoss,
  describeMachine,
  describeNotes,
  describeOwnCosts,
  describeRatio,
  describeTruth,
  describeViolations,
  howNumbersAreMade
} from "./describe.ts"
import type { Paint } from "./Paint.ts"
import { type Cell, renderTextTable, visible, wrap } from "./TextTable.ts"

/** The line of a verdict, without its colour: `passed  p99<2ms   p99(scached) is 1.24 ms`. */
export const verdictLine = ({ threshold, subject, actual, actualText, isPassed }: Verdict): string =>
  `${isPassed ? "passed" : "MISSED"}  ${threshold.text}: ${subject} ${actual === null ? "was not measured" : `is ${actualText}`}`

/** Of a terminal: what does not fit is broken or cut. */
const columnsMax = 100

const targetRow = (target: Target, paint: Paint): ReadonlyArray<Cell> => [
  { text: visible(target.name), paint: paint.strong },
  ...columns.map((name): Cell => {
    const metric = metricOf(name)
    const value = metric.ofTarget(target)
    const text = formatMetric(metric, value)
    return name === "errors" && value !== 0 ? { text, paint: paint.bad } : { text }
  }),
  { text: describeLimit(target) }
]

const truthLines = (target: Target, paint: Paint): ReadonlyArray<string> => {
  const isTrue = target.truth.violationsTotal === 0
  const lines = [describeTruth(target), ...describeViolations(target)].map(visible)
  return lines.map(isTrue ? paint.good : paint.bad)
}

/** Verdicts on thresholds, one line each. */
export const renderVerdicts = (verdicts: ReadonlyArray<Verdict>, paint: Paint): string =>
  verdicts.map((verdict) => `${(verdict.isPassed ? paint.good : paint.bad)(visible(verdictLine(verdict)))}\n`).join("")

/** A result for a terminal of 100 columns: the table, the ratios, what was checked. Ends with a newline. */
export const renderTerminalReport = (result: BenchmarkResult, paint: Paint): string => {
  const { settings, targets, ratios } = result
  const [head = "", ...rows] = renderTextTable({
    head: ["target", ...columns.map((name) => metricOf(name).title), "limit"],
    rows: targets.map((target) => targetRow(target, paint)),
    widthMax: columnsMax
  })
  const rounds = settings.rounds === 1 ? "1 round" : `${settings.rounds} rounds`
  const load = `${settings.workload.name}: ${describeLoop(settings)}, ${rounds}; ${describeLatency(settings)}`
  const lines = [
    ...describeIncomplete(result).map(paint.bad),
    ...wrap(visible(load), columnsMax),
    ...wrap(visible(describeMachine(result)), columnsMax).map(paint.faint),
    "",
    paint.faint(head),
    ...rows,
    "",
    ...(ratios.length === 0 ? [] : [...ratios.map((ratio) => visible(describeRatio(ratio))), ""]),
    ...targets.flatMap((target) => truthLines(target, paint)),
    ...targets.flatMap(describeLoss).map((line) => paint.bad(visible(line))),
    ...[...targets.flatMap(describeNotes), ...describeOwnCosts(targets)].flatMap((note) =>
      wrap(visible(note), columnsMax)
    )
  ]
  return `${[...lines, "", ...howNumbersAreMade.map(paint.faint)].join("\n")}\n`
}
