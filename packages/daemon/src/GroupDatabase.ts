/**
 * Groups as the file /etc/group has them.
 *
 * @category groups
 */

import { type SystemCallError, systemCallError } from "@scached/fdpass"
import { Effect, Schema } from "effect"
import { idOf, linesOf, textOf } from "./internal/accountFiles.ts"
import { ProcessCalls } from "./ProcessCalls.ts"

/**
 * A group, and the names of the users that its line puts into it. Users whose own group it is are not among them.
 *
 * @category models
 */
export interface Group {
  readonly name: string
  readonly gid: number
  readonly members: ReadonlyArray<string>
}

/**
 * No such group in /etc/group. Groups of other directories (LDAP, NIS) are not looked for.
 *
 * @category errors
 */
export class GroupUnknown extends Schema.TaggedError<GroupUnknown>()("GroupUnknown", { name: Schema.String }) {
  override get message(): string {
    return `there is no group "${this.name}" in /etc/group: write the name of one that is there`
  }
}

/**
 * Finds a group in the text of the file; lines that are malformed are passed over, and the first of a name counts.
 *
 * @category groups
 */
export const findGroup = (name: string, group: string): Group | undefined => {
  for (const [found, , gidText, members = ""] of linesOf(group)) {
    const gid = idOf(gidText)
    if (found !== name || name === "" || gid === undefined) continue
    return { name, gid, members: members.split(",").filter((each) => each !== "") }
  }
  return undefined
}

/**
 * Looks a group up. To be called before the root directory is changed.
 *
 * @category groups
 */
export const lookUp = Effect.fnUntraced(function* (
  name: string
): Effect.fn.Return<Group, GroupUnknown | SystemCallError, ProcessCalls> {
  const text = (yield* ProcessCalls).readFile("/etc/group")
  if (typeof text === "number") return yield* systemCallError("open", text, "/etc/group")
  return findGroup(name, textOf(text)) ?? (yield* new GroupUnknown({ name }))
})
