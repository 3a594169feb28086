import { KernelProcessCalls } from "@scached/daemon"
import { DaemonOptions, LogLine } from "@scached/postfix"
import { Reactors } from "@scached/reactor"
import { Effect, Exit, Result } from "effect"
import * as LastWords from "../log/LastWords.ts"
import { ProcessSignals } from "../process/ProcessSignals.ts"
import * as TimeZone from "../process/TimeZone.ts"
import * as Service from "./service.ts"

/** As for every other mistake on the command line of serve. */
const usageExitCode = 2

/**
 * Whether these words are a person's who wrote options of serve before that word. master(8) gives the word too, as the name of a service,
 * and says by GENERATION that it is master(8).
 */
const isServeMisplaced = (words: ReadonlyArray<string>, environment: NodeJS.ProcessEnv): boolean => {
  if (environment["GENERATION"] !== undefined || !words.includes("serve")) return false
  const options = DaemonOptions.parse(words)
  return Result.isFailure(options) || options.success.operands[0] === "serve"
}

/** Runs a service as this process, to its end. */
export const main = (words: ReadonlyArray<string>, processName: string): void => {
  if (isServeMisplaced(words, process.env)) {
    const first = LogLine.printable(words[0] ?? "")
    const complaint = `"${first}" stands before serve: write scached serve first, its options behind it`
    process.stderr.write(`scached: ${complaint}\n`)
    process.exit(usageExitCode)
  }
  TimeZone.keep(process.env)
  const invocation = { words, processName, environment: process.env }
  const tag = LogLine.programTag(process.env["MAIL_LOGTAG"] || "postfix", processName)
  const signals = new ProcessSignals()
  Reactors.runMain(Service.run(invocation, signals).pipe(Effect.provide(KernelProcessCalls.layer)), {
    onUserSignal: signals.statusCalls.raise,
    onEnding: signals.onEnding,
    // master(8) has standard error nowhere.
    onNoStart: (message) =>
      process.env["GENERATION"] === undefined ? Promise.resolve() : LastWords.say(tag, `fatal: ${message}`),
    exitCode: (exit) => {
      if (Exit.isSuccess(exit)) return exit.value
      return Reactors.wasInterrupted(exit) ? 0 : 1
    }
  })
}
