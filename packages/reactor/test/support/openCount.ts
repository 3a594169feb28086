import { readdirSync, readlinkSync } from "node:fs"

const isRing = (number: string): boolean => {
  try {
    return readlinkSync(`/proc/self/fd/${number}`) === "anon_inode:[io_uring]"
  } catch {
    return false
  }
}

/** How many descriptors this process has open, but for the thread's ring, which is made when it is first needed and kept. */
export const openCount = (): number => readdirSync("/proc/self/fd").filter((number) => !isRing(number)).length
