import { type Descriptor, Errno, type ReceiveBuffer, type SystemCalls } from "@scached/fdpass"

/** What the far end of a connection sees. */
export type FarEnd = "open" | "ended" | "bytes"

/**
 * The connections that are saved: socket pairs, made when they are first wanted. The near end goes into the cache and comes back; the far
 * end stays here and sees when the last copy of the near one is closed.
 *
 * A connection is known by its cookie, which the kernel gives to the open socket and which is the same in every process that has a copy.
 * Its inode number would do too, but fstat returns an object of twenty fields: a collection of all of them is what the slowest
 * operations of all servers waited for.
 */
export class ConnectionPool {
  readonly capacity: number
  readonly #calls: SystemCalls["Service"]
  readonly #far: Array<Descriptor> = []
  readonly #near: Array<Descriptor | undefined> = []
  readonly #connectionOf = new Map<number, number>()
  readonly #free: Array<number> = []
  /** Whether what comes back is closed at once: at the end, when all come back, there would not be room for both ends of each. */
  isDraining = false

  constructor(calls: SystemCalls["Service"], capacity: number) {
    this.#calls = calls
    this.capacity = capacity
  }

  /** Connections that were made. */
  get made(): number {
    return this.#far.length
  }

  /** A connection to be saved, or -1 when none is left. Throws when the kernel has no sockets left. */
  take(): number {
    const free = this.#free.pop()
    if (free !== undefined) return free
    return this.made < this.capacity ? this.#make() : -1
  }

  /** The connection's near end, which is here while it is not cached. */
  near(connection: number): Descriptor | undefined {
    return this.#near[connection]
  }

  /** The cache has it: our copy of the near end, which was sent, is the caller's to close. */
  release(connection: number, saved: Descriptor): Descriptor {
    // It may have come back already, before the answer to its save: then the copy that is kept is another one.
    if (this.#near[connection] === saved) this.#near[connection] = undefined
    return saved
  }

  /** Looks at a descriptor that came: which connection it is, -1 for a stranger. The descriptor is used up; `takeIn` keeps it. */
  recognize(descriptor: Descriptor): number {
    this.#identified = descriptor
    return this.#connectionOf.get(this.#calls.socketCookie(descriptor)) ?? -1
  }

  #identified: Descriptor | undefined = undefined

  /** Keeps the descriptor that was recognized last as the near end of a connection, which can be saved again. */
  takeIn(connection: number): void {
    const descriptor = this.#identified
    this.#identified = undefined
    if (this.isDraining) {
      descriptor?.close()
      this.#near[connection] = undefined
      return
    }
    this.#near[connection] = descriptor
    this.#free.push(connection)
  }

  /** Puts back a connection whose save was refused. */
  putBack(connection: number): void {
    this.#free.push(connection)
  }

  /** Closes the descriptor that was recognized last, which may be any process's, and does not wait for it. */
  drop(): void {
    if (this.#identified !== undefined) this.#calls.letGo(this.#identified)
    this.#identified = undefined
  }

  /** Closes our copies of all near ends. */
  closeNear(): void {
    for (const [connection, near] of this.#near.entries()) {
      near?.close()
      this.#near[connection] = undefined
    }
    this.#free.length = 0
  }

  /** What the far end of a connection sees now. */
  farEnd(connection: number, buffer: ReceiveBuffer): FarEnd {
    const far = this.#far[connection]
    if (far === undefined) return "ended"
    const count = this.#calls.receive(far, buffer, 1)
    return count === -Errno.EAGAIN || count === -Errno.EINTR ? "open" : count > 0 ? "bytes" : "ended"
  }

  /** Closes everything. */
  close(): void {
    this.closeNear()
    this.drop()
    for (const far of this.#far) far.close()
    this.#far.length = 0
  }

  #make(): number {
    const pair = this.#calls.socketPair()
    if (typeof pair === "number") throw new Error(`no socket pair to be saved: socketpair failed, errno ${-pair}`)
    const connection = this.#far.length
    const [near, far] = pair
    this.#far.push(far)
    this.#connectionOf.set(this.#calls.socketCookie(near), connection)
    this.#near[connection] = near
    return connection
  }
}
