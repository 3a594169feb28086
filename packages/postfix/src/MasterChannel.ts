/**
 * The descriptors that master(8) gives to a daemon: its status channel, and the sockets to serve.
 *
 * @category master
 */

import { ProcessCalls } from "@scached/daemon"
import { type Descriptor, Descriptors, Errno, type Outcome, Readiness, SystemCalls } from "@scached/fdpass"
import { makeMember, Reactor } from "@scached/reactor"
import { Deferred, Effect, Schema, type Scope } from "effect"

/**
 * The numbers under which master(8) passes them; 3 and 4 are its flow control, which is for programs that make mail.
 *
 * @category constants
 */
export const masterDescriptors = { status: 5, firstListener: 6 } as const

const flowDescriptors = [3, 4] as const

/**
 * A descriptor that master(8) should have passed is not there, or is something else.
 *
 * @category errors
 */
export class NotFromMaster extends Schema.TaggedError<NotFromMaster>()("NotFromMaster", {
  number: Schema.Number,
  expected: Schema.String,
  found: Schema.String
}) {
  override get message(): string {
    return (
      `descriptor ${this.number} should be ${this.expected}, but it is ${this.found}: ` +
      "options like these are for a line in master.cf, where master(8) starts this program"
    )
  }
}

/**
 * The line to master(8).
 *
 * @category master
 */
export interface MasterChannel {
  /** Succeeds when master(8) has died or wants new processes (`postfix reload`): leave at once. */
  readonly gone: Effect.Effect<void>
  /** Sends a status message; false when it did not fit or master(8) is gone. Never blocks. */
  readonly tell: (message: Uint8Array) => boolean
}

const wordOf = (found: string | Outcome): string => {
  if (typeof found === "string") return found
  return found === -Errno.EBADF ? "not open" : `unusable (errno ${-found})`
}

/** Not used here, and not meant for programs that would be started from here. */
const keepFlowControl = (calls: SystemCalls["Service"], process: ProcessCalls["Service"]): void => {
  for (const number of flowDescriptors) {
    if (process.inspect(number) === -Errno.EBADF) continue
    const inherited = calls.adopt(number)
    process.setCloseOnExec(inherited)
    inherited.surrender()
  }
}

/**
 * Takes over the status channel, and watches it: whatever happens there means the end, since master(8) never writes to it.
 *
 * @category master
 */
export const open = Effect.fnUntraced(function* (
  number: number = masterDescriptors.status
): Effect.fn.Return<MasterChannel, NotFromMaster, Reactor | SystemCalls | ProcessCalls | Scope.Scope> {
  const calls = yield* SystemCalls
  const process = yield* ProcessCalls
  const loop = yield* Reactor
  const expected = "the status channel of master(8)"
  const found = process.inspect(number)
  // If it was not passed, the number may belong to the runtime, and must be left alone.
  if (typeof found === "number" || found === "not a socket") {
    const what = found === "not a socket" ? "neither a pipe nor a socket" : wordOf(found)
    return yield* new NotFromMaster({ number, expected, found: what })
  }
  const channel = yield* Descriptors.scoped(calls.adopt(number))
  process.setCloseOnExec(channel)
  process.setNonBlocking(channel)
  keepFlowControl(calls, process)
  const gone = Deferred.makeUnsafe<void>()
  const member = makeMember(channel, () => {
    loop.unwatch(member)
    Deferred.doneUnsafe(gone, Effect.void)
  })
  const outcome = loop.watch(member, Readiness.readable)
  if (outcome < 0) {
    return yield* new NotFromMaster({ number, expected, found: `nothing that can be watched (errno ${-outcome})` })
  }
  yield* Effect.addFinalizer(() => Effect.sync(() => loop.unwatch(member)))
  return {
    gone: Deferred.await(gone),
    tell: (message) => channel.isOwned && process.write(channel, message) === message.length
  }
})

/**
 * Takes over the listening sockets, as many as the option `-s` says; they close with the scope.
 *
 * @category master
 */
export const listeners = Effect.fnUntraced(function* (
  count: number,
  first: number = masterDescriptors.firstListener
): Effect.fn.Return<ReadonlyArray<Descriptor>, NotFromMaster, SystemCalls | ProcessCalls | Scope.Scope> {
  const calls = yield* SystemCalls
  const process = yield* ProcessCalls
  const taken: Array<Descriptor> = []
  for (let number = first; number < first + count; number++) {
    const found = process.inspect(number)
    if (found !== "listening") {
      return yield* new NotFromMaster({ number, expected: "a listening socket", found: wordOf(found) })
    }
    const listener = yield* Descriptors.scoped(calls.adopt(number))
    process.setCloseOnExec(listener)
    process.setNonBlocking(listener)
    taken.push(listener)
  }
  return taken
})
