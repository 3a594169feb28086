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
import { type Paint, paintFor } from "../report/index.ts"
import type { BenchmarkResult, Target } from "../result/BenchmarkResult.ts"
import type { Verdict } from "../threshold/judge.ts"
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

/** What stands for standard output in place of a file's name. */
export const standardOutput = "-"

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

/** Writes a whole file, or to standard output where the name is `-`. */
export const writeOutput = (path: string, text: string): Effect.Effect<void, FileFailure> =>
  path === standardOutput ? print(text) : writeFile(path, text)

/** The colours of an output. */
const paintOf = (output: NodeJS.WriteStream): Paint =>
  paintFor({ isTerminal: output.isTTY === true, environment: process.env })

/** The colours of standard output. */
export const outputPaint = (): Paint => paintOf(process.stdout)

/** What people read: on standard output, and on standard error where standard output is a program's to read. */
export const printReport = (
  render: (paint: Paint) => string,
  isOutputTaken: boolean
): Effect.Effect<void, FileFailure> =>
  isOutputTaken
    ? Effect.sync(() => void process.stderr.write(render(paintOf(process.stderr))))
    : print(render(outputPaint()))

/** The line on standard error; undefined when none is wanted. */
export const makeLiveLine = (isQuiet: boolean): LiveLine | undefined =>
  isQuiet
    ? undefined
    : new LiveLine({
        isTerminal: process.stderr.isTTY === true,
        columns: process.stderr.columns ?? 100,
        write: (text) => void process.stderr.write(text)
      })

/** Fails with `NotPassed` when an answer was wrong or never came, a target was lost or a threshold missed. */
export const requirePassed = (
  results: ReadonlyArray<BenchmarkResult>,
  verdicts: ReadonlyArray<Verdict>
): Effect.Effect<void, NotPassed> => {
  const namesOf = (isBad: (target: Target) => boolean): string =>
    [...new Set(results.flatMap(({ targets }) => targets.filter(isBad).map(({ name }) => name)))].join(", ")
  const wrong = namesOf(({ truth }) => truth.violationsTotal > 0)
  const lost = namesOf((target) => target.lost !== null)
  const silent = namesOf(({ rounds, truth }) => truth.violationsTotal === 0 && rounds.some(({ errors }) => errors > 0))
  const missed = verdicts.filter(({ isPassed }) => !isPassed).length
  const parts = [
    ...(wrong === "" ? [] : [`wrong answers of ${wrong}`]),
    ...(lost === "" ? [] : [`${lost} was lost`]),
    ...(silent === "" ? [] : [`operations that ${silent} never answered`]),
    ...(missed > 0 ? [`${missed} of ${verdicts.length} thresholds missed`] : [])
  ]
  return parts.length === 0 ? Effect.void : Effect.fail(new NotPassed({ message: parts.join(" and ") }))
}
