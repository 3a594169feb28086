/**
 * Giving up root's rights, for good and with proof.
 *
 * @category privileges
 */

import { errnoExplanation, errnoName, type Outcome, type SystemCallError, systemCallError } from "@scached/fdpass"
import { Effect, Schema } from "effect"
import { type CapabilitySets, ProcessCalls, type ProcessCallsShape } from "./ProcessCalls.ts"
import type { User } from "./UserDatabase.ts"

/**
 * The kernel reported success, and yet this process has rights that it should not have: it must end.
 *
 * @category errors
 */
export class PrivilegesRemain extends Schema.TaggedError<PrivilegesRemain>()("PrivilegesRemain", {
  /** Whose rights were asked for; empty where it was only about giving up capabilities. */
  user: Schema.String,
  /** What was found, in words. */
  found: Schema.String
}) {
  override get message(): string {
    return this.user === ""
      ? `this process was to give up its capabilities, but ${this.found}`
      : `the rights of user "${this.user}" were asked for, but ${this.found}`
  }
}

const check = (operation: string, outcome: Outcome, subject: string): Effect.Effect<void, SystemCallError> =>
  outcome < 0 ? Effect.fail(systemCallError(operation, outcome, subject)) : Effect.void

/**
 * What came of giving up rights.
 *
 * @category models
 */
export interface Relinquished {
  /** What could not be done and does not matter, in words for a log; usually empty, not so in some containers. */
  readonly remarks: ReadonlyArray<string>
}

const heldSets = ["effective", "permitted", "inheritable", "ambient"] as const

/** The sets that are not empty, as /proc shows them; empty when nothing is held. */
const describeHeld = (sets: CapabilitySets): string =>
  heldSets.flatMap((name) => (sets[name] === 0n ? [] : [`${name} ${sets[name].toString(16)}`])).join(", ")

const reasonOf = (outcome: Outcome): string => `${errnoExplanation(-outcome)}, ${errnoName(-outcome)}`

/** Empties the bounding set, if this process may; returns the obstacle, if it is worth reporting. */
const emptyBoundingSet = (calls: ProcessCallsShape): ReadonlyArray<string> => {
  const before = calls.capabilities()
  if (typeof before !== "number" && before.bounding === 0n) return []
  const outcome = calls.dropBoundingSet()
  if (outcome >= 0) return []
  return [
    `the capability bounding set could not be emptied (${reasonOf(outcome)}); ` +
      "that gives no right to a process that holds none and may gain none"
  ]
}

/**
 * Gives up every capability of this process and the way to new ones: empties all capability sets, the bounding set too where that
 * is allowed, and sets no_new_privs. Then looks at the result. The user stays who it is.
 *
 * Fails with `PrivilegesRemain` only when something is still held. Capabilities and no_new_privs belong to a thread, and
 * those that the runtime has started before keep theirs; only a change of the user from root, as in `become`, empties them in all
 * threads. A root that stays root must not ask for another user afterwards: the C library aborts when threads disagree.
 *
 * @category privileges
 */
export const relinquish: Effect.Effect<Relinquished, SystemCallError | PrivilegesRemain, ProcessCalls> = Effect.gen(
  function* () {
    const calls = yield* ProcessCalls
    const remarks = [...emptyBoundingSet(calls)]
    const cleared = calls.clearCapabilities()
    yield* check("prctl", calls.forbidNewPrivileges(), "PR_SET_NO_NEW_PRIVS")
    const after = calls.capabilities()
    const held = typeof after === "number" ? "" : describeHeld(after)
    if (held !== "") {
      return yield* new PrivilegesRemain({ user: "", found: `it still has capabilities: ${held}` })
    }
    if (cleared >= 0) return { remarks }
    // Not even reading is allowed: the capabilities held are unknown.
    if (typeof after === "number") return yield* systemCallError("capset", cleared)
    return { remarks: [...remarks, `capabilities could not be set (${reasonOf(cleared)}); none was held`] }
  }
)

/**
 * Becomes a user: its groups, its group and its user id, in that order, since each step takes the right to the one before. Then
 * looks at the result, and tries to get back. All capabilities are given up too, as by `relinquish`.
 *
 * A process that has the user's ids already, and so may not set them, keeps those.
 *
 * @category privileges
 */
export const become = Effect.fnUntraced(function* (
  user: User
): Effect.fn.Return<Relinquished, SystemCallError | PrivilegesRemain, ProcessCalls> {
  const calls = yield* ProcessCalls
  const before = calls.identity()
  if (typeof before === "number") return yield* systemCallError("getresuid", before)
  let remarks: ReadonlyArray<string> = []
  if (before.uids[1] === 0) {
    // First, since the user will not have the right to.
    remarks = emptyBoundingSet(calls)
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
  const relinquished = yield* relinquish
  return { remarks: [...new Set([...remarks, ...relinquished.remarks])] }
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
