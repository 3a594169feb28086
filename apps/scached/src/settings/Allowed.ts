/**
 * Who may connect, from names to numbers.
 */
import { GroupDatabase, OverflowIds, ProcessCalls, UserDatabase } from "@scached/daemon"
import { Effect, Schema } from "effect"
import { Access } from "./Access.ts"

/** A user or a group that is to be let in, and that cannot be found. */
export class NotAllowed extends Schema.TaggedError<NotAllowed>()("NotAllowed", { message: Schema.String }) {}

/** Users and groups by their numbers. */
export interface Allowed {
  readonly users: ReadonlyArray<number>
  readonly groups: ReadonlyArray<number>
  /** Numbers that are never admitted: in this user namespace any stranger may have them. */
  readonly overflow: OverflowIds.OverflowIds
}

/** A name or number, and the option or parameter that it comes from. */
export interface Wanted {
  readonly from: string
  readonly word: string
}

/** The words of a list in main.cf: between commas or white space. */
export function* wordsOf(from: string, list: string): Generator<Wanted> {
  for (const [word] of list.matchAll(/[^\s,]+/g)) yield { from, word }
}

const numberOf = (word: string): number | undefined =>
  /^[0-9]{1,10}$/.test(word) && Number(word) < 0xffff_ffff ? Number(word) : undefined

const fail =
  ({ from }: Wanted) =>
  (error: { readonly message: string }) =>
    new NotAllowed({ message: `${from}: ${error.message}` })

const userOf = (wanted: Wanted) => {
  const number = numberOf(wanted.word)
  if (number !== undefined) return Effect.succeed(number)
  return UserDatabase.lookUp(wanted.word).pipe(
    Effect.map(({ uid }) => uid),
    Effect.mapError(fail(wanted))
  )
}

const groupOf = (wanted: Wanted) => {
  const number = numberOf(wanted.word)
  if (number !== undefined) return Effect.succeed(number)
  return GroupDatabase.lookUp(wanted.word).pipe(
    Effect.map(({ gid }) => gid),
    Effect.mapError(fail(wanted))
  )
}

/** Each name is looked up in the files; 200,000 repetitions of one took 7 s. */
const wantedMax = 256

/** Each user or group once, or what says that there are too many. */
const distinct = (wanted: Iterable<Wanted>): Effect.Effect<ReadonlyArray<Wanted>, NotAllowed> => {
  const byWord = new Map<string, Wanted>()
  for (const each of wanted) {
    byWord.set(each.word, each)
    if (byWord.size <= wantedMax) continue
    const message = `${each.from}: more than ${wantedMax} names: allow a group`
    return Effect.fail(new NotAllowed({ message }))
  }
  return Effect.succeed([...byWord.values()])
}

/** Looks them up; to be called before the root directory is changed. */
export const lookUp = Effect.fnUntraced(function* (
  users: Iterable<Wanted>,
  groups: Iterable<Wanted>
): Effect.fn.Return<Allowed, NotAllowed, ProcessCalls> {
  return {
    users: yield* Effect.forEach(yield* distinct(users), userOf),
    groups: yield* Effect.forEach(yield* distinct(groups), groupOf),
    overflow: yield* OverflowIds.lookUp
  }
})

/** The allowed users and groups, root, and the user that this process runs as now. */
export const access = Effect.fnUntraced(function* ({
  groups,
  overflow,
  users
}: Allowed): Effect.fn.Return<Access, never, ProcessCalls> {
  const identity = (yield* ProcessCalls).identity()
  const own = typeof identity === "number" ? [] : [identity.uids[1]]
  const admitted = [0, ...own, ...users].filter((uid) => uid !== overflow.uid)
  return new Access(
    admitted,
    groups.filter((gid) => gid !== overflow.gid)
  )
})

/** Admits root and the user that this process runs as now, and no other: for requests that inspect the cache. */
export const insiders = ({ overflow }: Pick<Allowed, "overflow">): Effect.Effect<Access, never, ProcessCalls> =>
  access({ users: [], groups: [], overflow })

/** What is wrong with users and groups that are allowed, and are not let in all the same. */
export const remarksOn = Effect.fnUntraced(function* ({
  groups,
  overflow,
  users
}: Allowed): Effect.fn.Return<ReadonlyArray<string>, never, ProcessCalls> {
  const identity = (yield* ProcessCalls).identity()
  const own = typeof identity === "number" ? [] : [identity.uids[1]]
  const advice = "in this user namespace it stands for every one that is not mapped, see user_namespaces(7)"
  const remarks: Array<string> = []
  if ([...own, ...users].some((uid) => uid === overflow.uid)) {
    remarks.push(`uid ${overflow.uid} is not let in: ${advice}`)
  }
  if (groups.some((gid) => gid === overflow.gid)) remarks.push(`gid ${overflow.gid} is not let in: ${advice}`)
  return remarks
})
