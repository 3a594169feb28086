/** A test in systemd's place: a socket for notifications, and listening sockets to pass. */
import { KernelSystemCalls, SystemCalls } from "@scached/fdpass"
import { Effect } from "effect"
import { DatagramInbox } from "./DatagramInbox.ts"

const calls = Effect.runSync(Effect.map(SystemCalls, (found) => found).pipe(Effect.provide(KernelSystemCalls.layer)))

const must = <A>(result: A | number): Exclude<A, number> => {
  if (typeof result === "number") throw new Error(`a system call failed with errno ${-result}`)
  // The condition has just excluded the number; the compiler does not narrow a type parameter.
  return result as Exclude<A, number>
}

/** The socket of NOTIFY_SOCKET. */
export class NotifySocket implements Disposable {
  readonly #inbox: DatagramInbox

  constructor(path: string) {
    this.#inbox = new DatagramInbox(path)
  }

  get path(): string {
    return this.#inbox.path
  }

  /** The next notification, as its variables. */
  next(): ReadonlyMap<string, string> {
    return new Map(
      this.#inbox
        .next()
        .split("\n")
        .map((line) => {
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
    this.#inbox[Symbol.dispose]()
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
