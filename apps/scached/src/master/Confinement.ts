/**
 * Where a service works and with what rights, settled in the order that Postfix has it: the queue directory, its root, its user.
 */
import { Privileges, ProcessCalls, type UserDatabase } from "@scached/daemon"
import { systemCallError } from "@scached/fdpass"
import { Effect, type Result } from "effect"
import { ServiceFailure } from "./ServiceFailure.ts"

const toFailure = (why: string) => (error: { readonly message: string }) =>
  new ServiceFailure({ message: `${why}: ${error.message}` })

/** mail_owner, or why there is no such user. */
export type Owner = Result.Result<UserDatabase.User, { readonly message: string }>

/** Makes queue_directory the working directory. */
export const enter = Effect.fnUntraced(function* (
  queueDirectory: string
): Effect.fn.Return<void, ServiceFailure, ProcessCalls> {
  const outcome = (yield* ProcessCalls).changeDirectory(queueDirectory)
  if (outcome < 0) return yield* toFailure("queue_directory")(systemCallError("chdir", outcome, queueDirectory))
})

/**
 * Changes the root directory (`-c`) and the user (`-u`), and gives up all capabilities and the way to new ones, for good. The result
 * is what could not be done and does not matter, for the log.
 */
export const confine = Effect.fnUntraced(function* (options: {
  readonly rootDirectory: string | undefined
  /** As it was looked up before its files were out of reach; undefined where the process stays root. */
  readonly owner: Owner | undefined
}): Effect.fn.Return<ReadonlyArray<string>, ServiceFailure, ProcessCalls> {
  const { owner, rootDirectory } = options
  const calls = yield* ProcessCalls
  const user =
    owner === undefined ? undefined : yield* Effect.mapError(Effect.fromResult(owner), toFailure("mail_owner"))
  if (rootDirectory !== undefined) {
    const outcome = calls.changeRoot(rootDirectory)
    if (outcome < 0) return yield* toFailure("queue_directory")(systemCallError("chroot", outcome, rootDirectory))
  }
  const { remarks } = yield* user === undefined
    ? Privileges.relinquish.pipe(Effect.mapError(toFailure("privileges")))
    : Privileges.become(user).pipe(Effect.mapError(toFailure("mail_owner")))
  return remarks
})
