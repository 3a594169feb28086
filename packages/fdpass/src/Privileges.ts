/**
 * Giving up root's rights, for good and with proof.
 *
 * @category privileges
 */
import { Effect, Schema } from "effect"
import { ProcessCalls } from "./ProcessCalls.ts"
import { type SystemCallError, systemCallError } from "./SystemCallError.ts"
import type { Outcome } from "./SystemCalls.ts"
import type { User } from "./UserDatabase.ts"

/**
 * The kernel reported success, and yet this process has rights that it should not have: it must end.
 *
 * @category errors
 */
export class PrivilegesRemain extends Schema.TaggedError<PrivilegesRemain>()("PrivilegesRemain", {
  user: Schema.String,
  /** What was found, in words. */
  found: Schema.String
}) {
  override get message(): string {
    return `the rights of user "${this.user}" were asked for, but ${this.found}`
  }
}

const check = (operation: string, outcome: Outcome, subject: string): Effect.Effect<void, SystemCallError> =>
  outcome < 0 ? Effect.fail(systemCallError(operation, outcome, subject)) : Effect.void

/**
 * Becomes a user: its groups, its group and its user id, in that order, since each step takes the right to the one before. Then
 * looks at the result, and tries to get back.
 *
 * A process that has the user's rights already, and so may not set them, is left as it is.
 *
 * @category privileges
 */
export const become = Effect.fnUntraced(function* (
  user: User
): Effect.fn.Return<void, SystemCallError | PrivilegesRemain, ProcessCalls> {
  const calls = yield* ProcessCalls
  const before = calls.identity()
  if (typeof before === "number") return yield* systemCallError("getresuid", before)
  if (before.uids[1] === 0) {
    yield* check("setgroups", calls.setGroups(user.groups), user.name)
    yield* check("setresgid", calls.setGroupId(user.gid), user.name)
    yield* check("setresuid", calls.setUserId(user.uid), user.name)
    yield* verify(user)
  } else if (before.uids.some((uid) => uid !== user.uid)) {
    return yield* new PrivilegesRemain({
      user: user.name,
      found: `this process runs as uid ${before.uids[1]}, not as root`
    })
  }
  yield* check("prctl", calls.forbidNewPrivileges(), "PR_SET_NO_NEW_PRIVS")
})

const verify = Effect.fnUntraced(function* (user: User) {
  const calls = yield* ProcessCalls
  const after = calls.identity()
  if (typeof after === "number") return yield* systemCallError("getresuid", after)
  const fail = (found: string) => new PrivilegesRemain({ user: user.name, found })
  if (after.uids.some((uid) => uid !== user.uid)) return yield* fail(`the user ids are ${after.uids.join(", ")}`)
  if (after.gids.some((gid) => gid !== user.gid)) return yield* fail(`the group ids are ${after.gids.join(", ")}`)
  const foreign = after.groups.filter((group) => !user.groups.includes(group))
  if (foreign.length > 0) return yield* fail(`it is still in the groups ${foreign.join(", ")}`)
  if (user.uid !== 0 && calls.setUserId(0) >= 0) return yield* fail("the way back to root was open")
})
