import { readdirSync, readFileSync, readlinkSync } from "node:fs"
import { stat } from "node:fs/promises"
import { type Descriptor, Readiness, type SystemCalls, systemCallError } from "@scached/fdpass"

/** A file operation takes microseconds; a machine that stalls for longer than this is given up. */
const answerMillisMax = 2000
/** Times that the right one must be found ready in a row. */
const confirmations = 3

/** The flag among those of an open file, which its fdinfo has in octal. */
const closeOnExec = 0o2000000

/** Whether a descriptor is an epoll set that was made in this process: one that is left open on exec may be a parent's. */
const isOwnEpoll = (number: number): boolean => {
  try {
    if (readlinkSync(`/proc/self/fd/${number}`) !== "anon_inode:[eventpoll]") return false
    const flags = /^flags:\s*([0-7]+)$/m.exec(readFileSync(`/proc/self/fdinfo/${number}`, "utf8"))?.[1]
    return (Number.parseInt(flags ?? "0", 8) & closeOnExec) !== 0
  } catch {
    // The descriptor of the directory listing itself, already closed.
    return false
  }
}

const epollNumbers = (): ReadonlyArray<number> => {
  try {
    return readdirSync("/proc/self/fd").map(Number).filter(isOwnEpoll)
  } catch {
    return []
  }
}

/** The tokens of one wait. */
const readyTokens = (calls: SystemCalls["Service"], epoll: Descriptor, capacity: number, millis: number) => {
  const batch = calls.makeReadinessBatch(capacity)
  const count = calls.epollWait(epoll, batch, millis)
  return new Set(Array.from({ length: Math.max(0, count) }, (_, index) => batch.token(index)))
}

/**
 * Finds which of several epoll sets is that of this thread's event loop, by what it is wanted for: a finished file operation makes it
 * ready, and it stays so until this thread goes back to the loop. Those of other threads may be ready too, for a moment.
 */
const probe = (calls: SystemCalls["Service"], numbers: ReadonlyArray<number>): number | undefined => {
  const epoll = calls.epollCreate()
  if (typeof epoll === "number") throw systemCallError("epoll_create1", epoll)
  for (const number of numbers) calls.epollAdd(epoll, calls.adopt(number), Readiness.readable, number)
  stat("/").catch(() => {})
  const deadlineMillis = calls.monotonicMillis() + answerMillisMax
  let found: number | undefined
  for (let seen = 0; seen < confirmations && calls.monotonicMillis() < deadlineMillis; ) {
    const ready = readyTokens(calls, epoll, numbers.length, 100)
    const [first] = ready
    // Use the one that was found before, or find it again.
    seen = found !== undefined && ready.has(found) && ready.size === 1 ? seen + 1 : 0
    found = ready.size === 1 ? first : undefined
  }
  epoll.close()
  return found
}

/**
 * The number of the epoll descriptor in which Bun waits on the main thread.
 *
 * Usually it is the only one. Bun's HTTP client has another, on a separate thread, and under `bun test` that is made first.
 */
export const findBunEpoll = (calls: SystemCalls["Service"]): number => {
  const numbers = epollNumbers()
  const found = numbers.length > 1 ? probe(calls, numbers) : numbers[0]
  if (found !== undefined) return found
  throw new Error("the event loop of Bun was not found among the descriptors in /proc/self/fd: is this Bun on Linux?")
}
