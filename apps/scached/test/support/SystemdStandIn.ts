/** A test in systemd's place: a socket for notifications, and listening sockets to pass. */
import { type Descriptor, KernelSystemCalls, Readiness, SystemCalls } from "@scached/fdpass"
import { Effect } from "effect"

const calls = Effect.runSync(Effect.map(SystemCalls, (found) => found).pipe(Effect.provide(KernelSystemCalls.layer)))

const must = <A>(result: A | number): Exclude<A, number> => {
  if (typeof result === "number") throw new Error(`a system call failed with errno ${-result}`)
  // The condition has just excluded the number; the compiler does not narrow a type parameter.
  return result as Exclude<A, number>
}

/** How long a notification is waited for before the test fails. */
const waitMillisMax = 20_000

/** The socket of NOTIFY_SOCKET. */
export class NotifySocket implements Disposable {
  readonly path: string
  readonly #socket: Descriptor
  readonly #epoll: Descriptor

  constructor(path: string) {
    this.path = path
    this.#socket = must(calls.datagramSocket())
    if (calls.bind(this.#socket, path) < 0) throw new Error(`cannot bind ${path}`)
    this.#epoll = must(calls.epollCreate())
    calls.epollAdd(this.#epoll, this.#socket, Readiness.readable, 1)
  }

  /** The next notification, as its variables. */
  next(): ReadonlyMap<string, string> {
    const count = calls.epollWait(this.#epoll, calls.makeReadinessBatch(1), waitMillisMax)
    if (count !== 1) throw new Error("no notification came")
    const buffer = calls.makeReceiveBuffer(4_096)
    const length = calls.receive(this.#socket, buffer)
    const text = Buffer.from(buffer.bytes.subarray(0, length)).toString()
    return new Map(
      text.split("\n").map((line) => {
        const equals = line.indexOf("=")
        return [line.slice(0, equals), line.slice(equals + 1)] as const
      })
    )
  }

  /** The next one that has the variable; those before it are dropped. */
  nextWith(variable: string): ReadonlyMap<string, string> {
    for (;;) {
      const notification = this.next()
      if (notification.has(variable)) return notification
    }
  }

  [Symbol.dispose](): void {
    this.#epoll.close()
    this.#socket.close()
  }
}

/** Makes a socket that listens at the path, and runs what is to inherit it. */
export const withListener = <A>(path: string, run: (number: number) => A): A => {
  const listener = must(calls.socket())
  if (calls.bind(listener, path) < 0 || calls.listen(listener, 10) < 0) throw new Error(`cannot listen at ${path}`)
  const number = listener.surrender()
  try {
    return run(number)
  } finally {
    calls.adopt(number).close()
  }
}

/** A command that finds LISTEN_PID to be its own process number, which is not known before it starts. */
export const asListenOwner = (command: ReadonlyArray<string>): ReadonlyArray<string> => [
  "/bin/sh",
  "-c",
  'LISTEN_PID=$$ WATCHDOG_PID=$$ exec "$@"',
  "sh",
  ...command
]
