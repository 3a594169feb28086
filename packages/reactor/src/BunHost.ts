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
import { readdirSync, readFileSync, readlinkSync } from "node:fs"
import type { SystemCalls } from "@scached/fdpass"
import type { Host } from "./Host.ts"
import { HostTimers } from "./internal/HostTimers.ts"

const linkOf = (number: number): string => {
  try {
    return readlinkSync(`/proc/self/fd/${number}`)
  } catch {
    // The descriptor of the directory listing itself, already closed.
    return ""
  }
}

/** Flags of an open file, in octal in its fdinfo. */
const closeOnExec = 0o2000000

const isClosedOnExec = (number: number): boolean => {
  const flags = /^flags:\s*([0-7]+)$/m.exec(readFileSync(`/proc/self/fdinfo/${number}`, "utf8"))?.[1]
  return (Number.parseInt(flags ?? "0", 8) & closeOnExec) !== 0
}

/**
 * The number of Bun's epoll descriptor: the lowest one there is, as long as nobody in this process has made another before. One
 * that a careless parent left open is told apart by not being closed on exec: it could not have got here otherwise.
 */
const findBunEpoll = (): number => {
  const found = readdirSync("/proc/self/fd")
    .map(Number)
    .sort((a, b) => a - b)
    .find((number) => linkOf(number) === "anon_inode:[eventpoll]" && isClosedOnExec(number))
  if (found !== undefined) return found
  throw new Error("the event loop of Bun was not found among the descriptors in /proc/self/fd: is this Bun on Linux?")
}

let bunEpoll: number | undefined

/**
 * Makes the host for this process's main thread. `release` takes the observer of bare timers away again.
 *
 * Throws where it cannot work: in a Worker, whose event loop is another one, and without /proc. It looks there once a process,
 * so that a program may well change its root afterwards.
 *
 * @category hosts
 */
export const make = (calls: SystemCalls["Service"]): Host & { readonly release: () => void } => {
  if (!Bun.isMainThread) throw new Error("a reactor runs on the main thread: Workers have event loops of their own")
  bunEpoll ??= findBunEpoll()
  const timers = new HostTimers(calls.monotonicMillis, calls.wallMillis)
  return {
    // Borrowed: it is Bun's, and is never closed here.
    wakeDescriptor: calls.adopt(bunEpoll),
    drainMicrotasks,
    nextDeadlineMillis: () => timers.nextDeadlineMillis,
    giveWay: (resume) => timers.afterHostTurn(resume),
    release: () => timers.release()
  }
}
