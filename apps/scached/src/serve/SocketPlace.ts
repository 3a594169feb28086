/**
 * Checks that no other user can replace a socket at its path.
 */
import { lstatSync, readlinkSync } from "node:fs"
import { dirname, join } from "node:path"
import { OverflowIds, ProcessCalls } from "@scached/daemon"
import { Effect } from "effect"
import { UsageError } from "./UsageError.ts"

const writableByOthers = 0o002
const writableByGroup = 0o020
const sticky = 0o1000
/** As in Linux, which then says ELOOP. */
const linksMax = 40

interface Entry {
  readonly path: string
  readonly mode: number
  readonly uid: number
  readonly gid: number
}

/** What decides where a path leads: its directories, and its symbolic links with the directory in which each stands. */
interface Way {
  readonly directories: ReadonlyArray<Entry>
  readonly links: ReadonlyArray<Entry & { readonly holder: Entry }>
}

const namesOf = (path: string): ReadonlyArray<string> => path.split("/").filter((name) => name !== "" && name !== ".")

/**
 * Walks to the directory of a socket as the kernel does: from the root on, and through each link where it stands. A part of the path that cannot be
 * read is ignored here: making the socket will fail with the reason. The end of the path comes first.
 */
const wayTo = (socketPath: string): Way => {
  const directories: Array<Entry> = []
  const links: Array<Entry & { readonly holder: Entry }> = []
  // Not made shorter: behind a link `..` leads to another directory than the one in which the link stands.
  const absolute = socketPath.startsWith("/") ? socketPath : `${process.cwd()}/${socketPath}`
  let names = namesOf(dirname(absolute))
  try {
    const root = { path: "/", ...lstatSync("/") }
    directories.push(root)
    for (let holder: Entry = root; ; ) {
      const [name, ...rest] = names
      if (name === undefined || links.length > linksMax) break
      names = rest
      const path = join(holder.path, name)
      const found = lstatSync(path)
      const entry = { path, mode: found.mode, uid: found.uid, gid: found.gid }
      if (found.isSymbolicLink()) {
        links.push({ ...entry, holder })
        const target = readlinkSync(path)
        if (target.startsWith("/")) holder = root
        names = [...namesOf(target), ...rest]
      } else {
        directories.push(entry)
        holder = entry
      }
    }
  } catch {
    // What was found until then is judged.
  }
  return { directories: directories.reverse(), links: links.reverse() }
}

/**
 * Refuses a path with a directory, at any level and behind any link, in which every user may rename and remove the files of others. Logs a
 * warning for the first directory that belongs to a user other than root and the daemon's own, or that another group may write to, and for a
 * link that its owner may replace.
 */
export const check = Effect.fnUntraced(function* (path: string): Effect.fn.Return<void, UsageError, ProcessCalls> {
  const { directories, links } = wayTo(path)
  const open = directories.find(({ mode }) => (mode & (writableByOthers | sticky)) === writableByOthers)
  if (open !== undefined) {
    return yield* UsageError.of(
      `--socket ${path}: everybody may replace what is in the directory ${open.path}: ` +
        `take that right away (chmod o-w ${open.path}), or choose another directory`
    )
  }
  const identity = (yield* ProcessCalls).identity()
  const own = typeof identity === "number" ? { uid: 0, gid: 0 } : { uid: identity.uids[1], gid: identity.gids[1] }
  const overflow = yield* OverflowIds.lookUp
  const isForeign = ({ uid }: Entry): boolean => uid !== 0 && (uid !== own.uid || uid === overflow.uid)
  const foreign = directories.find(isForeign)
  if (foreign !== undefined) {
    yield* Effect.logWarning(
      `the directory ${foreign.path} belongs to uid ${foreign.uid}, which can put another socket in place of this one: ` +
        "choose one that belongs to root, or to the user that scached runs as"
    )
  }
  // If its directory has the sticky bit, only the owner of a link may replace it.
  const link = links.find((each) => isForeign(each) && (each.holder.mode & (writableByOthers | writableByGroup)) !== 0)
  if (link !== undefined) {
    yield* Effect.logWarning(
      `the symbolic link ${link.path} belongs to uid ${link.uid}, which can have it lead to another socket: ` +
        "choose a path without it"
    )
  }
  const shared = directories.find(
    ({ gid, mode }) =>
      (mode & (writableByGroup | sticky)) === writableByGroup && gid !== 0 && (gid !== own.gid || gid === overflow.gid)
  )
  if (shared !== undefined) {
    yield* Effect.logWarning(
      `gid ${shared.gid} may write to the directory ${shared.path}, and can put another socket in place of this one: ` +
        `take that right away (chmod g-w ${shared.path}), or choose another directory`
    )
  }
})
