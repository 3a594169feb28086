import type { BenchmarkResult, Target } from "../../result/BenchmarkResult.ts"
import { formatMetric, metricNames, metricOf } from "../../result/Metric.ts"
import type { Verdict } from "../../threshold/judge.ts"
import {
  describeCommand,
  describeIncomplete,
  describeLatency,
  describeLimit,
  describeLoss,
  describeMachine,
  describeNotes,
  describeOwnCosts,
  describeRatio,
  describeScenario,
  describeSettings,
  describeTruth,
  describeViolations,
  howNumbersAreMade
} from "../describe.ts"
import { describeRunHeadline } from "../Headline.ts"
import { verdictLine } from "../TerminalReport.ts"
import { contentsPlace } from "./Contents.ts"
import { type Looks, looksOf } from "./Look.ts"
import { html, type Markup, nothing } from "./Markup.ts"
import { figuresOf, renderPage, renderTable, swatch } from "./Page.ts"

/** A list; nothing for none. */
export const list = (lines: ReadonlyArray<Markup>): Markup => (lines.length === 0 ? nothing : html`<ul>${lines}</ul>\n`)

/** The wrong answers of all targets, in red, above everything else; nothing if there are none. */
export const violationsBox = (targets: ReadonlyArray<Target>): Markup => {
  const lines = targets.flatMap(describeViolations)
  return lines.length === 0
    ? nothing
    : html`<section class="violations" role="alert"><h2>Wrong answers</h2>
<p>A target did what a correct cache cannot do. Its numbers mean nothing.</p>
${list(lines.map((line) => html`<li class="wrap">${line}</li>`))}</section>\n`
}

/** What is missing of runs, above everything else; nothing of complete ones. */
export const incompleteBox = (results: ReadonlyArray<BenchmarkResult>): Markup => {
  const lines = results.flatMap((result) => [...describeIncomplete(result), ...result.targets.flatMap(describeLoss)])
  return lines.length === 0
    ? nothing
    : html`<section class="incomplete" role="note">${lines.map((line) => html`<p class="wrap">${line}</p>`)}</section>\n`
}

/** All numbers of targets. */
export const resultTable = (targets: ReadonlyArray<Target>, looks: Looks): Markup =>
  renderTable(
    ["target", ...metricNames.map((name) => metricOf(name).title), "limit"],
    targets.map((target) => [
      html`${swatch(looks(target.name).colour)}${target.name}`,
      ...metricNames.map((name) => {
        const value = metricOf(name).ofTarget(target)
        const text = formatMetric(metricOf(name), value)
        return name === "errors" && value !== 0 ? html`<span class="bad">${text}</span>` : text
      }),
      describeLimit(target)
    ]),
    [0, metricNames.length + 1]
  )

/** What was checked, one item a target, and what else is to be known of how it was measured. */
export const checkedItems = (targets: ReadonlyArray<Target>): ReadonlyArray<Markup> => [
  ...targets.map(
    (target) => html`<li class="${target.truth.violationsTotal === 0 ? "good" : "bad"}">${describeTruth(target)}</li>`
  ),
  ...[...targets.flatMap(describeNotes), ...describeOwnCosts(targets)].map((note) => html`<li>${note}</li>`)
]

const verdictList = (verdicts: ReadonlyArray<Verdict>): Markup =>
  verdicts.length === 0
    ? nothing
    : html`<section><h2>Thresholds</h2>${list(
        verdicts.map((verdict) => html`<li class="${verdict.isPassed ? "good" : "bad"}">${verdictLine(verdict)}</li>`)
      )}</section>\n`

/** The command that repeats a run. */
export const commandSection = (command: ReadonlyArray<string>): Markup =>
  html`<section><h2>Repeat it</h2><pre class="command" tabindex="0"><code>${describeCommand(command)}</code></pre></section>\n`

const settingsSection = (result: BenchmarkResult): Markup =>
  html`<section><h2>Settings</h2>${renderTable(
    ["setting", "value"],
    [...describeSettings(result.settings), ["machine", describeMachine(result)] as const].map(([name, value]) => [
      name,
      html`<span class="wrap">${value}</span>`
    ]),
    [0, 1]
  )}</section>
<section><h2>Targets</h2>${renderTable(
    ["target", "kind", "version", "command"],
    result.targets.map(({ name, kind, version, command }) => [name, kind, version ?? "unknown", command]),
    [0, 1, 2, 3]
  )}</section>\n`

/** A result as a page: the headline, the contents, the table, the ratios, what was checked, the pictures, the settings; violations first, in red. */
export const renderResultPage = (result: BenchmarkResult, verdicts: ReadonlyArray<Verdict> = []): string => {
  const { settings, targets, ratios } = result
  const title = describeScenario(result)
  const looks = looksOf(targets.map(({ name }) => name))
  const before = html`<header><h1>scache-bench: ${title}</h1>
<p class="headline">${describeRunHeadline(result)}</p>
<p class="about">${result.date}; ${describeMachine(result)}; ${describeLatency(settings)}</p></header>
${incompleteBox([result])}${violationsBox(targets)}${contentsPlace}<section><h2>The numbers</h2>${resultTable(targets, looks)}<p class="about">${howNumbersAreMade.join(" ")}.</p>
${list(ratios.map((ratio) => html`<li>${describeRatio(ratio)}</li>`))}</section>${verdictList(verdicts)}<section><h2>Checked</h2>${list(checkedItems(targets))}</section>
`
  const { markup, charts } = figuresOf(targets, looks)
  return renderPage({
    title: `scache-bench: ${title}`,
    body: html`${before}${markup}${commandSection(result.command)}${settingsSection(result)}`,
    charts
  })
}
