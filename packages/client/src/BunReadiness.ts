/**
 * Waits for sockets of ours in Bun's event loop.
 *
 * Bun has no call for that, and a socket that it reads itself loses the descriptors that are passed over it. But an epoll set is
 * readable as soon as a socket in it is ready, and Bun can be made to wait for the set: `Bun.connect({ fd })` takes the set's
 * descriptor for a socket, adds it to its own set, and when it turns readable, tries to read from it. That fails with ENOTSOCK before
 * anything is touched, so Bun closes the set and calls `close`: one set, one notice. The socket itself is never in Bun's hands.
 *
 * Nothing in it is hidden: two public functions, and what they do with a descriptor that is no socket. It works on the main thread and
 * in Workers, in compiled executables, keeps the process alive exactly while it waits, and costs the loop nothing else. Should a
 * Bun to come refuse such descriptors, `until` calls back after `refusedMillis` and the client goes on, slower; a test tells.
 *
 * Tried beside it, requests that find nothing, one at a time, on two shared x86-64 cores, over three runs (a request is often answered
 * before the caller has to wait, hence the range):
 *
 *     this                                         15 to 56 µs at the median, 20 to 34 µs of CPU
 *     SIGURG by O_ASYNC, and process.on("SIGURG")  40 to 55 µs, 63 to 81 µs of CPU; not in Workers; interrupts calls of any thread
 *     a Worker in epoll_wait, and a message        25 to 34 µs, 62 to 67 µs of CPU; 20 MB and a thread more; a module more to bundle
 *     trying again with each setImmediate          19 to 25 µs, 40 to 53 µs of CPU, all of it while it waits
 *     trying again with timers                     1.1 ms
 *
 * An entry of one's own in Bun's epoll set was not tried further: Bun takes the data of every event for a pointer.
 *
 * @category layers
 */
import { SystemCalls, waitInBun } from "@scached/fdpass"
import { Effect, Layer } from "effect"
import { Readiness } from "./Readiness.ts"

/**
 * Provides `Readiness` from the event loop of the thread it is used on.
 *
 * @category layers
 */
export const layer: Layer.Layer<Readiness, never, SystemCalls> = Layer.effect(
  Readiness,
  Effect.map(SystemCalls, (calls) =>
    Readiness.of({ until: (socket, direction, ready) => waitInBun(calls, socket, direction, ready) })
  )
)
