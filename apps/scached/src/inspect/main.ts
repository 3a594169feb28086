/**
 * The programs that look into a running cache, and `check`, which needs none.
 */
import { KernelProcessCalls } from "@scached/daemon"
import { Effect, Result } from "effect"
import { printable } from "../log/printable.ts"
import { CacheLink } from "./CacheLink.ts"
import * as CheckReport from "./CheckReport.ts"
import { type InspectCommand, parse } from "./InspectCommandLine.ts"
import { exitCodes, InspectFailure } from "./InspectFailure.ts"
import { entryJson, eventJson, jsonLine } from "./InspectJson.ts"
import { helpOf } from "./inspectHelp.ts"
import { entryHead, entryLine, eventLine, statusLines } from "./inspectText.ts"
import { Output } from "./Output.ts"

/** `check` has something to say. */
const remarksExitCode = 1

const pageOf = (lines: ReadonlyArray<string>): string => `${lines.join("\n")}\n`

const status = async ({ isJson, socketPath }: InspectCommand, output: Output): Promise<number> => {
  const link = await CacheLink.open(socketPath)
  const state = await link.status()
  link.close()
  output.write(isJson ? jsonLine(state) : pageOf(statusLines(state)))
  return exitCodes.done
}

/** Entries and events are printed as they come. While the reader of standard output is slow, no more are read. */
const stream = async (
  { isJson, program, socketPath }: InspectCommand,
  output: Output,
  inspection: { readonly _tag: "List" | "Watch" }
): Promise<number> => {
  const link = await CacheLink.open(socketPath)
  // Not before the answer: a server that is no cache has no entries.
  let head = program === "list" && !isJson ? `${entryHead}\n` : ""
  await link.ask(inspection, (step) => {
    const text =
      step._tag === "Listed"
        ? isJson
          ? jsonLine(entryJson(step.entry))
          : `${entryLine(step.entry)}\n`
        : step._tag === "Happened"
          ? isJson
            ? jsonLine(eventJson(step.event))
            : `${eventLine(step.event)}\n`
          : ""
    if (!output.write(`${head}${text}`, () => link.resume())) link.pause()
    head = ""
  })
  output.write(head)
  link.close()
  return exitCodes.done
}

const check = async (
  { configurationDirectory, isJson, overrides }: InspectCommand,
  output: Output
): Promise<number> => {
  const report = await Effect.runPromise(
    CheckReport.make(configurationDirectory, overrides).pipe(Effect.provide(KernelProcessCalls.layer), Effect.result)
  )
  if (Result.isFailure(report)) throw report.failure
  output.write(isJson ? jsonLine(report.success) : pageOf(CheckReport.lines(report.success)))
  return report.success.remarks.length === 0 ? exitCodes.done : remarksExitCode
}

const run = async (command: InspectCommand, output: Output): Promise<number> => {
  switch (command.program) {
    case "status":
      return status(command, output)
    case "list":
      return stream(command, output, { _tag: "List" })
    case "watch":
      return stream(command, output, { _tag: "Watch" })
    case "check":
      return check(command, output)
    case "top":
      return (await import("./top/top.ts")).run(command, output)
  }
}

const complain = (error: unknown): number => {
  const message = error instanceof Error ? error.message : String(error)
  for (const line of message.split("\n")) process.stderr.write(`scached: ${printable(line)}\n`)
  return error instanceof InspectFailure ? error.exitCode : exitCodes.unreachable
}

/** Does what a person asked for, and ends the process. */
export const main = async (words: ReadonlyArray<string>): Promise<void> => {
  // A reader that has closed the pipe, as head(1) does, has read enough.
  const output = new Output(() => process.exit(exitCodes.done))
  process.on("SIGINT", () => process.exit(exitCodes.done))
  const command = parse(words)
  let exitCode: number
  try {
    if (Result.isFailure(command)) exitCode = complain(command.failure)
    else if (command.success.isHelp) {
      output.write(helpOf[command.success.program])
      exitCode = exitCodes.done
    } else exitCode = await run(command.success, output)
  } catch (error) {
    exitCode = complain(error)
  }
  await output.flushed()
  process.exit(exitCode)
}
