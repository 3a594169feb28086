/** A real datagram socket in the place of one that a daemon writes to: syslog's, or systemd's for notifications. */
import { rmSync } from "node:fs"
import { type Descriptor, Errno, KernelSystemCalls, Readiness, SystemCalls } from "@scached/fdpass"
import { Effect } from "effect"

const calls = Effect.runSync(Effect.map(SystemCalls, (found) => found).pipe(Effect.provide(KernelSystemCalls.layer)))

const must = <A>(result: A | number): Exclude<A, number> => {
  if (typeof result === "number") throw new Error(`a system call failed with errno ${-result}`)
  // The condition has just excluded the number; the compiler does not narrow a type parameter.
  return result as Exclude<A, number>
}

/** How long a datagram is waited for before the test fails. */
/** Only a failure takes that long. */
const waitMillisMax = 60_000
const datagramBytesMax = 4_096

/** What arrives at a path, in its order. It waits by stopping the thread: whoever sends must be another process. */
export class DatagramInbox implements Disposable {
  readonly path: string
  readonly #socket: Descriptor
  readonly #epoll: Descriptor
  readonly #buffer = calls.makeReceiveBuffer(datagramBytesMax)

  constructor(path: string) {
    this.path = path
    this.#socket = must(calls.datagramSocket())
    if (calls.bind(this.#socket, path) < 0) throw new Error(`cannot bind ${path}`)
    calls.changeMode(path, 0o666)
    this.#epoll = must(calls.epollCreate())
    calls.epollAdd(this.#epoll, this.#socket, Readiness.readable, 1)
  }

  /** The next datagram. */
  next(): string {
    const count = calls.epollWait(this.#epoll, calls.makeReadinessBatch(1), waitMillisMax)
    if (count !== 1) throw new Error(`nothing came to ${this.path}`)
    const text = this.#receive()
    if (text === undefined) throw new Error(`nothing is to be had at ${this.path}`)
    return text
  }

  /** Datagrams up to the first of which this is true, and that one. */
  until(isLast: (text: string) => boolean): ReadonlyArray<string> {
    const texts = [this.next()]
    while (!texts.slice(-1).some(isLast)) texts.push(this.next())
    return texts
  }

  /** What has arrived and was not read yet. */
  rest(): ReadonlyArray<string> {
    const texts: Array<string> = []
    for (let text = this.#receive(); text !== undefined; text = this.#receive()) texts.push(text)
    return texts
  }

  #receive(): string | undefined {
    const length = calls.receive(this.#socket, this.#buffer)
    if (length === -Errno.EAGAIN) return undefined
    if (length < 0) throw new Error(`receive at ${this.path}: errno ${-length}`)
    return this.#buffer.bytes.toString("utf8", 0, length)
  }

  /** Closes the socket and removes its file, as a logger does that stops. */
  [Symbol.dispose](): void {
    if (!this.#socket.isOwned) return
    this.#epoll.close()
    this.#socket.close()
    rmSync(this.path, { force: true })
  }
}
