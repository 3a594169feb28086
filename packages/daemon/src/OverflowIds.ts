/**
 * The numbers that stand for users and groups of other user namespaces.
 *
 * In a user namespace that does not map all users the kernel shows each unmapped user as the same number, 65534 in most cases
 * (user_namespaces(7)). It is also the number of "nobody", so a program that relies on the number takes any stranger for that user.
 *
 * @category users
 */
import { Effect } from "effect"
import { ProcessCalls, type ProcessCallsShape } from "./ProcessCalls.ts"

/**
 * The user and the group that stand for all unmapped ones; undefined if this process's namespace maps all.
 *
 * @category models
 */
export interface OverflowIds {
  readonly uid: number | undefined
  readonly gid: number | undefined
}

/** All numbers but -1. */
const idCount = 0xffff_ffff
const overflowIdDefault = 65_534

const textOf = (calls: Pick<ProcessCallsShape, "readFile">, path: string): string | undefined => {
  const bytes = calls.readFile(path)
  return typeof bytes === "number" ? undefined : Buffer.from(bytes).toString("latin1")
}

/**
 * Whether a map of user or group numbers, as /proc has it, leaves none out.
 *
 * @category users
 */
export const isWhole = (map: string): boolean => {
  const counts = map.split("\n").map((line) => Number(line.trim().split(/\s+/)[2] ?? 0))
  return counts.reduce((sum, count) => sum + count, 0) >= idCount
}

const overflowOf = (calls: Pick<ProcessCallsShape, "readFile">, kind: "uid" | "gid"): number | undefined => {
  const map = textOf(calls, `/proc/self/${kind}_map`)
  // A kernel without user namespaces has no such file, and no such numbers.
  if (map === undefined || isWhole(map)) return undefined
  const overflow = /^\d{1,10}$/.exec(textOf(calls, `/proc/sys/kernel/overflow${kind}`)?.trim() ?? "")?.[0]
  return overflow === undefined ? overflowIdDefault : Number(overflow)
}

/**
 * Looks them up. To be called before the root directory is changed, since they are in /proc.
 *
 * @category users
 */
export const lookUp: Effect.Effect<OverflowIds, never, ProcessCalls> = Effect.map(ProcessCalls, (calls) => ({
  uid: overflowOf(calls, "uid"),
  gid: overflowOf(calls, "gid")
}))
