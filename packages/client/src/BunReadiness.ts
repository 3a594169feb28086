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
 * Bun to come refuse such descriptors, `until` comes back after `refusedMillis` and the client goes on, slower; a test tells.
 *
 * Tried beside it, requests that find nothing, one at a time, on two shared x86-64 cores, over three runs (a request is often answered
 * before anybody has to wait, hence the range):
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
import { type Descriptor, Readiness as Interest, SystemCalls } from "@scached/fdpass"
import type { FdSocketOptions } from "bun"
import { Effect, Layer } from "effect"
import { type Direction, Readiness } from "./Readiness.ts"

/** How soon to try again where no set can be had, the process being out of descriptors for instance. */
const refusedMillis = 10

const later = Effect.sleep(refusedMillis)
const ignore = (): void => {}

const until = (calls: SystemCalls["Service"], socket: Descriptor, direction: Direction): Effect.Effect<void> =>
  Effect.callback<void>((resume) => {
    const epoll = calls.epollCreate()
    if (typeof epoll === "number") return resume(later)
    if (calls.epollAdd(epoll, socket, Interest[direction], 0) < 0) {
      epoll.close()
      return resume(later)
    }
    let guest: Guest | undefined
    let isOver = false
    const finish = (next: Effect.Effect<void>): void => {
      isOver = true
      guest = undefined
      resume(next)
    }
    const number = epoll.surrender()
    const refused = (): void => {
      // Bun leaves a descriptor that it could not add to its set open, and owns it otherwise: from `open` until `close`.
      calls.adopt(number).close()
      finish(later)
    }
    const opened = (socket: Guest): void => {
      if (isOver) socket.close()
      else guest = socket
    }
    connect(number, opened, () => finish(Effect.void)).then(ignore, refused)
    return Effect.sync(() => {
      isOver = true
      guest?.close()
    })
  })

/** What of Bun's socket is used. */
interface Guest {
  readonly close: () => void
}

const connect = async (fd: number, opened: (guest: Guest) => void, closed: () => void): Promise<unknown> => {
  const options: FdSocketOptions = { fd, socket: { open: opened, close: closed, data: ignore, error: ignore } }
  // Bun's types know the options with a descriptor, but not that `connect` takes them.
  return Bun.connect(options as FdSocketOptions & { readonly unix: string })
}

/**
 * Provides `Readiness` from the event loop of the thread it is used on.
 *
 * @category layers
 */
export const layer: Layer.Layer<Readiness, never, SystemCalls> = Layer.effect(
  Readiness,
  Effect.map(SystemCalls, (calls) => Readiness.of({ until: (socket, direction) => until(calls, socket, direction) }))
)
