/**
 * What no well-behaved program does to a socket: several descriptors in one message, and closing the sending direction alone. Only the
 * tests of packages/fdpass can lay such messages out, so that a program of theirs does it.
 */
import { join } from "node:path"
import { type Descriptor, SystemCalls, UnixSocket } from "@scached/fdpass"
import { Conversation, LabFailure } from "@scached/interop"
import { Effect, type Scope } from "effect"

const program = join(import.meta.dir, "../../../packages/fdpass/test/programs/rudeSender.ts")
const startMillisMax = 60_000

/** Does rude things to sockets that stay the caller's. */
export interface RudeSender {
  /** Sends one NUL byte with so many copies of a descriptor, which stays the caller's. */
  readonly sendCopies: (socket: Descriptor, cargo: Descriptor, count: number) => void
  /** Closes the sending direction: the other side reads the end, and may go on answering. */
  readonly halfClose: (socket: Descriptor) => void
}

/** Starts the program; it ends with the scope. */
export const make: Effect.Effect<RudeSender, unknown, SystemCalls | Scope.Scope> = Effect.gen(function* () {
  const calls = yield* SystemCalls
  const [orders, theirs] = yield* UnixSocket.pair
  const conversation = yield* Conversation.over(orders, { waitMillisMax: startMillisMax })
  const number = theirs.surrender()
  const child = Bun.spawn([process.execPath, program], { stdio: ["ignore", "ignore", "inherit", number] })
  calls.adopt(number).close()
  yield* Effect.addFinalizer(() =>
    Effect.promise(() => {
      child.kill("SIGKILL")
      return child.exited
    })
  )
  const order = (count: number, passed: ReadonlyArray<Descriptor>): void => {
    conversation.send(Buffer.of(count))
    for (const descriptor of passed) conversation.sendDescriptor(descriptor)
    conversation.expect(Buffer.of(0))
  }
  return {
    sendCopies: (socket, cargo, count) => {
      if (count < 1 || count > 253)
        throw new LabFailure.LabFailure({ attempt: "send copies", found: `${count} of them` })
      order(count, [socket, cargo])
    },
    halfClose: (socket) => order(0, [socket])
  }
})
