import { Reactors } from "@scached/reactor"
import { Cause, Effect, Exit, Result } from "effect"
import { version } from "../../package.json" with { type: "json" }
import { Journal } from "../cache/Journal.ts"
import { compileAsUsual } from "../StartUp.ts"
import * as CommandLine from "./CommandLine.ts"
import { help } from "./help.ts"
import * as StandardErrorLogger from "./StandardErrorLogger.ts"
import { serve } from "./serve.ts"
import { UsageError } from "./UsageError.ts"

const exitCodes = { done: 0, cannotServe: 1, usage: 2 } as const

const complain = (error: unknown): number => {
  const text = error instanceof Error ? error.message : String(error)
  process.stderr.write(`scached: ${text}\n`)
  return error instanceof UsageError ? exitCodes.usage : exitCodes.cannotServe
}

const run = (command: CommandLine.ServeCommand): void => {
  compileAsUsual()
  const program = serve(command).pipe(
    Effect.provide(Journal.layer({ isVerbose: command.isVerbose })),
    Effect.provide(StandardErrorLogger.layer)
  )
  Reactors.runMain(program, {
    exitCode: (exit) => {
      if (Exit.isSuccess(exit) || Reactors.wasInterrupted(exit)) return exitCodes.done
      return complain(Cause.squash(exit.cause))
    }
  })
}

/** Does what a person asked for at a command line. */
export const main = (words: ReadonlyArray<string>): void => {
  const command = CommandLine.parse(words)
  if (Result.isFailure(command)) process.exit(complain(command.failure))
  else if (command.success._tag === "Help") process.stdout.write(help)
  else if (command.success._tag === "Version") process.stdout.write(`scached ${version}\n`)
  else run(command.success)
}
