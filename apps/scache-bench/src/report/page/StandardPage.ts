import type { BenchmarkResult, Ratio, Target } from "../../result/BenchmarkResult.ts"
import { type MetricName, metricOf } from "../../result/Metric.ts"
import { formatRatio, notMeasured } from "../../result/quantities.ts"
import { spreadOf } from "../../result/Spread.ts"
import { describeMachine, describeScenario, describeSettings, howNumbersAreMade } from "../describe.ts"
import { describeHeadline, headlineOf } from "../Headline.ts"
import { metricBar, renderBarTable } from "./BarTable.ts"
import { contentsPlace } from "./Contents.ts"
import { type LineChart, lineChartsOf } from "./LineChart.ts"
import { type Looks, looksOf } from "./Look.ts"
import { html, type Markup } from "./Markup.ts"
import { isEmpty, renderLineChart, renderPage, renderTable } from "./Page.ts"
import { checkedItems, commandSection, incompleteBox, list, resultTable, violationsBox } from "./ResultPage.ts"

const unique = (texts: ReadonlyArray<string>): ReadonlyArray<string> => [...new Set(texts)]

/** What the first pictures show: of each target in each scenario. */
const bars: ReadonlyArray<{ readonly name: MetricName; readonly title: string; readonly about: string }> = [
  { name: "throughput", title: "Operations a second", about: "Median of the rounds, and their range. More is better." },
  {
    name: "p99",
    title: "Latency, 99th percentile",
    about: "What 99% of all rounds' operations took at most, and the range of the rounds. Less is better."
  },
  {
    name: "cpu",
    title: "CPU of the server an operation",
    about: "In user space and in the kernel: median of the rounds, and their range. Less is better."
  },
  { name: "rss", title: "Resident memory of the server", about: "The most in any round." }
]

const overview = (results: ReadonlyArray<BenchmarkResult>, looks: Looks): ReadonlyArray<Markup> =>
  bars.map(({ name, title, about }) =>
    renderBarTable({
      title,
      about,
      groups: results.map((result) => ({
        heading: describeScenario(result),
        bars: result.targets
          .map((target) => metricBar(metricOf(name), target, looks(target.name).colour))
          .map((bar) => (name === "rss" ? { ...bar, range: "" } : bar))
      }))
    })
  )

const nameOf = ({ numerator, denominator }: Ratio) => `${numerator} / ${denominator}`
const reverseOf = ({ numerator, denominator }: Ratio) => `${denominator} / ${numerator}`

/** Each pair of targets once, the way round in which one was ahead the furthest: in some scenario the other may have been. */
const pairsOf = (results: ReadonlyArray<BenchmarkResult>): ReadonlyArray<string> => {
  const all = results.flatMap(({ ratios }) => ratios)
  const names = new Set<string>()
  for (const ratio of all.toSorted((left, right) => right.median - left.median)) {
    if (!names.has(reverseOf(ratio))) names.add(nameOf(ratio))
  }
  return unique(all.map((ratio) => (names.has(nameOf(ratio)) ? nameOf(ratio) : reverseOf(ratio))))
}

const ratioText = (ratios: ReadonlyArray<Ratio>, pair: string): string => {
  const found = ratios.find((each) => nameOf(each) === pair)
  const reverse = ratios.find((each) => reverseOf(each) === pair)
  const perRound = found?.perRound ?? reverse?.perRound.map((each) => 1 / each) ?? []
  const spread = spreadOf(perRound)
  if (spread === undefined) return notMeasured
  const range = perRound.length === 1 ? "" : ` (${formatRatio(spread.minimum)} to ${formatRatio(spread.maximum)})`
  return `${formatRatio(spread.median)}${range}`
}

