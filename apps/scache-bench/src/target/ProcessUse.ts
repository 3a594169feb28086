import { readdirSync, readFileSync } from "node:fs"

/** What a process has used up to now, all threads together. */
export interface ProcessUse {
  /** Time on a processor, in nanoseconds. */
  readonly cpuNanos: number
  readonly voluntarySwitches: number
  readonly involuntarySwitches: number
}

const field = (text: string, name: string): number | undefined => {
  const match = new RegExp(`^${name}:\\s+(\\d+)`, "m").exec(text)
  return match?.[1] === undefined ? undefined : Number(match[1])
}

/** Reads it from /proc; undefined where the process is gone or another user's. */
export const readProcessUse = (pid: number): ProcessUse | undefined => {
  try {
    let cpuNanos = 0
    let voluntarySwitches = 0
    let involuntarySwitches = 0
    for (const thread of readdirSync(`/proc/${pid}/task`)) {
      const path = `/proc/${pid}/task/${thread}`
      // In nanoseconds, where /proc/PID/stat has ticks of 10 ms.
      cpuNanos += Number(readFileSync(`${path}/schedstat`, "latin1").split(" ")[0])
      const status = readFileSync(`${path}/status`, "latin1")
      voluntarySwitches += field(status, "voluntary_ctxt_switches") ?? 0
      involuntarySwitches += field(status, "nonvoluntary_ctxt_switches") ?? 0
    }
    return { cpuNanos, voluntarySwitches, involuntarySwitches }
  } catch {
    return undefined
  }
}

/** Time on a processor of this process's main thread, on which all the load is made, in nanoseconds. */
export const readOwnCpuNanos = (): number | undefined => {
  try {
    const nanos = Number(readFileSync(`/proc/self/task/${process.pid}/schedstat`, "latin1").split(" ")[0])
    return Number.isFinite(nanos) ? nanos : undefined
  } catch {
    return undefined
  }
}

/** Resident memory of a process in bytes; undefined where it cannot be told. */
export const readResidentBytes = (pid: number): number | undefined => {
  try {
    const kilobytes = field(readFileSync(`/proc/${pid}/status`, "latin1"), "VmRSS")
    return kilobytes === undefined ? undefined : kilobytes * 1_024
  } catch {
    return undefined
  }
}
