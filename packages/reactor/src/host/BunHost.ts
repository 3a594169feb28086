/**
 * Bun's event loop as the host of the reactor.
 *
 * Bun waits in its own epoll set. That set's descriptor is itself pollable, so it becomes a member of ours: signals,
 * messages of Workers, finished file operations and sockets of Bun make it readable, and the reactor gives way at once. Bare
 * timers are the exception, since Bun keeps them as the timeout of its wait, which never begins while the reactor has the
 * thread: `HostTimers` tells when they are due.
 *
 * @category hosts
 */

import { drainMicrotasks } from "bun:jsc"
import type { SystemCalls } from "@scached/fdpass"
import type { Host } from "../loop/Host.ts"
import { findBunEpoll } from "./internal/bunEpoll.ts"
import { HostTimers } from "./internal/HostTimers.ts"

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
  bunEpoll ??= findBunEpoll(calls)
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
