/**
 * What the program writes: results and pages to files, tables to standard output, progress to standard error.
 */
import {
  accessSync,
  closeSync,
  constants,
  openSync,
  readFileSync,
  realpathSync,
  statSync,
  unlinkSync,
  writeFileSync
} from "node:fs"
import { Effect } from "effect"
import { type Paint, paintFor, renderTerminalReport, renderVerdicts } from "../report/index.ts"
import type { BenchmarkResult } from "../result/BenchmarkResult.ts"
import { judge, type Verdict } from "../threshold/judge.ts"
import type { Threshold } from "../threshold/Threshold.ts"
import { FileFailure, NotPassed } from "./ExitStatus.ts"
import { LiveLine } from "./LiveLine.ts"

const reasonOf = (error: unknown): string => (error instanceof Error ? error.message : String(error))

/** Writes a whole file. */
export const writeFile = (path: string, text: string): Effect.Effect<void, FileFailure> =>
  Effect.try({
    try: () => writeFileSync(path, text),
    catch: (error) => new FileFailure({ message: `cannot write ${path}: ${reasonOf(error)}` })
  })

/** Opened and not asked for: root may write everything in the eyes of access(2), a read-only /proc and a name too long included. */
const tryWriting = (path: string): void => {
  const found = statSync(path, { throwIfNoEntry: false })
  if (found?.isDirectory()) throw new Error("it is a directory")
  // Whoever reads from a pipe would take the end of the attempt for the end of it all.
  if (found !== undefined && !found.isFile()) return accessSync(path, constants.W_OK)
  closeSync(openSync(path, "a"))
  // What a dangling link leads to, and not the link.
  if (found === undefined) unlinkSync(realpathSync(path))
}

/** Fails before a long run for a file that could not be written after it; it is as it was afterwards. */
export const checkWritable = (path: string): Effect.Effect<void, FileFailure> =>
  Effect.try({
    try: () => tryWriting(path),
    catch: (error) => new FileFailure({ message: `cannot write ${path}: ${reasonOf(error)}` })
  })

/** Reads a whole file as text. */
export const readFile = (path: string): Effect.Effect<string, FileFailure> =>
  Effect.try({
    try: () => readFileSync(path, "utf8"),
    catch: (error) => new FileFailure({ message: `cannot read ${path}: ${reasonOf(error)}` })
  })

/** Writes to standard output, all of it before it returns. */
export const print = (text: string): Effect.Effect<void, FileFailure> =>
  Effect.callback<void, FileFailure>((resume) => {
    const fail = (error: unknown) =>
      resume(Effect.fail(new FileFailure({ message: `cannot write to standard output: ${reasonOf(error)}` })))
    try {
      process.stdout.write(text, (error) => (error ? fail(error) : resume(Effect.void)))
    } catch (error) {
      fail(error)
    }
  })

/** The colours of standard output. */
export const outputPaint = (): Paint =>
  paintFor({ isTerminal: process.stdout.isTTY === true, environment: process.env })

/** The line on standard error; undefined when none is wanted. */
export const makeLiveLine = (isQuiet: boolean): LiveLine | undefined =>
  isQuiet
    ? undefined
    : new LiveLine({
        isTerminal: process.stderr.isTTY === true,
        columns: process.stderr.columns ?? 100,
        write: (text) => void process.stderr.write(text)
      })

/** Prints a result with the verdicts on its thresholds, which it returns. */
export const printResultTable = Effect.fnUntraced(function* (
  result: BenchmarkResult,
  thresholds: ReadonlyArray<Threshold>
): Effect.fn.Return<ReadonlyArray<Verdict>, FileFailure> {
  const verdicts = thresholds.flatMap((threshold) => judge(threshold, result.targets))
  const paint = outputPaint()
  yield* print(renderTerminalReport(result, paint) + renderVerdicts(verdicts, paint))
  return verdicts
})

/** Fails with `NotPassed` when an answer was wrong or a threshold missed. */
export const requirePassed = (
  results: ReadonlyArray<BenchmarkResult>,
  verdicts: ReadonlyArray<Verdict>
): Effect.Effect<void, NotPassed> => {
  const wrong = results.flatMap(({ targets }) => targets).filter(({ truth }) => truth.violationsTotal > 0)
  const missed = verdicts.filter(({ isPassed }) => !isPassed).length
  if (wrong.length === 0 && missed === 0) return Effect.void
  const names = [...new Set(wrong.map(({ name }) => name))].join(", ")
  const parts = [
    ...(wrong.length > 0 ? [`wrong answers of ${names}`] : []),
    ...(missed > 0 ? [`${missed} of ${verdicts.length} thresholds missed`] : [])
  ]
  return Effect.fail(new NotPassed({ message: parts.join(" and ") }))
}
