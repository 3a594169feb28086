import type { BenchmarkResult, Target } from "../../result/BenchmarkResult.ts"
import { formatMetric } from "../../result/Metric.ts"
import { type Comparison, describeRun, type MetricComparison, type TargetComparison } from "../Comparison.ts"
import { describeChange, describeChangeRatio, howChangesAreTold } from "../ComparisonReport.ts"
import { html, type Markup } from "./Markup.ts"
import { figuresOf, renderPage, renderTable } from "./Page.ts"
import { violationsBox } from "./ResultPage.ts"

const paintedChange = (comparison: MetricComparison): string | Markup => {
  const text = describeChange(comparison)
  if (comparison.change === "better") return html`<span class="good">${text}</span>`
  return comparison.change === "worse" ? html`<span class="bad">${text}</span>` : text
}

const targetSection = ({ name, metrics }: TargetComparison): Markup =>
  html`<section><h2>${name}</h2>${renderTable(
    ["metric", "first", "second", "second/first", "change"],
    metrics.map((each) => [
      each.metric.title,
      formatMetric(each.metric, each.before),
      formatMetric(each.metric, each.after),
      describeChangeRatio(each),
      paintedChange(each)
    ]),
    [0, 4]
  )}</section>\n`

const named = (run: string, { targets }: BenchmarkResult): ReadonlyArray<Target> =>
  targets.map((target) => ({ ...target, name: `${run}: ${target.name}` }))

/** Two runs as a page: what differs beside the numbers, a table for each target, and the pictures of both runs in one. */
export const renderComparisonPage = (comparison: Comparison): string => {
  const { before, after, notes } = comparison
  const targets = [...named("first", before), ...named("second", after)]
  const items = notes.map(({ isViolation, text }) => html`<li class="wrap ${isViolation ? "bad" : ""}">${text}</li>`)
  const { markup, charts } = figuresOf(targets)
  return renderPage({
    title: "scache-bench: two runs",
    body: html`<header><h1>scache-bench: two runs</h1>
<p class="about">first: ${describeRun(before)}</p><p class="about">second: ${describeRun(after)}</p></header>
${violationsBox(targets)}<ul>${items}</ul>${comparison.targets.map(targetSection)}<p class="about">${howChangesAreTold}.</p>${markup}`,
    charts
  })
}
