import type { BenchmarkResult, Target } from "../../result/BenchmarkResult.ts"
import { formatMetric } from "../../result/Metric.ts"
import { type Comparison, describeRun, type MetricComparison, type TargetComparison } from "../Comparison.ts"
import { describeChange, describeChangeRatio, howChangesAreTold } from "../ComparisonReport.ts"
import { contentsPlace } from "./Contents.ts"
import { type Looks, looksOf } from "./Look.ts"
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

/** A target has the same colour in both runs, and its line has dashes in the second. */
const looksOfBoth = ({ before, after }: Comparison): Looks => {
  const looks = looksOf([...before.targets, ...after.targets].map(({ name }) => name))
  return (name) => ({
    colour: looks(name.replace(/^(first|second): /, "")).colour,
    dash: name.startsWith("second: ") ? 1 : 0
  })
}

/** How the throughput of each target has changed. */
const headline = ({ targets }: Comparison): string =>
  targets
    .flatMap(({ name, metrics }) => {
      const throughput = metrics.find(({ metric }) => metric.name === "throughput")
      return throughput === undefined
        ? []
        : [`${name}: ${describeChangeRatio(throughput)} the throughput (${describeChange(throughput)})`]
    })
    .join("; ")

const named = (run: string, { targets }: BenchmarkResult): ReadonlyArray<Target> =>
  targets.map((target) => ({ ...target, name: `${run}: ${target.name}` }))

/** Two runs as a page: what differs beside the numbers, a table for each target, and the pictures of both runs in one. */
export const renderComparisonPage = (comparison: Comparison): string => {
  const { before, after, notes } = comparison
  const targets = [...named("first", before), ...named("second", after)]
  const items = notes.map(({ isViolation, text }) => html`<li class="wrap ${isViolation ? "bad" : ""}">${text}</li>`)
  const { markup, charts } = figuresOf(targets, looksOfBoth(comparison))
  return renderPage({
    title: "scache-bench: two runs",
    body: html`<header><h1>scache-bench: two runs</h1>
<p class="headline">${headline(comparison)}</p>
<p class="about">first: ${describeRun(before)}</p><p class="about">second: ${describeRun(after)}</p></header>
${violationsBox(targets)}<ul>${items}</ul>${contentsPlace}${comparison.targets.map(targetSection)}<p class="about">${howChangesAreTold}.</p>${markup}`,
    charts
  })
}
