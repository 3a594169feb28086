import { KernelProcessCalls, ProcessCalls } from "@scached/daemon"
import { Errno, type SystemCallError, systemCallError } from "@scached/fdpass"
import { LogLine } from "@scached/postfix"
import { Reactors } from "@scached/reactor"
import { Cause, Clock, Effect, Exit, Layer, Result } from "effect"
import { Journal } from "../log/Journal.ts"
import { printable } from "../log/printable.ts"
import { StandardError } from "../log/StandardError.ts"
import * as Log from "../log/StandardErrorLog.ts"
import * as SyslogLog from "../log/SyslogLog.ts"
import { ProcessSignals } from "../process/ProcessSignals.ts"
import { compileAsUsual } from "../process/StartUp.ts"
import * as TimeZone from "../process/TimeZone.ts"
import * as CommandLine from "./CommandLine.ts"
import { help } from "./help.ts"
import * as ServeSettings from "./ServeSettings.ts"
import { serve } from "./serve.ts"
import * as ListenSockets from "./systemd/ListenSockets.ts"
import * as Notifier from "./systemd/Notifier.ts"
import { UsageError } from "./UsageError.ts"
import { versionLine } from "./versionLine.ts"

const exitCodes = { done: 0, cannotServe: 1, usage: 2 } as const

const linesOf = (error: unknown): ReadonlyArray<string> => {
  if (error instanceof UsageError) return error.messages
  return [error instanceof Error ? error.message : String(error)]
}

const exitCodeOf = (error: unknown): number => (error instanceof UsageError ? exitCodes.usage : exitCodes.cannotServe)

/** An error without a time: its reader has just started this. */
const complaintOf = (message: string): string => `scached: ${printable(message)}\n`

/** Says it at standard error before anything runs, or when nothing does any more. */
const complain = (error: unknown): number => {
  for (const message of linesOf(error)) process.stderr.write(complaintOf(message))
  return exitCodeOf(error)
}

const openSyslog = ({ values }: ServeSettings.ServeSettings, onTrouble: (trouble: SystemCallError) => void) =>
  SyslogLog.open({
    onTrouble,
    tag: LogLine.programTag(values.syslogName, values.processName),
    processId: process.pid,
    hostname: undefined,
    facility: values.syslogFacility,
    isUtf8: true,
    postlogPath: undefined,
    onStandardError: "nothing"
  })

/** From the settings to the last line in the log; the exit code. */
const program = (command: CommandLine.ServeCommand, signals: ProcessSignals, onListening: () => void) => {
  const { logFormat, logTarget, mode, socketPath } = command
  const work = Effect.gen(function* () {
    const { pid, resetSignals } = yield* ProcessCalls
    resetSignals()
    // Taken out of the environment first of all: they are for this process, and mean nothing once it is over.
    const strayNote = ListenSockets.strayNote(process.env, pid)
    const passedSockets = ListenSockets.takePassed(process.env, pid)
    const notifier = Notifier.takeSettings(process.env, pid)
    const origin = { ...command, socketPath }
    const settings = yield* ServeSettings.read(origin)
    const options = { mode, socketPath, passedSockets, strayNote, notifier, origin, settings, signals, onListening }
    const clock = yield* Clock.Clock
    const { write } = yield* StandardError
    const lineOf = yield* Log.standardErrorLines(logFormat)
    const warn = ({ message: reason }: SystemCallError): void => {
      const message = `--log-to syslog: no syslog daemon is accepting messages; the first 1000 lines are kept until one does: ${reason}`
      write(lineOf({ date: new Date(clock.currentTimeMillisUnsafe()), severity: "warning", message }))
    }
    const logger = logTarget === "stderr" ? Layer.empty : Log.toService(yield* openSyslog(settings, warn))
    return yield* serve(options).pipe(
      Effect.tapCause((cause) =>
        logTarget === "stderr" || Cause.hasInterruptsOnly(cause)
          ? Effect.void
          : Effect.forEach(linesOf(Cause.squash(cause)), (line) => Effect.logFatal(line))
      ),
      Effect.provide(Journal.layer({ isVerbose: command.isVerbose })),
      Effect.provide(logger)
    )
  })
  return Effect.gen(function* () {
    const clock = yield* Clock.Clock
    const { write } = yield* StandardError
    const lineOf = yield* Log.standardErrorLines(logFormat)
    const exit = yield* Effect.exit(Effect.scoped(work))
    if (Exit.isSuccess(exit)) return exitCodes.done
    if (Cause.hasInterruptsOnly(exit.cause)) return yield* Effect.interrupt
    const error = Cause.squash(exit.cause)
    const date = new Date(clock.currentTimeMillisUnsafe())
    for (const message of linesOf(error)) {
      write(logFormat === "json" ? lineOf({ date, severity: "fatal", message }) : complaintOf(message))
    }
    return exitCodeOf(error)
  }).pipe(Effect.provide(Log.toStandardError(logFormat)), Effect.provide(KernelProcessCalls.layer))
}

const run = (command: CommandLine.ServeCommand, onListening: () => void): void => {
  compileAsUsual()
  const signals = new ProcessSignals()
  Reactors.runMain(program(command, signals, onListening), {
    onHangUp: signals.hangUps.raise,
    onUserSignal: signals.statusCalls.raise,
    onEnding: signals.onEnding,
    exitCode: (exit) => {
      if (Exit.isSuccess(exit)) return exit.value
      return Reactors.wasInterrupted(exit) ? exitCodes.done : complain(Cause.squash(exit.cause))
    }
  })
}

/** Prints a page. A reader that has closed the pipe, as head(1) does, has read enough; any other failure is reported. */
const print = (text: string): void => {
  process.stdout.on("error", (error: NodeJS.ErrnoException) => {
    const { errno = -Errno.EIO } = error
    process.exit(
      errno === -Errno.EPIPE ? exitCodes.cannotServe : complain(systemCallError("write", errno, "standard output"))
    )
  })
  process.stdout.write(text)
}

/** Does what a person asked for at a command line; `onListening` is called when clients can come. */
export const main = (words: ReadonlyArray<string>, onListening: () => void = () => {}): void => {
  TimeZone.keep(process.env)
  const command = CommandLine.parse(words)
  if (Result.isFailure(command)) process.exit(complain(command.failure))
  else if (command.success._tag === "Help") print(help)
  else if (command.success._tag === "Version") print(`${versionLine}\n`)
  else run(command.success, onListening)
}
