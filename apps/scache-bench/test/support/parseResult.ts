import { Result } from "effect"
import type { BenchmarkResult } from "../../src/result/BenchmarkResult.ts"
import { parseResults, ResultUnreadable } from "../../src/result/ResultFile.ts"

/** Reads the text of a file that `run --json` wrote. */
export const parseResult = (source: string, text: string): Result.Result<BenchmarkResult, ResultUnreadable> =>
  Result.flatMap(parseResults(source, text), ([first, ...others]) =>
    first === undefined || others.length > 0
      ? Result.fail(new ResultUnreadable({ source, reason: "a standard comparison, where one result was expected" }))
      : Result.succeed(first)
  )
