import { drainMicrotasks } from "bun:jsc"
import type { Descriptor } from "@scached/fdpass"

/**
 * The event loop that the reactor is a guest of.
 *
 * `BunHost` is Bun's own loop. `noHost` is for simulations: nothing runs but the reactor, and it never gives way.
 *
 * @category models
 */
export interface Host {
  /** Becomes readable when the host has work; undefined when there is no such thing to wait for. */
  readonly wakeDescriptor: Descriptor | undefined
  /** Runs what promises and `process.nextTick` have queued, without giving way. */
  readonly drainMicrotasks: () => void
  /** When the host needs the thread next for its own timers, on the monotonic clock; undefined when it has none. */
  readonly nextDeadlineMillis: () => number | undefined
  /** Lets the host run, which then calls `resume`. Undefined where there is no host: the loop never returns to it. */
  readonly giveWay: ((resume: () => void) => void) | undefined
}

/**
 * No host at all: the reactor has the thread to itself until its program has ended. Promises resolve as far as they need no
 * other event.
 *
 * @category hosts
 */
export const noHost: Host = {
  wakeDescriptor: undefined,
  drainMicrotasks,
  nextDeadlineMillis: () => undefined,
  giveWay: undefined
}
