/**
 * The listening sockets that systemd passes to a service with a .socket unit: sd_listen_fds(3).
 */
import { type Descriptor, Descriptors, Errno, type Outcome, ProcessCalls, SystemCalls } from "@scached/fdpass"
import { Effect, Schema, type Scope } from "effect"

/** The number of the first one; the others follow. */
const firstNumber = 3

/** More than anybody passes, and few enough to look at each. */
const socketsMax = 100

/** What systemd passes is not what a cache can serve. */
export class NotFromSystemd extends Schema.TaggedError<NotFromSystemd>()("NotFromSystemd", {
  message: Schema.String
}) {}

type Environment = Record<string, string | undefined>

/**
 * How many sockets were passed to this process; 0 where the variables are missing or meant for another process. They are taken out of the
 * environment, since they mean nothing to anybody else.
 */
export const takeCount = (environment: Environment, processId: number): number => {
  const { LISTEN_FDS: count = "", LISTEN_PID: owner } = environment
  for (const name of ["LISTEN_FDS", "LISTEN_PID", "LISTEN_FDNAMES"]) delete environment[name]
  return owner === String(processId) && /^[1-9][0-9]{0,5}$/.test(count) ? Number(count) : 0
}

/** Says of variables that `takeCount` makes nothing of what they hold, for whoever wonders; empty where there are none. */
export const strayNote = (environment: Environment, processId: number): string => {
  const { LISTEN_FDS: count, LISTEN_PID: owner = "" } = environment
  if (count === undefined || takeCount({ ...environment }, processId) > 0) return ""
  return ` (LISTEN_FDS="${count}" LISTEN_PID="${owner}" were not for this process)`
}

/** What a passed number is, in words, when it is not what it should be. */
const wordOf = (found: string | Outcome): string => {
  if (typeof found === "string") return found === "not a socket" ? found : `a ${found}`
  return found === -Errno.EBADF ? "not open" : `unusable (errno ${-found})`
}

/** What was passed. */
export interface ListenSockets {
  readonly listeners: ReadonlyArray<Descriptor>
  /** Their places, for the log. */
  readonly paths: ReadonlyArray<string>
}

/** Takes over so many passed sockets; they close with the scope, and their files stay systemd's. */
export const adopt = Effect.fnUntraced(function* (
  count: number
): Effect.fn.Return<ListenSockets, NotFromSystemd, SystemCalls | ProcessCalls | Scope.Scope> {
  const calls = yield* SystemCalls
  const process = yield* ProcessCalls
  if (count > socketsMax) {
    return yield* new NotFromSystemd({ message: `LISTEN_FDS=${count}: systemd passes at most ${socketsMax} sockets` })
  }
  const listeners: Array<Descriptor> = []
  const paths: Array<string> = []
  for (let number = firstNumber; number < firstNumber + count; number++) {
    const kind = process.inspect(number)
    // A port listens as well, and no descriptor could come that way.
    const address = kind === "listening" ? process.socketAddress(number) : undefined
    const isUnix = typeof address === "object" && address.family === "unix"
    if (!isUnix) {
      const found = address === undefined ? wordOf(kind) : typeof address === "number" ? wordOf(address) : "a port"
      return yield* new NotFromSystemd({
        message:
          `descriptor ${number}, passed by systemd, should be a listening UNIX stream socket, but it is ${found}: ` +
          "the .socket unit needs ListenStream= with a path, and Accept=no"
      })
    }
    paths.push(address.path)
    const listener = yield* Descriptors.scoped(calls.adopt(number))
    process.setCloseOnExec(listener)
    process.setNonBlocking(listener)
    listeners.push(listener)
  }
  return { listeners, paths }
})
