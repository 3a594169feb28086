import type { Descriptor } from "@scached/fdpass"
import type { EventLoop } from "../EventLoop.ts"

/** Descriptors that are thrown away at once: some 0.2 ms of work, or one message of at most 253, which cannot be taken in parts. */
const descriptorsPerPortion = 64

/** While so many closes are under way, of what takes its time to close, the next portion waits: each would add more. */
const closesUnderWayMax = 256
const pauseMillis = 5

interface Discarded {
  readonly socket: Descriptor
  readonly onClosed: () => void
}

/**
 * Sockets that are closed once their unread input has been thrown away.
 *
 * A client that fills a socket with descriptors and leaves causes a quarter of a second of work, and dozens may do so: of all sockets
 * together one portion a turn is thrown away, each socket in its turn.
 */
export class Discarding {
  readonly #loop: EventLoop
  readonly #sockets: Array<Discarded> = []

  constructor(loop: EventLoop) {
    this.#loop = loop
  }

  /** Takes a socket over; `onClosed` is called when it is closed: within this call where little or nothing is left in it. */
  begin(socket: Descriptor, onClosed: () => void): void {
    const isFirst = this.#sockets.length === 0
    const discarded = { socket, onClosed }
    // Others have theirs first: nothing more can come meanwhile.
    if (!this.#discard(discarded, isFirst ? descriptorsPerPortion : 0)) return
    this.#sockets.push(discarded)
    if (isFirst) this.#arm()
  }

  /** Closes those that are left at once. */
  close(): void {
    for (const { socket } of this.#sockets.splice(0)) this.#loop.calls.letGo(socket)
  }

  readonly #work = (): void => {
    const first = this.#sockets.shift()
    if (first === undefined) return
    // Armed first, so that one whose owner throws does not cost the others theirs.
    if (this.#sockets.length > 0) this.#arm()
    if (!this.#discard(first, descriptorsPerPortion)) return
    this.#sockets.push(first)
    if (this.#sockets.length === 1) this.#arm()
  }

  #arm(): void {
    if (this.#loop.calls.closesUnderWay() < closesUnderWayMax) this.#loop.postpone(this.#work)
    else this.#loop.at(this.#loop.nowMillis + pauseMillis, this.#work)
  }

  /** True while there is more. */
  #discard({ onClosed, socket }: Discarded, descriptorsMax: number): boolean {
    const outcome = this.#loop.calls.discardUnread(socket, descriptorsMax)
    if (outcome > 0) return true
    // A socket that could not be emptied is closed as if another process had made it.
    if (outcome < 0) this.#loop.calls.letGo(socket)
    else socket.close()
    onClosed()
    return false
  }
}
