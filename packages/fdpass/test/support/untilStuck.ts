import { readFileSync } from "node:fs"

/** The function of the kernel's that a process sleeps in. */
export const sleepsIn = (processId: number): string => {
  try {
    return readFileSync(`/proc/${processId}/wchan`, "utf8")
  } catch {
    // It has just ended.
    return ""
  }
}

/** Waits until the process sleeps in a page fault that nobody answers, or has ended. */
export const untilStuck = async (holder: Bun.Subprocess): Promise<void> => {
  while (holder.exitCode === null) {
    if (sleepsIn(holder.pid).includes("userfault")) return
    await Bun.sleep(1)
  }
}
