/**
 * A listening socket as a scoped Effect service.
 *
 * @category connections
 */
import {
  type Descriptor,
  type SocketPathInvalid,
  type SystemCallError,
  type SystemCalls,
  UnixSocket
} from "@scached/fdpass"
import { Cause, Effect, FiberSet, type Scope } from "effect"
import { Acceptor } from "../channel/Acceptor.ts"
import * as Connection from "./Connection.ts"
import { Reactor } from "./Reactor.ts"

/**
 * Everything that can go wrong with listening at a path.
 *
 * @category errors
 */
export type ListenError = SystemCallError | SocketPathInvalid | UnixSocket.SocketInUse | UnixSocket.NotASocket

/** The client has hung up, or the server ends: nothing to report. */
const isOrdinaryEnd = (cause: Cause.Cause<unknown>): boolean =>
  Cause.hasInterruptsOnly(cause) || Cause.squash(cause) instanceof Connection.ConnectionClosed

/**
 * Serves clients at a path: each one gets its own fiber and scope. A handler that fails ends only its own client,
 * and is logged as a warning unless its client has just hung up.
 *
 * Clients can connect as soon as this succeeds. When the scope closes, their fibers are interrupted and the socket file is
 * removed. At most `clientsMax` are served at once: one more is sent away at once instead of being kept waiting without end.
 *
 * @category listening
 */
export const serve = Effect.fnUntraced(function* <E, R>(
  options: {
    readonly path: string
    readonly mode: number
    readonly backlog: number
    readonly clientsMax: number
    /** Told when accepting fails for a while, for want of descriptors for instance; once until it works again. */
    readonly onTrouble?: (error: SystemCallError) => void
  },
  handler: (connection: Connection.Connection) => Effect.Effect<void, E, R>
): Effect.fn.Return<void, ListenError, R | Reactor | SystemCalls | Scope.Scope> {
  const loop = yield* Reactor
  const listener = yield* UnixSocket.listen(options.path, options)
  const clients = yield* FiberSet.make<void>()
  const run = yield* FiberSet.runtime(clients)<R | Reactor>()
  let served = 0
  const onSocket = (socket: Descriptor) => {
    if (served >= options.clientsMax) return socket.close()
    served++
    // Not interruptible until the connection owns its socket: a shutdown at this very moment must not leak it.
    const client = Connection.make(socket).pipe(
      Effect.flatMap((connection) => Effect.interruptible(handler(connection))),
      Effect.scoped,
      Effect.catchCause((cause) =>
        isOrdinaryEnd(cause) ? Effect.void : Effect.logWarning("a client's handler failed", cause)
      ),
      Effect.ensuring(
        Effect.sync(() => {
          served--
        })
      )
    )
    run(client, { uninterruptible: true })
  }
  const open = Effect.suspend(() => {
    const acceptor = Acceptor.open(loop, listener, { onSocket, onTrouble: (error) => options.onTrouble?.(error) })
    return acceptor instanceof Acceptor ? Effect.succeed(acceptor) : Effect.fail(acceptor)
  })
  yield* Effect.acquireRelease(open, (acceptor) => Effect.sync(() => acceptor.close()))
})
