/**
 * Stream sockets of the UNIX family as scoped values with typed errors: the comfortable layer over `SystemCalls`.
 *
 * @category sockets
 */
import { Effect, Schema, type Scope } from "effect"
import { type Descriptor, scoped } from "./Descriptor.ts"
import { Errno } from "./Errno.ts"
import { checkSocketPath, type SocketPathInvalid } from "./SocketPath.ts"
import { type SystemCallError, systemCallError } from "./SystemCallError.ts"
import { type FileIdentity, type Outcome, SystemCalls } from "./SystemCalls.ts"

/**
 * Somebody already serves the socket at this path; nothing was touched.
 *
 * @category errors
 */
export class SocketInUse extends Schema.TaggedError<SocketInUse>()("SocketInUse", { path: Schema.String }) {
  override get message(): string {
    return `another server answers at ${this.path}: stop it first, or choose another path`
  }
}

/**
 * Something that is not a socket stands at this path; nothing was touched.
 *
 * @category errors
 */
export class NotASocket extends Schema.TaggedError<NotASocket>()("NotASocket", {
  path: Schema.String,
  kind: Schema.Literals(["directory", "other"])
}) {
  override get message(): string {
    const found = this.kind === "directory" ? "a directory" : "a file that is not a socket"
    return `${this.path} is ${found}: choose another path, or move it away`
  }
}

/**
 * Lifts the outcome of a system call into a typed error.
 *
 * @category errors
 */
export const orFail = <A>(
  operation: string,
  outcome: A | Outcome,
  subject = ""
): Effect.Effect<Exclude<A, number>, SystemCallError> =>
  typeof outcome === "number"
    ? Effect.fail(systemCallError(operation, outcome, subject))
    : // The condition has just excluded the number; the compiler does not narrow a type parameter.
      Effect.succeed(outcome as Exclude<A, number>)

const check = (operation: string, outcome: Outcome, subject: string): Effect.Effect<void, SystemCallError> =>
  outcome < 0 ? Effect.fail(systemCallError(operation, outcome, subject)) : Effect.void

/**
 * A new socket that is closed with the current scope.
 *
 * @category sockets
 */
export const make: Effect.Effect<Descriptor, SystemCallError, SystemCalls | Scope.Scope> = Effect.gen(function* () {
  const calls = yield* SystemCalls
  return yield* scoped(yield* orFail("socket", calls.socket()))
  // From the call on: a fiber may be interrupted between any two of its steps, and the socket would have no owner.
}).pipe(Effect.uninterruptible)

/**
 * Two sockets connected to each other, closed with the current scope unless given up before.
 *
 * @category sockets
 */
export const pair: Effect.Effect<readonly [Descriptor, Descriptor], SystemCallError, SystemCalls | Scope.Scope> =
  Effect.gen(function* () {
    const calls = yield* SystemCalls
    const ends = yield* orFail("socketpair", calls.socketPair())
    yield* scoped(ends[0])
    yield* scoped(ends[1])
    return ends
  }).pipe(Effect.uninterruptible)

/**
 * Connects to the server at `path`; the connection is closed with the current scope unless given up before.
 *
 * A UNIX socket connects at once or not at all: `EAGAIN` means that the server's backlog is full, `ECONNREFUSED` that nobody
 * serves the path, `ENOENT` that there is no socket.
 *
 * @category sockets
 */
export const connect = Effect.fnUntraced(function* (
  path: string
): Effect.fn.Return<Descriptor, SystemCallError | SocketPathInvalid, SystemCalls | Scope.Scope> {
  yield* checkSocketPath(path)
  const calls = yield* SystemCalls
  const socket = yield* make
  yield* check("connect", calls.connect(socket, path), path)
  return socket
})

/** Whether a server answers at the path: tried by connecting, which a live one sees as a client that leaves at once. */
const isServed = Effect.fnUntraced(function* (path: string) {
  const outcome = yield* Effect.scoped(
    Effect.gen(function* () {
      const calls = yield* SystemCalls
      return calls.connect(yield* make, path)
    })
  )
  // A full backlog is a server too, one that is busy.
  if (outcome >= 0 || outcome === -Errno.EAGAIN) return true
  if (outcome === -Errno.ECONNREFUSED || outcome === -Errno.ENOENT) return false
  return yield* systemCallError("connect", outcome, path)
})

/**
 * Binds and listens at `path`, with the given mode of the socket file.
 *
 * A stale socket, one that nobody serves, is replaced. The mode is set before the socket listens, so that there is no moment at
 * which somebody else could connect. When the scope closes the socket is closed, and its file removed if it is still ours.
 *
 * @category sockets
 */
export const listen = Effect.fnUntraced(function* (
  path: string,
  options: { readonly mode: number; readonly backlog: number }
): Effect.fn.Return<
  Descriptor,
  SystemCallError | SocketPathInvalid | SocketInUse | NotASocket,
  SystemCalls | Scope.Scope
> {
  yield* checkSocketPath(path)
  const calls = yield* SystemCalls
  const found = calls.identify(path)
  if (typeof found !== "number") {
    if (found.kind !== "socket") return yield* new NotASocket({ path, kind: found.kind })
    if (yield* isServed(path)) return yield* new SocketInUse({ path })
    const outcome = calls.unlink(path)
    // Its owner removed it first.
    if (outcome !== -Errno.ENOENT) yield* check("unlink", outcome, path)
  } else if (found !== -Errno.ENOENT) {
    return yield* systemCallError("lstat", found, path)
  }
  const listener = yield* make
  yield* Effect.acquireRelease(bindFile(listener, path), (identity) => removeFile(path, identity))
  yield* check("chmod", calls.changeMode(path, options.mode), path)
  yield* check("listen", calls.listen(listener, options.backlog), path)
  return listener
})

const bindFile = Effect.fnUntraced(function* (listener: Descriptor, path: string) {
  const calls = yield* SystemCalls
  const outcome = calls.bind(listener, path)
  // Between the look and the bind somebody else can have been faster: then it is theirs.
  if (outcome === -Errno.EADDRINUSE) return yield* new SocketInUse({ path })
  yield* check("bind", outcome, path)
  return yield* orFail("lstat", calls.identify(path), path)
})

const removeFile = (path: string, ours: FileIdentity): Effect.Effect<void, never, SystemCalls> =>
  Effect.map(SystemCalls, (calls) => {
    const found = calls.identify(path)
    if (typeof found === "number" || found.inode !== ours.inode || found.device !== ours.device) return
    calls.unlink(path)
  })
