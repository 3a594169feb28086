import { readdirSync, readlinkSync } from "node:fs"
import { KernelSystemCalls, SystemCalls } from "@scached/fdpass"
import { Effect } from "effect"

const calls = Effect.runSync(SystemCalls.pipe(Effect.provide(KernelSystemCalls.layer)))

const isRing = (number: string): boolean => {
  try {
    return readlinkSync(`/proc/self/fd/${number}`) === "anon_inode:[io_uring]"
  } catch {
    return false
  }
}

/** How many descriptors this process has open, but for the thread's ring, which is made when it is first needed and kept. */
export const openCount = (): number => {
  // What another test has let go of may still wait for a thread.
  while (calls.closesUnderWay() > 0) calls.hurryCloses()
  return readdirSync("/proc/self/fd").filter((number) => !isRing(number)).length
}
