#!/usr/bin/env bun
import * as NodeRuntime from "@effect/platform-node-shared/NodeRuntime"
import { Cause, Exit } from "effect"
import { exitCodeOf, exitCodes, isToldAlready } from "./command/ExitStatus.ts"
import { program } from "./command/program.ts"

// A terminal that closes (SIGHUP) and Ctrl-\ (SIGQUIT) end it like Ctrl-C: servers that were started for the run end with it.
for (const signal of ["SIGHUP", "SIGQUIT"] as const) process.once(signal, () => process.kill(process.pid, "SIGTERM"))
// An error event that nobody hears is an exception, and ends with 1 like a wrong answer; `print` reports what it cannot write.
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
