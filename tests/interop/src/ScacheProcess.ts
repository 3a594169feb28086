/**
 * Postfix's scache(8) by itself: this module plays master(8) for it.
 *
 * @category caches
 */
import { mkdirSync } from "node:fs"
import { join } from "node:path"
import { type SystemCalls, UnixSocket } from "@scached/fdpass"
import { Effect, type Scope } from "effect"
import * as ConfigurationFile from "./ConfigurationFile.ts"
import * as Greeting from "./Greeting.ts"
import { type LabFailure, labFailure } from "./LabFailure.ts"
import * as LabProcess from "./LabProcess.ts"
import { PostfixTools } from "./PostfixTools.ts"
import * as TempDirectory from "./TempDirectory.ts"

/**
 * How scache(8) is started.
 *
 * @category caches
 */
export interface ScacheOptions {
  readonly socketPath: string
  /** connection_cache_ttl_limit, in seconds. */
  readonly ttlLimitSeconds: number
  /** A program to start as scache(8) is started, instead of scache(8). */
  readonly executable?: string
  /** More of its options, for instance `["-o", "ipc_timeout=1s"]`. */
  readonly extraArguments?: ReadonlyArray<string>
  /** What master(8) puts into its environment as GENERATION; 1 if not given. */
  readonly generation?: string
}

/** It leaves by itself after so long without a client: what stays behind when a test run is killed does not stay for long. */
const idleSecondsMax = 60

/**
 * Makes the pipe of the status channel, whose reading end a `cat` drains, and becomes scache. A pipe of our own would not do:
 * scache blocks once it is full, and conversations block the thread that would have to drain it.
 */
const withStatusChannel = 'exec "$@" 5> >(exec cat > /dev/null 3<&- 4<&- 6<&-)'

/**
 * Starts scache(8) on a UNIX socket and returns when a client can connect.
 *
 * Descriptors 3 and 4 are master's flow control, 5 is its status channel, to which scache writes twice a request, and 6 the
 * listening socket.
 *
 * @category caches
 */
export const start = Effect.fnUntraced(function* (
  options: ScacheOptions
): Effect.fn.Return<LabProcess.LabProcess, LabFailure, PostfixTools | SystemCalls | Scope.Scope> {
  const { paths } = yield* PostfixTools
  const directory = yield* TempDirectory.make
  yield* Effect.try({ try: () => configure(directory, options), catch: labFailure("configure scache") })
  const attempt = `open the sockets of scache at ${options.socketPath}`
  const [listener, flow, unused] = yield* Effect.all([
    UnixSocket.listen(options.socketPath, { mode: 0o666, backlog: 100 }),
    UnixSocket.pair,
    UnixSocket.make
  ]).pipe(Effect.mapError(labFailure(attempt)))
  const command = [
    options.executable ?? paths.scache,
    "-l",
    "-n",
    "scache",
    "-t",
    "unix",
    "-V",
    "-o",
    `max_idle=${idleSecondsMax}s`
  ]
  return yield* LabProcess.start(
    ["bash", "-c", withStatusChannel, "scache", ...command, ...(options.extraArguments ?? [])],
    {
      environment: { GENERATION: options.generation ?? "1", MAIL_CONFIG: directory },
      descriptors: [flow[0], flow[1], unused, listener]
    }
  )
})

const configure = (directory: string, options: ScacheOptions): void => {
  mkdirSync(join(directory, "queue"))
  mkdirSync(join(directory, "data"))
  ConfigurationFile.write(join(directory, "master.cf"), [])
  const settings = {
    compatibility_level: "3.6",
    queue_directory: join(directory, "queue"),
    data_directory: join(directory, "data"),
    mail_owner: "postfix",
    connection_cache_ttl_limit: `${options.ttlLimitSeconds}s`,
    ...Greeting.settings()
  }
  ConfigurationFile.write(join(directory, "main.cf"), ConfigurationFile.settings(settings))
}
