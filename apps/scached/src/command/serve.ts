import { Errno, SystemCallError, SystemCalls, UnixSocket } from "@scached/fdpass"
import { Effect } from "effect"
import * as CacheServer from "../cache/CacheServer.ts"
import { Journal } from "../cache/Journal.ts"
import type { ServeCommand } from "./CommandLine.ts"
import { UsageError } from "./UsageError.ts"

/** Clients that wait to be accepted; a burst of delivery processes starts at once, and the kernel caps it at somaxconn. */
const backlog = 1_024

/** What the operator can mend on the command line is a usage error; all else is a failure to serve. */
const toUsageError = (path: string, error: UnixSocket.NotASocket | SystemCallError): UsageError | SystemCallError => {
  if (!(error instanceof SystemCallError)) return new UsageError({ message: `--socket: ${error.message}` })
  if (error.errno !== Errno.ENOENT && error.errno !== Errno.ENOTDIR) return error
  const message = `--socket ${path}: its directory does not exist: make it first, or choose another path`
  return new UsageError({ message })
}

/** Serves the cache at a path until it is interrupted, or has been idle for long enough. */
export const serve = Effect.fnUntraced(function* (command: ServeCommand) {
  const { socketPath, settings } = command
  yield* SystemCalls
  const journal = yield* Journal
  const listener = yield* UnixSocket.listen(socketPath, { mode: command.mode, backlog }).pipe(
    Effect.catchTag(["NotASocket", "SystemCallError"], (error) => Effect.fail(toUsageError(socketPath, error)))
  )
  const server = yield* CacheServer.make([listener], settings)
  journal.info(`listening on ${socketPath}`)
  yield* server.idle
  journal.info(`no client for ${settings.idleSecondsMax} s (max_idle): leaving`)
}, Effect.scoped)