/** A row for each pair of targets, and a column a scenario: pairs are many, and a page is no wider than some scenarios. */
const ratioTable = (results: ReadonlyArray<BenchmarkResult>): Markup => {
  const rows = pairsOf(results).map((pair) => [
    html`<span class="wrap">${pair}</span>`,
    ...results.map(({ ratios }) => html`<span class="wrap">${ratioText(ratios, pair)}</span>`)
  ])
  const scenarios = results.map((result) => html`<span class="wrap">${describeScenario(result)}</span>`)
  return html`<section><h2>Throughput, one over the other</h2>
<p class="about">Made round by round: median, and range. Ratios can be compared between machines, rates cannot.</p>
${renderTable(["", ...scenarios], rows)}</section>\n`
}

/** Those that say something of a few seconds; the others are on the page of a longer run. */
const chartsOf = (targets: ReadonlyArray<Target>, scenario: number, looks: Looks): ReadonlyArray<LineChart> =>
  lineChartsOf(targets, looks)
    .filter((chart) => chart.id !== "p99" && !isEmpty(chart))
    .map((chart) => ({ ...chart, id: `${chart.id}-${scenario + 1}` }))

const scenarioSection = (result: BenchmarkResult, charts: ReadonlyArray<LineChart>, looks: Looks): Markup =>
  html`<section class="scenario"><h2>${describeScenario(result)}</h2>${resultTable(result.targets, looks)}
${list(checkedItems(result.targets))}${charts.map((chart) => renderLineChart(chart, 3))}</section>\n`

/** What all scenarios have in common; without commands, whose paths are those of the machine at hand. */
const settingsSection = (results: ReadonlyArray<BenchmarkResult>): Markup => {
  const all = results.map(({ settings }) => describeSettings(settings))
  const names = unique(all.flatMap((pairs) => pairs.map(([name]) => name)))
  const rows = names.map((name) => {
    const values = all.flatMap((pairs) => pairs.filter(([each]) => each === name).map(([, value]) => value))
    return [name, html`<span class="wrap">${unique(values).join("; ")}</span>`]
  })
  const versions = unique(
    results.flatMap(({ targets }) => targets.map(({ name, version }) => `${name}: ${version ?? "has none"}`))
  )
  return html`<section><h2>Settings</h2>${renderTable(
    ["setting", "value"],
    [
      ...rows,
      ["machine", html`<span class="wrap">${unique(results.map(describeMachine)).join("; ")}</span>`],
      ["versions", versions.join(", ")]
    ],
    [0, 1]
  )}</section>\n`
}

/** A repository that keeps the page may check its pages with Biome, which would complain of what uPlot is written like. */
const firstLine = "<!-- biome-ignore-all lint: generated -->"

/**
 * Several results as one page that is fit to be kept: pictures of all of them first, then each; it names no path and no host.
 * `about` says what the targets are, a paragraph each.
 */
export const renderStandardPage = (
  results: ReadonlyArray<BenchmarkResult>,
  about: ReadonlyArray<string> = []
): string => {
  const dates = unique(results.map(({ date }) => date.slice(0, 10)))
  const looks = looksOf(results.flatMap(({ targets }) => targets.map(({ name }) => name)))
  const charts = results.map(({ targets }, scenario) => chartsOf(targets, scenario, looks))
  const sections = results.map((result, scenario) => scenarioSection(result, charts[scenario] ?? [], looks))
  const page = renderPage({
    title: "scache-bench: the standard comparison",
    body: html`<header><h1>scache-bench: the standard comparison</h1>
<p class="headline">${describeHeadline(headlineOf(results))}</p>
<p class="about">${dates.join(", ")}; ${unique(results.map(describeMachine)).join("; ")}</p>
<p class="about">Targets were loaded in turn, round after round. An operation is one request with all its exchanges.</p>
${about.map((text) => html`<p class="about">${text}</p>\n`)}</header>
${incompleteBox(results)}${violationsBox(results.flatMap(({ targets }) => targets))}${contentsPlace}${ratioTable(results)}${overview(results, looks)}${sections}
<p class="about">In the tables: ${howNumbersAreMade.join(" ")}.</p>${commandSection(results[0]?.command ?? [])}${settingsSection(results)}`,
    charts: charts.flat()
  })
  return `${firstLine}\n${page}`
}
