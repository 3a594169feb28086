/**
 * The listening sockets that systemd passes to a service with a .socket unit: sd_listen_fds(3).
 */

import { ProcessCalls } from "@scached/daemon"
import { type Descriptor, Descriptors, Errno, type Outcome, SystemCalls } from "@scached/fdpass"
import { Effect, Schema, type Scope } from "effect"
import { printable } from "../../log/printable.ts"

/** The number of the first one; the others follow. */
const firstNumber = 3

/** More than any unit passes, and few enough to check each. */
const socketsMax = 100

/** What systemd passes is not what a cache can serve. */
export class NotFromSystemd extends Schema.TaggedError<NotFromSystemd>()("NotFromSystemd", {
  message: Schema.String
}) {}

type Environment = Record<string, string | undefined>

/** What the variables say was passed. */
export interface Passed {
  readonly count: number
  /** What systemd calls each of them, in their order. */
  readonly names: ReadonlyArray<string>
}

/**
 * What was passed to this process: nothing where the variables are missing or meant for another process. They are taken out of the
 * environment, since they mean nothing to other processes.
 */
export const takePassed = (environment: Environment, processId: number): Passed => {
  const { LISTEN_FDNAMES: names = "", LISTEN_FDS: count = "", LISTEN_PID: owner } = environment
  for (const name of ["LISTEN_FDS", "LISTEN_PID", "LISTEN_FDNAMES"]) delete environment[name]
  const isOurs = owner === String(processId) && /^[1-9][0-9]{0,5}$/.test(count)
  return isOurs ? { count: Number(count), names: names.split(":") } : { count: 0, names: [] }
}

/** A note about variables that `takePassed` ignores, with their values; empty if there are none. */
export const strayNote = (environment: Environment, processId: number): string => {
  const { LISTEN_FDS: count, LISTEN_PID: owner = "" } = environment
  if (count === undefined || takePassed({ ...environment }, processId).count > 0) return ""
  return ` (LISTEN_FDS="${count}" LISTEN_PID="${owner}" were not for this process)`
}

/** What a passed number is, in words, when it is not what it should be. */
const wordOf = (found: string | Outcome): string => {
  if (typeof found === "string") return found === "not a socket" ? found : `a ${found}`
  return found === -Errno.EBADF ? "not open" : `unusable (errno ${-found})`
}

/** O_CLOEXEC, alike on all machines. */
const closeOnExec = 0o2000000

/** Whether a number came from the parent: what this process has opened by itself is close-on-exec, and has that number when too many were told. */
const isInherited = (process: Pick<ProcessCalls["Service"], "readFile">, number: number): boolean => {
  const text = process.readFile(`/proc/self/fdinfo/${number}`)
  if (typeof text === "number") return false
  const flags = /^flags:\s*([0-7]+)$/m.exec(Buffer.from(text).toString("latin1"))?.[1]
  return flags !== undefined && (Number.parseInt(flags, 8) & closeOnExec) === 0
}

/** What was passed. */
export interface ListenSockets {
  readonly listeners: ReadonlyArray<Descriptor>
  /** Their places, for the log. */
  readonly paths: ReadonlyArray<string>
}

/**
 * Takes over the passed sockets; they close with the scope, and their files stay systemd's. What does not listen (a FIFO of the unit, or what the
 * service has stored with systemd) is closed, with a warning: it must not keep the others from being served. A port is refused, since its
 * clients would wait for ever.
 */
export const adopt = Effect.fnUntraced(function* ({
  count,
  names
}: Passed): Effect.fn.Return<ListenSockets, NotFromSystemd, SystemCalls | ProcessCalls | Scope.Scope> {
  const calls = yield* SystemCalls
  const process = yield* ProcessCalls
  if (count > socketsMax) {
    return yield* new NotFromSystemd({ message: `LISTEN_FDS=${count}: systemd passes at most ${socketsMax} sockets` })
  }
  const listeners: Array<Descriptor> = []
  const paths: Array<string> = []
  const others: Array<{ readonly number: number; readonly found: string }> = []
  for (let number = firstNumber; number < firstNumber + count; number++) {
    const kind = process.inspect(number)
    // A port listens as well, and no descriptor could come that way.
    const address = kind === "listening" ? process.socketAddress(number) : undefined
    const isUnix = typeof address === "object" && address.family === "unix"
    if (!isUnix) {
      if (typeof address === "object") return yield* refusal(number, "a port")
      others.push({ number, found: wordOf(isInherited(process, number) ? (address ?? kind) : -Errno.EBADF) })
      continue
    }
    paths.push(address.path)
    const listener = yield* Descriptors.scoped(calls.adopt(number))
    process.setCloseOnExec(listener)
    process.setNonBlocking(listener)
    listeners.push(listener)
  }
  const [first] = others
  if (listeners.length === 0 && first !== undefined) return yield* refusal(first.number, first.found)
  for (const { found, number } of others) {
    const name = names[number - firstNumber] ?? ""
    const called = name === "" ? "" : ` ("${printable(name)}")`
    yield* Effect.logWarning(
      `descriptor ${number}${called}, passed by systemd, is ${found}, and not a listening UNIX stream socket: it is closed`
    )
    if (isInherited(process, number)) calls.letGo(calls.adopt(number))
  }
  return { listeners, paths }
})

const refusal = (number: number, found: string) =>
  new NotFromSystemd({
    message:
      `descriptor ${number}, passed by systemd, should be a listening UNIX stream socket, but it is ${found}: ` +
      "the .socket unit needs ListenStream= with a path, and Accept=no"
  })
