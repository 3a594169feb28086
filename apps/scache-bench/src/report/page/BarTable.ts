import type { Target } from "../../result/BenchmarkResult.ts"
import { metricOf, spreadOfMetric } from "../../result/Metric.ts"
import { formatBytes, formatNanos, notMeasured } from "../../result/quantities.ts"
import { html, type Markup, nothing } from "./Markup.ts"

/** Numbers with bars behind them: a table first, so that it says the same without the picture. */
export interface BarTable {
  readonly title: string
  readonly about: string
  readonly bars: ReadonlyArray<{
    readonly label: string
    /** Which colour, counted from 0: that of the target in the line charts. */
    readonly colour: number
    readonly value: number | null
    readonly text: string
    /** What may stand on a line of its own where there is little room. */
    readonly range: string
  }>
}

/** Colours repeat after so many targets. */
export const coloursMax = 6

const cpuTable = (targets: ReadonlyArray<Target>): BarTable => {
  const cpu = metricOf("cpu")
  return {
    title: "CPU an operation",
    about: "Processor time of the server, in user space and in the kernel: median of the rounds, and their range.",
    bars: targets.map((target, colour) => {
      const spread = spreadOfMetric(cpu, target)
      if (spread === undefined) return { label: target.name, colour, value: null, text: notMeasured, range: "" }
      const { median, minimum, maximum, perRound } = spread
      const range = perRound.length < 2 ? "" : `(${formatNanos(minimum)} to ${formatNanos(maximum)})`
      return { label: target.name, colour, value: median, text: formatNanos(median), range }
    })
  }
}

const memoryTable = (targets: ReadonlyArray<Target>): BarTable => ({
  title: "Resident memory",
  about: "Of the server's process: before the first round, the most in any round, after the last one.",
  bars: targets.flatMap((target, colour) => {
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
  })
})

/** The bar tables of targets, each with all of them in it. */
export const barTablesOf = (targets: ReadonlyArray<Target>): ReadonlyArray<BarTable> => [
  cpuTable(targets),
  memoryTable(targets)
]

/** A bar table as HTML. */
export const renderBarTable = ({ title, about, bars }: BarTable): Markup => {
  const most = Math.max(...bars.map(({ value }) => value ?? 0), Number.MIN_VALUE)
  const rows = bars.map(({ label, colour, value, text, range }) => {
    const percent = ((100 * (value ?? 0)) / most).toFixed(1)
    const bar =
      value === null
        ? nothing
        : html`<span class="bar colour-${colour % coloursMax}" style="width:${percent}%" aria-hidden="true"></span>`
    return html`<tr><th scope="row">${label}</th><td class="number"><span>${text}</span> <span>${range}</span></td><td class="bars">${bar}</td></tr>\n`
  })
  return html`<section><h2>${title}</h2><p class="about">${about}</p>
<div class="scroll"><table class="bar-table"><tbody>${rows}</tbody></table></div></section>\n`
}
