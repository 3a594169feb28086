/**
 * The file of the socket that `serve` has made: cleaners of /tmp and /run can remove it while the cache runs, and then clients cannot find the cache.
 */
import { Errno, type FileIdentity, SystemCalls, UnixSocket } from "@scached/fdpass"
import { Effect, type Scope } from "effect"
import type { CacheServer } from "../cache/CacheServer.ts"
import { Journal } from "../log/Journal.ts"

/** What the file is made with. */
export interface SocketFileOptions {
  readonly path: string
  readonly mode: number
  readonly backlog: number
  /** As it was made. */
  readonly file: FileIdentity | number
}

/** The socket's file, looked at now and then. */
export interface SocketFile {
  /** The file that is there by our doing, for its removal at the end. */
  readonly current: () => FileIdentity | number
  /** Makes the file again if it is gone, and serves the new socket beside the old one. Logs what happened. */
  readonly check: Effect.Effect<void>
}

const isSame = (one: FileIdentity | number, other: FileIdentity | number): boolean =>
  typeof one !== "number" && typeof other !== "number" && one.inode === other.inode && one.device === other.device

/** Looks after the file. New sockets are closed along with the scope, which must outlive the server. */
export const make = Effect.fnUntraced(function* (
  { backlog, file, mode, path }: SocketFileOptions,
  server: Pick<CacheServer, "acceptAt" | "admit" | "arrived">
): Effect.fn.Return<SocketFile, never, SystemCalls | Journal | Scope.Scope> {
  const calls = yield* SystemCalls
  const journal = yield* Journal
  const context = yield* Effect.context<SystemCalls | Scope.Scope>()
  let current = file
  let hasWarned = false

  const makeAgain = Effect.gen(function* () {
    // A cleaner that takes the socket may take the lock as well, and then another server could remove what is made here.
    if (typeof calls.identify(UnixSocket.lockPathOf(path)) === "number") yield* UnixSocket.lock(path)
    const listener = yield* UnixSocket.listen(path, { mode, backlog })
    const refused = server.acceptAt(listener, (socket) => {
      server.arrived()
      server.admit(socket)
    })
    if (refused !== undefined) return yield* refused
    current = calls.identify(path)
    hasWarned = false
    journal.warning(
      `the socket's file ${path} was gone and is there again: keep cleaners of its directory away from it`
    )
  })

  const warnOnce = (message: string): void => {
    if (!hasWarned) journal.warning(message)
    hasWarned = true
  }

  const check = Effect.suspend(() => {
    const found = calls.identify(path)
    if (isSame(found, current)) return Effect.void
    if (found !== -Errno.ENOENT) {
      return Effect.sync(() =>
        warnOnce(`something else stands at ${path}, so that no client finds this cache: restart one of the two servers`)
      )
    }
    return Effect.catch(makeAgain, (error) =>
      Effect.sync(() => warnOnce(`the socket's file ${path} is gone, and cannot be made again: ${error.message}`))
    )
  }).pipe(Effect.provideContext(context))

  return { current: () => current, check }
})
