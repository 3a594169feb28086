import { Effect, Option, Result } from "effect"
import { Argument, Command, Flag } from "effect/cli"
import {
  compareResults,
  type Paint,
  renderComparison,
  renderComparisonMarkdown,
  renderComparisonPage,
  renderMarkdown,
  renderResultPage,
  renderStandardPage,
  renderStandardReport,
  renderTerminalReport,
  renderVerdictList,
  renderVerdicts
} from "../report/index.ts"
import type { BenchmarkResult, Target } from "../result/BenchmarkResult.ts"
import { parseResults } from "../result/ResultFile.ts"
import { checkTargets, judge, type Verdict } from "../threshold/judge.ts"
import { parseThreshold } from "../threshold/parseThreshold.ts"
import type { Threshold } from "../threshold/Threshold.ts"
import { checkWritable, outputPaint, print, readFile, requirePassed, writeFile } from "./outputs.ts"
import { UsageError } from "./UsageError.ts"

/** What stands before a target's name in a threshold to mean the first of two files. */
const beforePrefix = "before:"

type Results = ReadonlyArray<BenchmarkResult>

/** A result, and the one that it is compared with, if there is one. */
interface Reported {
  readonly result: BenchmarkResult
  readonly before: BenchmarkResult | undefined
}

const read = Effect.fnUntraced(function* (path: string) {
  return yield* Effect.fromResult(parseResults(path, yield* readFile(path)))
})

const pairUp = (first: Results, second: Results | undefined): Result.Result<ReadonlyArray<Reported>, UsageError> => {
  if (second === undefined) return Result.succeed(first.map((result) => ({ result, before: undefined })))
  if (first.length !== second.length) {
    const message = `the first file has ${first.length} results and the second ${second.length}: give two of one kind`
    return Result.fail(new UsageError({ message }))
  }
  return Result.succeed(second.map((result, index) => ({ result, before: first[index] })))
}

/** The targets that a threshold may name. */
const targetsOf = ({ result, before }: Reported): ReadonlyArray<Target> => [
  ...result.targets,
  ...(before?.targets ?? []).map((target) => ({ ...target, name: `${beforePrefix}${target.name}` }))
]

/** A threshold that names no target is about those of the last file, and in a standard comparison about those that have it. */
const judgeAll = (threshold: Threshold, reported: ReadonlyArray<Reported>): ReadonlyArray<Verdict> =>
  reported.flatMap((each) => {
    const { quantity } = threshold
    const isGeneral = quantity._tag === "Metric" && quantity.target === null
    const targets = isGeneral ? each.result.targets : targetsOf(each)
    const names = targets.map(({ name }) => name)
    return Result.isSuccess(checkTargets(threshold, names)) ? judge(threshold, targets) : []
  })

const thresholdsOf = (texts: ReadonlyArray<string>, reported: ReadonlyArray<Reported>) =>
  Result.gen(function* () {
    const names = [...new Set(reported.flatMap(targetsOf).map(({ name }) => name))]
    const thresholds: Array<Threshold> = []
    for (const text of texts) thresholds.push(yield* checkTargets(yield* parseThreshold(text), names))
    return thresholds
  })

const resultsOf = (reported: ReadonlyArray<Reported>): Results => reported.map(({ result }) => result)

const terminalText = (reported: ReadonlyArray<Reported>, paint: Paint): string => {
  const results = resultsOf(reported)
  if (reported.length > 1 && reported.every(({ before }) => before === undefined)) {
    const isComplete = results.every((result) => result.isComplete)
    return renderStandardReport(results, isComplete, paint)
  }
  return reported
    .map(({ result, before }) =>
      before === undefined
        ? renderTerminalReport(result, paint)
        : renderComparison(compareResults(before, result), paint)
    )
    .join("\n")
}

const markdownText = (reported: ReadonlyArray<Reported>): string => {
  const compared = reported.flatMap(({ result, before }) =>
    before === undefined ? [] : [renderComparisonMarkdown(compareResults(before, result))]
  )
  return compared.length === 0 ? renderMarkdown(resultsOf(reported)) : compared.join("\n\n")
}

const pageOf = (reported: ReadonlyArray<Reported>, verdicts: ReadonlyArray<Verdict>) => {
  const [only, ...others] = reported
  if (only === undefined || (others.length > 0 && only.before !== undefined)) {
    return Result.fail(new UsageError({ message: "--html: there is no page for two standard comparisons" }))
  }
  if (others.length > 0) return Result.succeed(renderStandardPage(resultsOf(reported)))
  return Result.succeed(
    only.before === undefined
      ? renderResultPage(only.result, verdicts)
      : renderComparisonPage(compareResults(only.before, only.result))
  )
}

/** `scache-bench report`. */
export const reportCommand = Command.make(
  "report",
  {
    first: Argument.String("file").pipe(Argument.withDescription("what run --json or standard --json wrote")),
    second: Argument.String("after").pipe(
      Argument.withDescription("another one, to compare it with the first"),
      Argument.optional
    ),
    markdown: Flag.Boolean("markdown").pipe(
      Flag.withDescription("print Markdown, for a pull request or the summary of a job"),
      Flag.withDefault(false),
      Flag.withoutNegation
    ),
    html: Flag.String("html").pipe(Flag.withMetavar("FILE"), Flag.withDescription("write a page too"), Flag.optional),
    require: Flag.String("require").pipe(
      Flag.withMetavar("THRESHOLD"),
      Flag.withDescription(
        "exit with 1 unless this holds, as for run; with two files it is about the second, and before:NAME is a target of the first, as in 'ratio(scached,before:scached)>0.95' (repeatable)"
      ),
      Flag.atLeast(0)
    )
  },
  Effect.fn("report")(function* ({ first, second, markdown, html, require }) {
    if (Option.isSome(html)) yield* checkWritable(html.value)
    const before = yield* read(first)
    const after = Option.isSome(second) ? yield* read(second.value) : undefined
    const reported = yield* Effect.fromResult(pairUp(before, after))
    const thresholds = yield* Effect.fromResult(thresholdsOf(require, reported))
    const verdicts = thresholds.flatMap((threshold) => judgeAll(threshold, reported))
    if (Option.isSome(html)) yield* writeFile(html.value, yield* Effect.fromResult(pageOf(reported, verdicts)))
    const paint = outputPaint()
    const list = verdicts.length === 0 ? "" : `\n\n${renderVerdictList(verdicts)}`
    yield* print(
      markdown ? `${markdownText(reported)}${list}\n` : terminalText(reported, paint) + renderVerdicts(verdicts, paint)
    )
    if (thresholds.length > 0) yield* requirePassed(resultsOf(reported), verdicts)
  })
).pipe(
  Command.withDescription(
    "Show a result again, or compare two: each target and number of both, and what differs in how they were made. With --require it judges them: exit code 1 for a missed threshold, and for a wrong answer."
  ),
  Command.withShortDescription("Show a result, or compare two"),
  Command.withExamples([
    { command: "scache-bench report before.json after.json --html change.html", description: "what a change has done" },
    {
      command: "scache-bench report result.json --markdown --require 'p99(scached)<2ms'",
      description: "for a pull request, with a threshold"
    },
    {
      command: "scache-bench report before.json after.json --require 'ratio(scached,before:scached)>0.95'",
      description: "fail where throughput is lost"
    }
  ])
)
