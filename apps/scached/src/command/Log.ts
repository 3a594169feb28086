/**
 * Where the log of `scached serve` goes: standard error, or syslog.
 */
import { Cause, Clock, Effect, Logger, References } from "effect"
import type { ServiceLog } from "../service/ServiceLog.ts"
import { LineWriter } from "./LineWriter.ts"
import { type LogEntry, type LogFormat, line, severityOf } from "./LogFormat.ts"
import { printable } from "./printable.ts"

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

/** A line in the form that was asked for, as it is written to this process's standard error. */
export const standardErrorLine = (entry: LogEntry, format: LogFormat): string =>
  line(entry, format, isColoured(process.env, process.stderr.isTTY === true))

/** Lines at standard error, written without ever waiting for whoever reads there. */
export const toStandardError = (format: LogFormat) =>
  Logger.layer([
    Effect.gen(function* () {
      const clock = yield* Clock.Clock
      const writer = new LineWriter(process.stderr, (dropped) => {
        const message = `${dropped} lines were dropped here: standard error did not take them`
        const date = new Date(clock.currentTimeMillisUnsafe())
        return standardErrorLine({ date, severity: "warning", message, fields: { dropped } }, format)
      })
      // Without a listener the error of a closed pipe would end the daemon.
      process.stderr.on("error", () => writer.abandon())
      return Logger.make((options) => writer.write(standardErrorLine(entryOf(options), format)))
    })
  ])

/** Lines in syslog, for those who keep a mail log; a cause is kept on the line of its message. */
export const toService = (log: ServiceLog["Service"]) =>
  Logger.layer([
    Logger.make((options) => {
      const { cause, message, severity } = entryOf(options)
      log.write(severity, cause === undefined ? message : `${message}: ${printable(cause)}`)
    })
  ])
