import uplotScript from "uplot/dist/uPlot.iife.min.js" with { type: "text" }
import uplotStyle from "uplot/dist/uPlot.min.css" with { type: "text" }
import uplotLicence from "uplot/LICENSE" with { type: "text" }
import type { Target } from "../../result/BenchmarkResult.ts"
import { barTablesOf, renderBarTable } from "./BarTable.ts"
import { withContents } from "./Contents.ts"
import chartsScript from "./charts.js" with { type: "text" }
import { type LineChart, lineChartsOf } from "./LineChart.ts"
import type { Looks } from "./Look.ts"
import { html, jsonForScript, Markup, nothing } from "./Markup.ts"
import pageStyle from "./page.css" with { type: "text" }

/** A table of texts; columns of numbers are aligned to the right. */
export const renderTable = (
  head: ReadonlyArray<string | Markup>,
  rows: ReadonlyArray<ReadonlyArray<string | Markup>>,
  textColumns: ReadonlyArray<number> = [0]
): Markup => {
  const side = (column: number) => (textColumns.includes(column) ? "text" : "number")
  const titles = head.map((title, column) => html`<th scope="col" class="${side(column)}">${title}</th>`)
  const lines = rows.map((row) => {
    const cells = row.map((cell, column) =>
      column === 0 ? html`<th scope="row">${cell}</th>` : html`<td class="${side(column)}">${cell}</td>`
    )
    return html`<tr>${cells}</tr>\n`
  })
  return html`<div class="scroll" tabindex="0"><table><thead><tr>${titles}</tr></thead>\n<tbody>${lines}</tbody></table></div>\n`
}

/** The square in a target's colour, beside its name. */
export const swatch = (colour: number): Markup => html`<span class="swatch colour-${colour}" aria-hidden="true"></span>`

/** What a picture shows, in one sentence, for readers who cannot see it. */
const describeChart = ({ title, about, series }: LineChart): string =>
  `${title}. ${about} Lines: ${series.map(({ name }) => name).join(", ")}. The numbers are in the table that follows.`

/** A line chart with its numbers below it; the level is that of its heading. */
export const renderLineChart = (
  chart: LineChart,
  level: 2 | 3 = 2
): Markup => html`<section><h${level}>${chart.title}</h${level}><p class="about">${chart.about}</p>
<figure><div class="chart" id="${chart.id}" role="img" aria-label="${describeChart(chart)}"></div></figure>
<details><summary>The numbers</summary>${renderTable(chart.table.head, chart.table.rows)}</details></section>\n`

/** A chart without anything to draw would be an empty frame. */
export const isEmpty = ({ series }: LineChart): boolean =>
  series.every(({ values }) => values.every((value) => value === null))

/** Pictures as they stand in a page, and the data of those that a script draws. */
export interface Figures {
  readonly markup: Markup
  readonly charts: ReadonlyArray<LineChart>
}

/** All pictures of targets. */
export const figuresOf = (targets: ReadonlyArray<Target>, looks: Looks): Figures => {
  const charts = lineChartsOf(targets, looks).filter((chart) => !isEmpty(chart))
  const lines = charts.map((chart) => renderLineChart(chart))
  return { markup: html`${lines}${barTablesOf(targets, looks).map(renderBarTable)}`, charts }
}

const scripts = (charts: ReadonlyArray<LineChart>): Markup =>
  charts.length === 0
    ? nothing
    : html`<noscript><p class="about">The lines are drawn by a script, which is switched off here; their numbers are in the tables.</p></noscript>
<script type="application/json" id="charts">${jsonForScript(charts)}</script>
<script>/*\n${new Markup(uplotLicence)}*/\n${new Markup(uplotScript)}</script>
<script>${new Markup(chartsScript)}</script>\n`

/** A whole page, in one file that asks the network for nothing: its policy forbids it. */
export const renderPage = (page: {
  readonly title: string
  readonly body: Markup
  /** The charts that stand in its body. */
  readonly charts: ReadonlyArray<LineChart>
}): string =>
  html`<!doctype html>
<html lang="en"><head><meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta http-equiv="Content-Security-Policy" content="default-src 'none'; style-src 'unsafe-inline'; script-src 'unsafe-inline'">
<title>${page.title}</title>
<style>${new Markup(uplotStyle)}\n${new Markup(pageStyle)}</style></head>
<body><main>${withContents(page.body)}</main>
${scripts(page.charts)}</body></html>\n`.text
