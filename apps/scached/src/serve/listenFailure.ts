/**
 * Why there is no socket at a path, in words that say what to do.
 */
import { dirname } from "node:path"
import { Errno, errnoExplanation, SystemCallError, SystemCalls, UnixSocket } from "@scached/fdpass"
import { Effect, Schema } from "effect"
import { UsageError } from "./UsageError.ts"

/** The machine does not let this user have the socket. */
export class NotPermitted extends Schema.TaggedError<NotPermitted>()("NotPermitted", { message: Schema.String }) {}

type Failure =
  | UnixSocket.SocketInUse
  | UnixSocket.LockHeld
  | UnixSocket.NotASocket
  | SystemCallError
  | { readonly _tag: "SocketPathInvalid" }

const refusals: ReadonlyArray<number> = [Errno.EACCES, Errno.EPERM, Errno.EROFS]

/** The directories on the way to a path, from the root on. */
const ancestorsOf = (path: string): ReadonlyArray<string> => {
  const parent = dirname(path)
  return parent === path ? [] : [...ancestorsOf(parent), parent]
}

/** The first thing on the way that should be a directory and is none, or is not there; links count as what they lead to. */
const firstObstacle = (calls: SystemCalls["Service"], path: string, errno: number): string => {
  const found = ancestorsOf(path).find((each) => calls.identify(`${each}/.`) === -errno)
  return found ?? dirname(path)
}

const inWords = (
  calls: SystemCalls["Service"],
  path: string,
  error: SystemCallError
): UsageError | NotPermitted | SystemCallError => {
  const { errno } = error
  if (errno === Errno.ENOTDIR) {
    const obstacle = firstObstacle(calls, path, errno)
    return UsageError.of(`--socket ${path}: ${obstacle} is not a directory: choose another path`)
  }
  if (errno === Errno.ENOENT) {
    const obstacle = firstObstacle(calls, path, errno)
    return UsageError.of(
      `--socket ${path}: its directory does not exist: make ${obstacle} first, or choose another path`
    )
  }
  if (!refusals.includes(errno)) return error
  const who = `uid ${process.geteuid?.() ?? "unknown"}`
  const why = `${errnoExplanation(errno)} (${error.errnoName})`
  const lockPath = UnixSocket.lockPathOf(path)
  // It is then unknown whether a server uses the socket; in a directory with the sticky bit it cannot be removed either.
  if (["connect", "unlink"].includes(error.operation) && error.subject === path) {
    return new NotPermitted({
      message:
        `--socket ${path}: ${who} may not ${error.operation} the socket that stands there: ${why}: ` +
        `it is another user's: run scached as that user, or remove it and ${lockPath} when no server runs there`
    })
  }
  const isLockThere = error.subject === lockPath && typeof calls.identify(lockPath) !== "number"
  return new NotPermitted({
    message: isLockThere
      ? `--socket ${path}: ${who} may not open ${lockPath}: ${why}: it is another user's: run scached as that user, ` +
        "or remove it when no scached runs there"
      : `--socket ${path}: ${who} may not make a socket in the directory ${dirname(path)}: ${why}: ` +
        "run scached as a user who may write there, or choose another directory"
  })
}

/** What the operator can mend on the command line is a usage error; all else is a failure to serve. */
export const explain = (path: string, error: Failure) =>
  Effect.gen(function* () {
    const calls = yield* SystemCalls
    if (error instanceof UnixSocket.NotASocket) return yield* UsageError.of(`--socket: ${error.message}`)
    if (error instanceof SystemCallError) return yield* inWords(calls, path, error)
    return yield* Effect.fail(error)
  })
