/**
 * Users and groups as the files /etc/passwd and /etc/group have them.
 *
 * @category users
 */

import { type SystemCallError, systemCallError } from "@scached/fdpass"
import { Effect, Schema } from "effect"
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
