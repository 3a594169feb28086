/**
 * Whether the place of a socket is one where nobody else can put another in its stead.
 */
import { statSync } from "node:fs"
import { dirname } from "node:path"
import { ProcessCalls } from "@scached/fdpass"
import { Effect } from "effect"
import { UsageError } from "./UsageError.ts"

const writableByOthers = 0o002
const sticky = 0o1000

/** What cannot be looked at is left to whoever makes the socket, and says what is wrong. */
const look = (directory: string) => {
  try {
    return statSync(directory)
  } catch {
    return undefined
  }
}

/**
 * Refuses a directory in which everybody may rename and remove what is not theirs; warns of one that belongs to somebody else than root
 * and the own user.
 */
export const check = Effect.fnUntraced(function* (path: string): Effect.fn.Return<void, UsageError, ProcessCalls> {
  const directory = dirname(path)
  const found = look(directory)
  if (found === undefined || !found.isDirectory()) return
  if ((found.mode & (writableByOthers | sticky)) === writableByOthers) {
    return yield* UsageError.of(
      `--socket ${path}: everybody may replace what is in the directory ${directory}: ` +
        `take that right away (chmod o-w ${directory}), or choose another directory`
    )
  }
  const identity = (yield* ProcessCalls).identity()
  const own = typeof identity === "number" ? 0 : identity.uids[1]
  if (found.uid === 0 || found.uid === own || (found.mode & sticky) !== 0) return
  yield* Effect.logWarning(
    `the directory ${directory} belongs to uid ${found.uid}, which can put another socket in place of this one: ` +
      "choose one that belongs to root, or to the user that scached runs as"
  )
})
