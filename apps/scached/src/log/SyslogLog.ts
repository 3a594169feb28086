/**
 * A service's log: syslog or postlogd(8), and standard error where that is asked for.
 */
import { isAbsolute, relative } from "node:path"
import { ProcessCalls } from "@scached/daemon"
import type { SystemCallError } from "@scached/fdpass"
import { LogLine, LogSocket, type SyslogFacility } from "@scached/postfix"
import { Reactor } from "@scached/reactor"
import { Context, Effect, Layer, type Scope } from "effect"
import { Journal } from "./Journal.ts"
import { LineWriter } from "./LineWriter.ts"

/** How lines look and where they go. */
export interface ServiceLogOptions {
  readonly tag: string
  readonly processId: number
  readonly hostname: string | undefined
  readonly facility: SyslogFacility.SyslogFacility
  readonly isUtf8: boolean
  /** postlogd's socket, where Postfix logs to a file; otherwise it is syslog's. */
  readonly postlogPath: string | undefined
  /** Lines that also go to standard error: all of them with -V; fatal ones where an operator may be looking. */
  readonly onStandardError: "everything" | "fatal" | "nothing"
  /** Told once, when the logger cannot be reached at the start. */
  readonly onTrouble?: (trouble: SystemCallError) => void
}

const syslogPath = "/dev/log"

/**
 * The socket of postlogd(8) as a service finds it from within queue_directory, before and after that has become its root; a path
 * elsewhere is left as it is.
 */
export const postlogPathWithin = (queueDirectory: string, path: string): string => {
  const inside = relative(queueDirectory, path)
  return inside.startsWith("..") || isAbsolute(inside) ? path : inside
}

/** The log of a service. It never blocks. */
export class SyslogLog extends Context.Service<
  SyslogLog,
  { readonly write: (severity: LogLine.Severity, text: string) => void }
>()("@scached/scached/SyslogLog") {}

/** Opens the log. What waits for a busy logger at the end of the scope gets half a second. */
export const open = Effect.fnUntraced(function* (
  options: ServiceLogOptions
): Effect.fn.Return<SyslogLog["Service"], never, Reactor | ProcessCalls | Scope.Scope> {
  const loop = yield* Reactor
  const process = yield* ProcessCalls
  const { tag, processId, isUtf8, postlogPath, onStandardError } = options
  const line = (severity: LogLine.Severity, text: string): LogLine.LogLine => ({
    severity,
    text,
    tag,
    processId,
    isUtf8,
    date: new Date(loop.calls.wallMillis())
  })
  const encode = (severity: LogLine.Severity, text: string): Uint8Array =>
    postlogPath === undefined
      ? LogLine.syslogDatagram(line(severity, text), options.facility)
      : LogLine.postlogDatagram(line(severity, text), options.hostname)
  const socket = yield* LogSocket.open({
    path: postlogPath ?? syslogPath,
    lossNotice: (lost) => encode("warning", `${lost} log messages were lost here: the logger did not take them`)
  })
  const standardError =
    onStandardError === "nothing"
      ? undefined
      : yield* Effect.acquireRelease(
          Effect.sync(
            () =>
              new LineWriter(loop, process.openStandardError, (lost) =>
                LogLine.standardErrorLine(
                  line("warning", `${lost} lines were dropped here: standard error did not take them`)
                )
              )
          ),
          (writer) => Effect.sync(() => writer.close())
        )
  if (socket.trouble !== undefined) options.onTrouble?.(socket.trouble)
  return {
    write: (severity, text) => {
      if (onStandardError === "everything" || onStandardError === severity) {
        standardError?.write(LogLine.standardErrorLine(line(severity, text)))
      }
      socket.write(encode(severity, text))
    }
  }
})

/** The cache's journal, kept in the service's log. */
export const journal = (log: SyslogLog["Service"], isVerbose: boolean): Layer.Layer<Journal> =>
  Layer.succeed(Journal, {
    info: (message) => log.write("info", message),
    warning: (message) => log.write("warning", message),
    verbose: (message) => log.write("info", message),
    isVerbose
  })
