import type { Target } from "../../result/BenchmarkResult.ts"
import { formatMetric, type Metric, metricOf, spreadOfMetric } from "../../result/Metric.ts"
import { formatBytes, notMeasured } from "../../result/quantities.ts"
import type { Looks } from "./Look.ts"
import { html, type Markup, nothing } from "./Markup.ts"

/** One number and its bar. */
export interface Bar {
  readonly label: string
  /** The number of its colour: that of the target in the line charts. */
  readonly colour: number
  readonly value: number | null
  readonly text: string
  /** What may go to the next line where there is little room. */
  readonly range: string
}

/** Numbers with bars behind them: a table first, so that it says the same without the picture. */
export interface BarTable {
  readonly title: string
  readonly about: string
  /** Each below its heading, if it has one; all bars are to one scale. */
  readonly groups: ReadonlyArray<{ readonly heading?: string; readonly bars: ReadonlyArray<Bar> }>
}

/** The bar of a metric for a target: the value of all rounds, and the range of those that were measured one by one. */
export const metricBar = (metric: Metric, target: Target, colour: number): Bar => {
  const { minimum, maximum, perRound } = spreadOfMetric(metric, target) ?? { minimum: 0, maximum: 0, perRound: [] }
  const value = metric.ofTarget(target)
  const range = perRound.length < 2 ? "" : `(${formatMetric(metric, minimum)} to ${formatMetric(metric, maximum)})`
  return { label: target.name, colour, value, text: formatMetric(metric, value), range }
}

const cpuTable = (targets: ReadonlyArray<Target>, looks: Looks): BarTable => ({
  title: "CPU an operation",
  about: "Processor time of the server, in user space and in the kernel: median of the rounds, and their range.",
  groups: [{ bars: targets.map((target) => metricBar(metricOf("cpu"), target, looks(target.name).colour)) }]
})

const memoryBars = (target: Target, colour: number): ReadonlyArray<Bar> => {
  const bar = (moment: string, value: number | null | undefined) => ({
    label: `${target.name}, ${moment}`,
    colour,
    value: value ?? null,
    text: value === null || value === undefined ? notMeasured : formatBytes(value),
    range: ""
  })
  return [
    bar("before", target.rounds[0]?.server.residentBytesBefore),
    bar("peak", metricOf("rss").ofTarget(target)),
    bar("after", target.rounds.at(-1)?.server.residentBytesAfter)
  ]
}

const memoryTable = (targets: ReadonlyArray<Target>, looks: Looks): BarTable => ({
  title: "Resident memory",
  about: "Of the server's process: before the first round, the most in any round, after the last one.",
  groups: [{ bars: targets.flatMap((target) => memoryBars(target, looks(target.name).colour)) }]
})

/** The bar tables of targets, each with all of them in it. */
export const barTablesOf = (targets: ReadonlyArray<Target>, looks: Looks): ReadonlyArray<BarTable> => [
  cpuTable(targets, looks),
  memoryTable(targets, looks)
]

const renderBar = ({ label, colour, value, text, range }: Bar, most: number): Markup => {
  const percent = ((100 * (value ?? 0)) / most).toFixed(1)
  const bar =
    value === null
      ? nothing
      : html`<span class="bar colour-${colour}" style="width:${percent}%" aria-hidden="true"></span>`
  return html`<tr><th scope="row" class="bar-label">${label}</th><td class="number"><span>${text}</span> <span>${range}</span></td><td class="bars" title="${`${label}: ${text} ${range}`.trim()}">${bar}</td></tr>\n`
}

/** A bar table as HTML. */
export const renderBarTable = ({ title, about, groups }: BarTable): Markup => {
  const values = groups.flatMap(({ bars }) => bars.map(({ value }) => value ?? 0))
  const most = Math.max(...values, Number.MIN_VALUE)
  const bodies = groups.map(({ heading, bars }) => {
    const head =
      heading === undefined ? nothing : html`<tr class="group"><th colspan="3" scope="rowgroup">${heading}</th></tr>\n`
    return html`<tbody>${head}${bars.map((bar) => renderBar(bar, most))}</tbody>`
  })
  return html`<section><h2>${title}</h2><p class="about">${about}</p>
<div class="scroll"><table class="bar-table">${bodies}</table></div></section>\n`
}
