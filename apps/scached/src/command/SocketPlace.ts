/**
 * Whether the place of a socket is one where nobody else can put another in its stead.
 */
import { realpathSync, statSync } from "node:fs"
import { dirname } from "node:path"
import { ProcessCalls } from "@scached/fdpass"
import { Effect } from "effect"
import { UsageError } from "./UsageError.ts"

const writableByOthers = 0o002
const writableByGroup = 0o020
const sticky = 0o1000

interface Directory {
  readonly path: string
  readonly mode: number
  readonly uid: number
  readonly gid: number
}

/**
 * The directory of a socket and those above it, up to the root, without symbolic links. What cannot be looked at is left to whoever makes
 * the socket, and says what is wrong.
 */
const directoriesOf = (socketPath: string): ReadonlyArray<Directory> => {
  const directories: Array<Directory> = []
  try {
    let path = realpathSync(dirname(socketPath))
    for (;;) {
      const { mode, uid, gid } = statSync(path)
      directories.push({ path, mode, uid, gid })
      const parent = dirname(path)
      if (parent === path) return directories
      path = parent
    }
  } catch {
    return directories
  }
}

/**
 * Refuses a place in which everybody may rename and remove what is not theirs, at whatever level; warns of the first directory that
 * belongs to somebody else than root and the own user, or that another group may write to.
 */
export const check = Effect.fnUntraced(function* (path: string): Effect.fn.Return<void, UsageError, ProcessCalls> {
  const directories = directoriesOf(path)
  const open = directories.find(({ mode }) => (mode & (writableByOthers | sticky)) === writableByOthers)
  if (open !== undefined) {
    return yield* UsageError.of(
      `--socket ${path}: everybody may replace what is in the directory ${open.path}: ` +
        `take that right away (chmod o-w ${open.path}), or choose another directory`
    )
  }
  const identity = (yield* ProcessCalls).identity()
  const own = typeof identity === "number" ? { uid: 0, gid: 0 } : { uid: identity.uids[1], gid: identity.gids[1] }
  const foreign = directories.find(({ uid }) => uid !== 0 && uid !== own.uid)
  if (foreign !== undefined) {
    yield* Effect.logWarning(
      `the directory ${foreign.path} belongs to uid ${foreign.uid}, which can put another socket in place of this one: ` +
        "choose one that belongs to root, or to the user that scached runs as"
    )
  }
  const shared = directories.find(
    ({ gid, mode }) => (mode & (writableByGroup | sticky)) === writableByGroup && gid !== 0 && gid !== own.gid
  )
  if (shared !== undefined) {
    yield* Effect.logWarning(
      `gid ${shared.gid} may write to the directory ${shared.path}, and can put another socket in place of this one: ` +
        `take that right away (chmod g-w ${shared.path}), or choose another directory`
    )
  }
})
