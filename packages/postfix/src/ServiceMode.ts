/**
 * How a service with a process limit of 1 was started: what of its options makes sense, and what does not.
 */
import { Result, Schema } from "effect"
import type { DaemonOptions } from "./DaemonOptions.ts"
import { shown } from "./internal/characters.ts"

/**
 * The kinds of listen sockets that master(8) makes: UNIX, network, UNIX with passed descriptors.
 *
 * @category models
 */
export type Transport = "unix" | "inet" | "pass"

/**
 * Either one client on standard input and output, or clients that connect to listen sockets.
 *
 * @category models
 */
export type ServiceMode =
  | { readonly _tag: "Stream"; readonly serviceName: string }
  | {
      readonly _tag: "Listen"
      readonly serviceName: string
      readonly transport: Transport
      readonly socketCount: number
    }

/**
 * The process limit in master.cf is not 1: connections would be spread over caches that do not know of each other.
 *
 * @category errors
 */
export class ProcessLimitNotOne extends Schema.TaggedError<ProcessLimitNotOne>()("ProcessLimitNotOne", {
  serviceName: Schema.String
}) {
  override get message(): string {
    return `service ${shown(this.serviceName)} requires a process limit of 1: set the maxproc column of its line in master.cf to 1 (option -l is missing)`
  }
}

/**
 * The option `-t` is missing, or names no transport.
 *
 * @category errors
 */
export class TransportInvalid extends Schema.TaggedError<TransportInvalid>()("TransportInvalid", {
  found: Schema.UndefinedOr(Schema.String)
}) {
  override get message(): string {
    return this.found === undefined
      ? "no transport type specified: master(8) passes -t unix, -t inet or -t pass; use -S to serve standard input"
      : `unsupported transport type: ${shown(this.found)}: expected unix, inet or pass`
  }
}

const transports: ReadonlyMap<string, Transport> = new Map([
  ["unix", "unix"],
  ["inet", "inet"],
  ["pass", "pass"]
])

/**
 * What the options ask for, by Postfix's rules: a process limit of 1 and a transport, in any case, unless one client on standard
 * input is to be served. `processName` is the service's name where `-n` gives none.
 *
 * @category decoding
 */
export const fromOptions = (
  options: DaemonOptions,
  processName: string
): Result.Result<ServiceMode, ProcessLimitNotOne | TransportInvalid> => {
  const serviceName = options.serviceName ?? processName
  if (options.isStream) return Result.succeed({ _tag: "Stream", serviceName })
  if (!options.isProcessLimitOne) return Result.fail(new ProcessLimitNotOne({ serviceName }))
  const transport = transports.get(options.transport?.toLowerCase() ?? "")
  if (transport === undefined) return Result.fail(new TransportInvalid({ found: options.transport }))
  return Result.succeed({ _tag: "Listen", serviceName, transport, socketCount: options.socketCount })
}
