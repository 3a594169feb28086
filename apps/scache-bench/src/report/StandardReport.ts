import type { BenchmarkResult } from "../result/BenchmarkResult.ts"
import { describeHeadline, headlineOf } from "./Headline.ts"
import type { Paint } from "./Paint.ts"
import { renderTerminalReport } from "./TerminalReport.ts"

/** Several results for a terminal: the first line is of all of them, then each. Ends with a newline. */
export const renderStandardReport = (
  results: ReadonlyArray<BenchmarkResult>,
  isComplete: boolean,
  paint: Paint
): string => {
  const mark = isComplete ? "" : "INCOMPLETE, "
  const first = paint.strong(`${mark}${describeHeadline(headlineOf(results))}`)
  return `${first}\n\n${results.map((result) => renderTerminalReport(result, paint)).join("\n")}`
}
