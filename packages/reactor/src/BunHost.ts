/**
 * Bun's event loop as the host of the reactor.
 *
 * Bun waits in an epoll set of its own. That set's descriptor is itself pollable, so it becomes a member of ours: signals,
 * messages of Workers, finished file operations and sockets of Bun make it readable, and the reactor gives way at once. Bare
 * timers are the exception, since Bun keeps them as the timeout of its wait, which never begins while the reactor has the
 * thread: `HostTimers` tells when they are due.
 *
 * @category hosts
 */

import { drainMicrotasks } from "bun:jsc"
import { readdirSync, readlinkSync } from "node:fs"
import type { SystemCalls } from "@scached/fdpass"
import type { Host } from "./Host.ts"
import { HostTimers } from "./internal/HostTimers.ts"

/** The number of Bun's epoll descriptor: the lowest one there is, as long as nobody in this process has made another. */
const findBunEpoll = (): number | undefined => {
  const numbers = readdirSync("/proc/self/fd")
    .map(Number)
    .sort((a, b) => a - b)
  return numbers.find((number) => {
    try {
      return readlinkSync(`/proc/self/fd/${number}`) === "anon_inode:[eventpoll]"
    } catch {
      // The descriptor of the directory listing itself, already closed.
      return false
    }
  })
}

let bunEpoll: number | undefined

/**
 * Makes the host for this process's main thread. `release` takes the observer of bare timers away again.
 *
 * @category hosts
 */
export const make = (calls: SystemCalls["Service"]): Host & { readonly release: () => void } => {
  bunEpoll ??= findBunEpoll()
  const timers = new HostTimers(calls.monotonicMillis)
  return {
    // Borrowed: it is Bun's, and is never closed here.
    wakeDescriptor: bunEpoll === undefined ? undefined : calls.adopt(bunEpoll),
    drainMicrotasks,
    nextDeadlineMillis: () => timers.nextDeadlineMillis,
    giveWay: (resume) => timers.afterHostTurn(resume),
    release: () => timers.release()
  }
}
