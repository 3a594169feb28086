import { Schema } from "effect"
import { CliError } from "effect/cli"

/** What the program's exit code says. */
export const exitCodes = {
  /** Every answer was right, and every threshold was met. */
  passed: 0,
  /** A target gave a wrong answer, or a threshold was missed. */
  failed: 1,
  usage: 2,
  /** A target could not be started or reached. */
  target: 3,
  /** Something else, a file that cannot be written for instance. */
  other: 4,
  interrupted: 130
} as const

/** The run is over and was reported, and what it found makes the exit code 1. */
export class NotPassed extends Schema.TaggedError<NotPassed>()("NotPassed", { message: Schema.String }) {}

/** A file cannot be read or written. */
export class FileFailure extends Schema.TaggedError<FileFailure>()("FileFailure", { message: Schema.String }) {}

const usageTags = new Set([
  "UsageError",
  "WorkloadInvalid",
  "TargetSpecInvalid",
  "ThresholdInvalid",
  "ResultUnreadable"
])

const tagOf = (error: unknown): string =>
  typeof error === "object" && error !== null && "_tag" in error ? String(error._tag) : ""

/** The exit code for what ended the program. */
export const exitCodeOf = (error: unknown): number => {
  if (CliError.isCliError(error)) {
    return error._tag === "ShowHelp" && error.errors.length === 0 ? exitCodes.passed : exitCodes.usage
  }
  const tag = tagOf(error)
  if (usageTags.has(tag)) return exitCodes.usage
  if (tag === "TargetFailure" || tag === "TargetLost") return exitCodes.target
  return tag === "NotPassed" ? exitCodes.failed : exitCodes.other
}

/** Whether the reason still has to be told: help and usage errors of the command line were shown when they came up. */
export const isToldAlready = (error: unknown): boolean => CliError.isCliError(error)
