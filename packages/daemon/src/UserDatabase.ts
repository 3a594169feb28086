/**
 * Users and groups as the files /etc/passwd and /etc/group have them, and the one user that other directories may have.
 *
 * @category users
 */

import { Errno, type Outcome, type SystemCallError, systemCallError } from "@scached/fdpass"
import { Effect, Result, Schema } from "effect"
import { idOf, linesOf, textOf } from "./internal/accountFiles.ts"
import { ProcessCalls } from "./ProcessCalls.ts"

/**
 * A user, with every group that the files put it into; `gid` is its own group, and the first of `groups`.
 *
 * @category models
 */
export interface User {
  readonly name: string
  readonly uid: number
  readonly gid: number
  readonly groups: ReadonlyArray<number>
}

/**
 * No such user in /etc/passwd. Users of other directories (LDAP, NIS) are not looked for.
 *
 * @category errors
 */
export class UserUnknown extends Schema.TaggedError<UserUnknown>()("UserUnknown", { name: Schema.String }) {
  override get message(): string {
    return `there is no user "${this.name}" in /etc/passwd, the one place where users are looked up: see docs/errors.md`
  }
}

/**
 * No such user in /etc/passwd, and getent(1) has not found one either; `why` says how it failed.
 *
 * @category errors
 */
export class UserNowhere extends Schema.TaggedError<UserNowhere>()("UserNowhere", {
  name: Schema.String,
  why: Schema.Literals(["knows none", "has not answered within 5 s", "cannot be run"])
}) {
  override get message(): string {
    return `there is no user "${this.name}" in /etc/passwd, and getent(1) ${this.why}: see docs/errors.md`
  }
}

/**
 * Finds a user in the texts of the two files; lines that are malformed are passed over, and the first of a name counts.
 *
 * @category users
 */
export const findUser = (name: string, passwd: string, group: string): User | undefined => {
  for (const [user, , uidText, gidText] of linesOf(passwd)) {
    const uid = idOf(uidText)
    const gid = idOf(gidText)
    if (user !== name || name === "" || uid === undefined || gid === undefined) continue
    const others = linesOf(group).flatMap(([, , id, members]) => {
      const found = idOf(id)
      return found !== undefined && members?.split(",").includes(name) === true ? [found] : []
    })
    return { name, uid, gid, groups: [...new Set([gid, ...others])] }
  }
  return undefined
}

/**
 * Looks a user up. To be called before the root directory is changed.
 *
 * @category users
 */
export const lookUp = Effect.fnUntraced(function* (
  name: string
): Effect.fn.Return<User, UserUnknown | SystemCallError, ProcessCalls> {
  const calls = yield* ProcessCalls
  const passwd = calls.readFile("/etc/passwd")
  if (typeof passwd === "number") return yield* systemCallError("open", passwd, "/etc/passwd")
  const group = calls.readFile("/etc/group")
  // Without it the user has its own group only.
  const user = findUser(name, textOf(passwd), typeof group === "number" ? "" : textOf(group))
  return user ?? (yield* new UserUnknown({ name }))
})

/** sssd answers within a second where its server does; one that hangs must not hold a start for long. */
const getentMillisMax = 5_000

const whyNot = (outcome: Outcome): UserNowhere["why"] =>
  outcome === -Errno.ETIMEDOUT ? "has not answered within 5 s" : "cannot be run"

/**
 * Looks a user up in /etc/passwd and, where it is not there, has getent(1) ask what nsswitch.conf names: sssd, LDAP, nss-systemd. This can take
 * 5 s and starts a program: only for the user that the process itself is to become, at its start. Its groups are those of /etc/group.
 *
 * @category users
 */
export const lookUpEverywhere = Effect.fnUntraced(function* (
  name: string
): Effect.fn.Return<User, UserUnknown | UserNowhere | SystemCallError, ProcessCalls> {
  const found = yield* Effect.result(lookUp(name))
  if (Result.isSuccess(found)) return found.success
  const { failure } = found
  // A name with a colon or a line end would be taken for others' fields.
  if (failure._tag !== "UserUnknown" || !/^[^\s:]+$/.test(name)) return yield* failure
  const calls = yield* ProcessCalls
  const answer = calls.runProgram(["getent", "passwd", "--", name], getentMillisMax)
  if (typeof answer === "number") return yield* new UserNowhere({ name, why: whyNot(answer) })
  const group = calls.readFile("/etc/group")
  const user = findUser(name, textOf(answer), typeof group === "number" ? "" : textOf(group))
  return user ?? (yield* new UserNowhere({ name, why: "knows none" }))
})
