import { Effect, Option } from "effect"
import { headlineOf, renderStandardPage, renderStandardReport } from "../report/index.ts"
import type { BenchmarkResult } from "../result/BenchmarkResult.ts"
import { printStandard } from "../result/ResultFile.ts"
import type { FileFailure } from "./ExitStatus.ts"
import { printReport, standardOutput, writeFile, writeOutput } from "./outputs.ts"
import type { RunFiles } from "./presentRun.ts"

/** Where the results go, and what is to be known of the targets. */
export interface StandardFiles extends RunFiles {
  readonly about: ReadonlyArray<string>
}

/** Prints the headline and the tables, and writes the files. `planned` is how many comparisons a complete run has. */
export const presentStandard = Effect.fnUntraced(function* (
  results: ReadonlyArray<BenchmarkResult>,
  planned: number,
  { json, html, about }: StandardFiles
): Effect.fn.Return<void, FileFailure> {
  const headline = headlineOf(results)
  const isComplete = results.length === planned && results.every((result) => result.isComplete)
  yield* printReport((paint) => renderStandardReport(results, isComplete, paint), Option.contains(json, standardOutput))
  if (Option.isSome(json)) yield* writeOutput(json.value, printStandard(results, headline, isComplete))
  if (Option.isSome(html)) yield* writeFile(html.value, renderStandardPage(results, about))
})
