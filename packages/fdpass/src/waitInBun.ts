import type { FdSocketOptions } from "bun"
import type { Descriptor } from "./internal/descriptor.ts"
import { Readiness, type SystemCallsShape } from "./SystemCalls.ts"

/** How soon to try again where no set can be had, the process being out of descriptors for instance. */
const refusedMillis = 10

const ignore = (): void => {}

/** What of Bun's socket is used. */
interface Guest {
  readonly data: Wait
  readonly close: () => void
}

/** The same for all waits, so that a wait makes no functions. */
const handlers = {
  open: (guest: Guest): void => guest.data.opened(guest),
  close: (guest: Guest): void => guest.data.closed(),
  data: ignore,
  error: ignore
}

/** One wait, from the set with the socket in it until Bun has closed that. */
class Wait implements Disposable {
  readonly #calls: SystemCallsShape
  readonly #number: number
  readonly #ready: () => void
  #guest: Guest | undefined
  #timer: ReturnType<typeof setTimeout> | undefined
  #isOver = false

  /** `number`: the set's, which is this wait's from now on. */
  constructor(calls: SystemCallsShape, number: number, ready: () => void) {
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

/**
 * Waits in Bun's event loop until a socket is readable or writable, or its peer is gone, and calls `ready` once; dispose of what it returns to call
 * the wait off. The socket has to stay open meanwhile, and only one caller may wait for it.
 *
 * Where Bun takes no epoll set, or there is no descriptor left for one, it calls back after 10 ms: the caller tries, and waits again.
 *
 * @category sockets
 */
export const waitInBun = (
  calls: SystemCallsShape,
  socket: Descriptor,
  direction: "readable" | "writable",
  ready: () => void
): Disposable => {
  const epoll = calls.epollCreate()
  if (typeof epoll === "number") return setTimeout(ready, refusedMillis)
  if (calls.epollAdd(epoll, socket, Readiness[direction], 0) < 0) {
    epoll.close()
    return setTimeout(ready, refusedMillis)
  }
  return new Wait(calls, epoll.surrender(), ready)
}
