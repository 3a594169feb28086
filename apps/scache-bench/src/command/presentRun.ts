import { Effect, Option } from "effect"
import { renderResultPage, renderTerminalReport, renderVerdicts } from "../report/index.ts"
import type { BenchmarkResult } from "../result/BenchmarkResult.ts"
import { printResult } from "../result/ResultFile.ts"
import { judge, type Verdict, writtenVerdict } from "../threshold/judge.ts"
import type { Threshold } from "../threshold/Threshold.ts"
import type { FileFailure } from "./ExitStatus.ts"
import { printReport, standardOutput, writeFile, writeOutput } from "./outputs.ts"

/** Files for the result of a run, in addition to the table. */
export interface RunFiles {
  readonly json: Option.Option<string>
  readonly html: Option.Option<string>
}

/** Prints the table, writes the files, and returns the verdicts. */
export const presentRun = Effect.fnUntraced(function* (
  result: BenchmarkResult,
  thresholds: ReadonlyArray<Threshold>,
  { json, html }: RunFiles
): Effect.fn.Return<ReadonlyArray<Verdict>, FileFailure> {
  const verdicts = thresholds.flatMap((threshold) => judge(threshold, result.targets))
  const isOutputTaken = Option.contains(json, standardOutput)
  yield* printReport((paint) => renderTerminalReport(result, paint) + renderVerdicts(verdicts, paint), isOutputTaken)
  if (Option.isSome(json)) yield* writeOutput(json.value, printResult(result, verdicts.map(writtenVerdict)))
  if (Option.isSome(html)) yield* writeFile(html.value, renderResultPage(result, verdicts))
  return verdicts
})

/** Presents the result of an interrupted run, if a round was finished. */
export const presentInterrupted = (
  result: BenchmarkResult | undefined,
  present: (result: BenchmarkResult) => Effect.Effect<unknown, FileFailure>
): Effect.Effect<void> =>
  result === undefined
    ? complain("interrupted before a round was finished: there is nothing to show")
    : present(result).pipe(
        Effect.asVoid,
        Effect.catch((error) => complain(error.message))
      )

const complain = (text: string): Effect.Effect<void> =>
  Effect.sync(() => void process.stderr.write(`scache-bench: ${text}\n`))
