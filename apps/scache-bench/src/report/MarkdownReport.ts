import { Result, Schema } from "effect"
import type { BenchmarkResult, Ratio } from "../result/BenchmarkResult.ts"
import { tableMetricNames as columns, formatMetric, metricOf } from "../result/Metric.ts"
import type { Verdict } from "../threshold/judge.ts"
import {
  describeIncomplete,
  describeLimit,
  describeLoss,
  describeMachine,
  describeRatio,
  describeScenario,
  describeViolations,
  howNumbersAreMade
} from "./describe.ts"
import { describeHeadline, headlineOf } from "./Headline.ts"
import { escaped, row } from "./markdown.ts"
import { verdictLine } from "./TerminalReport.ts"

/** What stands before and after the part of a document that the benchmark writes. */
export const markers = { begin: "<!-- bench:begin -->", end: "<!-- bench:end -->" } as const

/** A document has no place for the results. */
export class MarkersMissing extends Schema.TaggedError<MarkersMissing>()("MarkersMissing", {
  reason: Schema.String
}) {
  override get message(): string {
    return `${this.reason}: the results stand between the lines ${markers.begin} and ${markers.end}, each there once and in this order`
  }
}

const scenario = (result: BenchmarkResult): string => escaped(describeScenario(result))

const tableOf = (results: ReadonlyArray<BenchmarkResult>): ReadonlyArray<string> => [
  row(["workload", "target", ...columns.map((name) => metricOf(name).title), "limit"]),
  `|---|---|${columns.map(() => "--:").join("|")}|---|`,
  ...results.flatMap((result) =>
    result.targets.map((target) =>
      row([
        scenario(result),
        escaped(target.name),
        ...columns.map((name) => formatMetric(metricOf(name), metricOf(name).ofTarget(target))),
        describeLimit(target)
      ])
    )
  )
]

const ratioItem = (result: BenchmarkResult, ratio: Ratio): string =>
  `- ${scenario(result)}: ${escaped(describeRatio(ratio))}`

const unique = (texts: ReadonlyArray<string>): ReadonlyArray<string> => [...new Set(texts)]

const section = (lines: ReadonlyArray<string>): ReadonlyArray<string> => (lines.length === 0 ? [] : ["", ...lines])

/** How scached stands to the others, where there is such a comparison. */
const headline = (results: ReadonlyArray<BenchmarkResult>): ReadonlyArray<string> => {
  const found = headlineOf(results)
  if (results.length < 2 || (found.timesScache === null && found.timesFloor === null)) return []
  return [`**${escaped(describeHeadline(found))}**`, ""]
}

/** Verdicts as a list, those that are missed in bold. */
export const renderVerdictList = (verdicts: ReadonlyArray<Verdict>): string =>
  verdicts
    .map((verdict) => [verdict.isPassed ? "" : "**", escaped(verdictLine(verdict))] as const)
    .map(([mark, line]) => `- ${mark}${line}${mark}`)
    .join("\n")

/** Results as Markdown, one row for each target of each: date, machine and versions, the table, the ratios. */
export const renderMarkdown = (results: ReadonlyArray<BenchmarkResult>): string => {
  const dates = unique(results.map(({ date }) => date.slice(0, 10)))
  // Without commands: their paths are those of the machine at hand.
  const versions = unique(
    results.flatMap((result) =>
      result.targets.flatMap(({ name, version }) => (version === null ? [] : [`${escaped(name)} ${escaped(version)}`]))
    )
  )
  const violations = results.flatMap((result) => result.targets.flatMap(describeViolations))
  const marks = results.flatMap((result) => [...describeIncomplete(result), ...result.targets.flatMap(describeLoss)])
  return [
    ...headline(results),
    `Measured on ${dates.join(", ")}: ${unique(results.map((result) => escaped(describeMachine(result)))).join("; ")}.`,
    "",
    ...tableOf(results),
    "",
    `${howNumbersAreMade.join(" ")}.`,
    ...section(results.flatMap((result) => result.ratios.map((ratio) => ratioItem(result, ratio)))),
    ...section(versions.length === 0 ? [] : [`Versions: ${versions.join(", ")}.`]),
    ...section(unique(marks).map((mark) => `- **${escaped(mark)}**`)),
    ...section(violations.map((violation) => `- **VIOLATION** ${escaped(violation)}`))
  ].join("\n")
}

/** The document with what stands between the markers replaced; all else stays as it is, to the byte. */
export const replaceBlock = (document: string, block: string): Result.Result<string, MarkersMissing> => {
  const fail = (reason: string) => Result.fail(new MarkersMissing({ reason }))
  const begins = document.split(markers.begin).length - 1
  const ends = document.split(markers.end).length - 1
  if (begins !== 1 || ends !== 1) {
    return fail(`${begins} begin and ${ends} end markers were found`)
  }
  const from = document.indexOf(markers.begin) + markers.begin.length
  const to = document.indexOf(markers.end)
  if (to < from) return fail("the end marker stands before the begin marker")
  return Result.succeed(`${document.slice(0, from)}\n${block.trim()}\n${document.slice(to)}`)
}
