/**
 * Stream sockets of the UNIX family as scoped values with typed errors: the comfortable layer over `SystemCalls`.
 *
 * @category sockets
 */
import { closeSync, constants, fchmodSync, fstatSync, lstatSync, openSync, unlinkSync } from "node:fs"
import { Effect, Schema, type Scope } from "effect"
import { type Descriptor, scoped } from "./Descriptor.ts"
import { Errno } from "./Errno.ts"
import { numberOf } from "./internal/descriptor.ts"
import { errnoOf, fileOutcome } from "./internal/kernel/fileOutcome.ts"
import { libc } from "./internal/kernel/libc.ts"
import { NativeBlock } from "./internal/kernel/nativeMemory.ts"
import { checkSocketPath, type SocketPathInvalid, socketPathBytesMax } from "./SocketPath.ts"
import { type SystemCallError, systemCallError } from "./SystemCallError.ts"
import { type FileIdentity, type Outcome, SystemCalls } from "./SystemCalls.ts"

/**
 * Another server already uses the socket at this path; nothing was changed.
 *
 * @category errors
 */
export class SocketInUse extends Schema.TaggedError<SocketInUse>()("SocketInUse", { path: Schema.String }) {
  override get message(): string {
    return `another server answers at ${this.path}: stop it first, or choose another path`
  }
}

/**
 * Another server has the lock of a path, where there is no socket: a cleaner has removed it, or that server is only about to make it.
 *
 * @category errors
 */
export class LockHeld extends Schema.TaggedError<LockHeld>()("LockHeld", { path: Schema.String }) {
  override get message(): string {
    return `another server holds ${lockPathOf(this.path)}: stop it first, or choose another path; a scached whose socket is gone makes it again at SIGHUP`
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
 * A UNIX socket connects at once or not at all: `EAGAIN` means that the server's backlog is full, `ECONNREFUSED` that no server
 * uses the path, `ENOENT` that there is no socket.
 *
 * @category sockets
 */
export const connect = Effect.fnUntraced(function* (
  path: string
): Effect.fn.Return<Descriptor, SystemCallError | SocketPathInvalid, SystemCalls | Scope.Scope> {
  yield* Effect.fromResult(checkSocketPath(path))
  const calls = yield* SystemCalls
  const socket = yield* make
  yield* check("connect", calls.connect(socket, path), path)
  return socket
})

const exclusiveLock = 2
const lockWithoutWaiting = 4
const unixFamily = 1

/**
 * Connects a socket to an abstract address, given without the NUL that it begins with for the kernel: of `@name` only `name`. No file
 * stands for it, and no permission protects it. Only on the kernel: the simulation has no such addresses.
 *
 * @category sockets
 */
export const connectAbstract = (socket: Descriptor, name: string): Outcome => {
  const bytes = Buffer.from(name)
  if (bytes.length === 0) return -Errno.EINVAL
  if (bytes.length > socketPathBytesMax) return -Errno.ENAMETOOLONG
  const address = new NativeBlock(2 + 1 + socketPathBytesMax)
  address.bytes.writeUInt16LE(unixFamily, 0)
  address.bytes.set(bytes, 3)
  // All of the given length is the name, so that it must end with the last byte.
  return libc().symbols.connect(numberOf(socket), address.address, 3 + bytes.length)
}

/**
 * The file that `lock` locks for a socket.
 *
 * @category sockets
 */
export const lockPathOf = (path: string): string => `${path}.lock`

/** Of the file that is locked, whatever the umask and the mode of the socket. */
const lockMode = 0o600

/** Attempts to lock a file that others keep removing; each one that fails means that another process succeeded. */
const lockAttemptsMax = 100

/** Opens and locks the file; the number of its descriptor, or what failed. */
const openLocked = (file: string): { readonly number: number } | { readonly operation: string; errno: Outcome } => {
  for (let attempt = 0; attempt < lockAttemptsMax; attempt++) {
    let number: number
    try {
      number = openSync(file, constants.O_RDWR | constants.O_CREAT | constants.O_NOFOLLOW, lockMode)
    } catch (error) {
      return { operation: "open", errno: -errnoOf(error) }
    }
    // The umask may have taken even the owner's rights away, and any process that may open the file may hold the lock.
    if ((fstatSync(number).mode & 0o777) !== lockMode) fileOutcome(() => fchmodSync(number, lockMode))
    const errno = libc().symbols.flock(number, exclusiveLock | lockWithoutWaiting)
    if (errno >= 0 && isStillThere(file, number)) return { number }
    closeSync(number)
    if (errno < 0) return { operation: "flock", errno }
  }
  return { operation: "flock", errno: -Errno.EAGAIN }
}

/** Its last owner may have removed it between our open and our lock: the lock that we hold is then void. */
const isStillThere = (file: string, number: number): boolean => {
  try {
    const [ours, found] = [fstatSync(number), lstatSync(file)]
    return ours.ino === found.ino && ours.dev === found.dev
  } catch {
    return false
  }
}

const isThere = (path: string): boolean => {
  try {
    lstatSync(path)
    return true
  } catch {
    return false
  }
}

/**
 * Keeps every other server that takes this lock away from the path, until the scope closes: to be taken before `listen`, since of two
 * that start over the same stale socket each could remove the other's. Fails with `SocketInUse` when another server has it, and with
 * `LockHeld` when that server's socket is no longer there.
 *
 * It is a file beside the socket, `PATH.lock`, locked with flock(2): the kernel releases it however its owner ends, so that a file
 * that was left behind blocks no other server. Only on the kernel: the simulation has no such locks.
 *
 * @category sockets
 */
export const lock = (path: string): Effect.Effect<void, SystemCallError | SocketInUse | LockHeld, Scope.Scope> => {
  const file = lockPathOf(path)
  const acquire = Effect.suspend((): Effect.Effect<number, SystemCallError | SocketInUse | LockHeld> => {
    const opened = openLocked(file)
    if ("number" in opened) return Effect.succeed(opened.number)
    if (opened.operation === "flock" && opened.errno === -Errno.EAGAIN) {
      return Effect.fail(isThere(path) ? new SocketInUse({ path }) : new LockHeld({ path }))
    }
    return Effect.fail(systemCallError(opened.operation, opened.errno, file))
  })
  const release = (number: number) =>
    Effect.sync(() => {
      // Removed while it is still locked: a process that has opened it meanwhile finds that it is gone, and makes a new one.
      if (isStillThere(file, number)) fileOutcome(() => unlinkSync(file))
      closeSync(number)
    })
  return Effect.asVoid(Effect.acquireRelease(acquire, release))
}

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
 * A stale socket, one without a server, is replaced. The file is made with its mode, so that there is no moment at which another user
 * could connect, and none at which a link in its place would have the mode of another file changed. When the scope closes the socket is
 * closed, and its file removed if it is still ours.
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
  yield* Effect.fromResult(checkSocketPath(path))
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
  yield* Effect.acquireRelease(bindFile(listener, path, options.mode), (identity) => removeFile(path, identity))
  yield* check("listen", calls.listen(listener, options.backlog), path)
  return listener
})

const bindFile = Effect.fnUntraced(function* (listener: Descriptor, path: string, mode: number) {
  const calls = yield* SystemCalls
  const outcome = calls.bind(listener, path, mode)
  // Between the check and the bind another process may have been faster: then the path is taken.
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
