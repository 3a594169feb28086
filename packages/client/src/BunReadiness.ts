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

const ignore = (): void => {}

/** What of Bun's socket is used. */
interface Guest {
  readonly data: Wait
  readonly close: () => void
}

/** The same for all waits, so that one makes no functions of its own. */
const handlers = {
  open: (guest: Guest): void => guest.data.opened(guest),
  close: (guest: Guest): void => guest.data.closed(),
  data: ignore,
  error: ignore
}

/** One wait, from the set with the socket in it until Bun has closed that. */
class Wait implements Disposable {
  readonly #calls: SystemCalls["Service"]
  readonly #number: number
  readonly #ready: () => void
  #guest: Guest | undefined
  #timer: ReturnType<typeof setTimeout> | undefined
  #isOver = false

  /** `number`: the set's, which is this wait's from now on. */
  constructor(calls: SystemCalls["Service"], number: number, ready: () => void) {
    this.#calls = calls
    this.#number = number
    this.#ready = ready
    const options: FdSocketOptions<Wait> = { fd: number, socket: handlers, data: this }
    // Bun's types know the options with a descriptor, but not that `connect` takes them.
    Bun.connect<Wait>(options as FdSocketOptions<Wait> & { readonly unix: string }).catch(() => this.#refused())
  }

  opened(guest: Guest): void {
    if (this.#isOver) guest.close()
    else this.#guest = guest
  }

  closed(): void {
    this.#guest = undefined
    if (this.#isOver) return
    this.#isOver = true
    this.#ready()
  }

  [Symbol.dispose](): void {
    this.#isOver = true
    clearTimeout(this.#timer)
    this.#guest?.close()
  }

  /** Bun leaves a descriptor that it could not add to its set open, and owns it otherwise: from `open` until `close`. */
  #refused(): void {
    this.#calls.adopt(this.#number).close()
    if (!this.#isOver) this.#timer = setTimeout(this.#ready, refusedMillis)
  }
}

const until = (
  calls: SystemCalls["Service"],
  socket: Descriptor,
  direction: Direction,
  ready: () => void
): Disposable => {
  const epoll = calls.epollCreate()
  if (typeof epoll === "number") return setTimeout(ready, refusedMillis)
  if (calls.epollAdd(epoll, socket, Interest[direction], 0) < 0) {
    epoll.close()
    return setTimeout(ready, refusedMillis)
  }
  return new Wait(calls, epoll.surrender(), ready)
}

/**
 * Provides `Readiness` from the event loop of the thread it is used on.
 *
 * @category layers
 */
export const layer: Layer.Layer<Readiness, never, SystemCalls> = Layer.effect(
  Readiness,
  Effect.map(SystemCalls, (calls) =>
    Readiness.of({ until: (socket, direction, ready) => until(calls, socket, direction, ready) })
  )
)
