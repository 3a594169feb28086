/**
 * Where the log of `scached serve` goes: standard error, or syslog.
 */
import { ProcessCalls } from "@scached/daemon"
import { Cause, Clock, Effect, Layer, Logger, References } from "effect"
import { type LogEntry, type LogFormat, line, severityOf } from "./LogFormat.ts"
import { printable } from "./printable.ts"
import * as StandardError from "./StandardError.ts"
import type { SyslogLog } from "./SyslogLog.ts"

/** What Effect knows of something logged. */
const entryOf = ({ cause, date, fiber, logLevel, message }: Logger.Options<unknown>): LogEntry => ({
  date,
  severity: severityOf(logLevel),
  message: Array.isArray(message) ? message.map(String).join(" ") : String(message),
  cause: cause.reasons.length > 0 ? Cause.pretty(cause) : undefined,
  fields: fiber.getRef(References.CurrentLogAnnotations)
})

/** Whether lines at standard error are coloured: on a terminal that knows colours, unless NO_COLOR says otherwise. */
export const isColoured = (environment: Readonly<Record<string, string | undefined>>, isTerminal: boolean): boolean =>
  isTerminal && (environment["NO_COLOR"] ?? "") === "" && environment["TERM"] !== "dumb"

/** Makes lines in the form that was asked for, as they are written to this process's standard error. */
export const standardErrorLines = (
  format: LogFormat
): Effect.Effect<(entry: LogEntry) => string, never, ProcessCalls> =>
  Effect.map(ProcessCalls, (calls) => {
    const isPainted = isColoured(process.env, calls.isTerminal(2))
    return (entry) => line(entry, format, isPainted)
  })

/** Standard error, and the log there. */
export const toStandardError = (format: LogFormat) => {
  const output = Layer.unwrap(
    Effect.gen(function* () {
      const clock = yield* Clock.Clock
      const lineOf = yield* standardErrorLines(format)
      return StandardError.layer((dropped) => {
        const message = `${dropped} lines were dropped here: standard error did not take them`
        const date = new Date(clock.currentTimeMillisUnsafe())
        return lineOf({ date, severity: "warning", message, fields: { dropped } })
      })
    })
  )
  const log = Logger.layer([
    Effect.gen(function* () {
      const { write } = yield* StandardError.StandardError
      const lineOf = yield* standardErrorLines(format)
      return Logger.make((options) => write(lineOf(entryOf(options))))
    })
  ])
  return Layer.provideMerge(log, output)
}

/** Lines in syslog, for those who keep a mail log; a cause is kept on the line of its message. */
export const toService = (log: SyslogLog["Service"]) =>
  Logger.layer([
    Logger.make((options) => {
      const { cause, message, severity } = entryOf(options)
      log.write(severity, cause === undefined ? message : `${message}: ${printable(cause)}`)
    })
  ])
