#!/usr/bin/env bun
import * as NodeRuntime from "@effect/platform-node-shared/NodeRuntime"
import { Cause, Exit } from "effect"
import { exitCodeOf, exitCodes, isToldAlready } from "./command/ExitStatus.ts"
import { program } from "./command/program.ts"

// A terminal that closes, and Ctrl-\\, end it like Ctrl-C: servers that were started for the run end with it.
for (const signal of ["SIGHUP", "SIGQUIT"] as const) process.once(signal, () => process.kill(process.pid, "SIGTERM"))
// Output that cannot be written is none of the answers that make the exit code 1.
for (const stream of [process.stdout, process.stderr]) stream.on("error", () => {})

NodeRuntime.runMain(program, {
  disableErrorReporting: true,
  teardown: (exit, onExit) => {
    if (Exit.isSuccess(exit)) return onExit(exitCodes.passed)
    if (Cause.hasInterruptsOnly(exit.cause)) return onExit(exitCodes.interrupted)
    const error = Cause.squash(exit.cause)
    if (!isToldAlready(error)) {
      process.stderr.write(`scache-bench: ${error instanceof Error ? error.message : String(error)}\n`)
    }
    onExit(exitCodeOf(error))
  }
})
