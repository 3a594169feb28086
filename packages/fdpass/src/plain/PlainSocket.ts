import { Effect, Result } from "effect"
import { Descriptor } from "../Descriptor.ts"
import { Errno } from "../Errno.ts"
import * as KernelSystemCalls from "../KernelSystemCalls.ts"
import { checkSocketPath } from "../SocketPath.ts"
import { systemCallError } from "../SystemCallError.ts"
import { type Outcome, SystemCalls, type SystemCallsShape } from "../SystemCalls.ts"
import { waitInBun } from "../waitInBun.ts"

/**
 * How a UNIX socket carries what is sent: as one stream of bytes, or as packets that stay apart.
 *
 * @category plain
 */
export type SocketType = "stream" | "seqpacket"

/**
 * An open UNIX socket: its number, which stays the caller's, or its `Descriptor`. A socket that Bun reads, of `Bun.connect` for instance, will not
 * do for receiving: Bun drops descriptors.
 *
 * @category plain
 */
export type PlainSocket = number | Descriptor

let made: SystemCallsShape | undefined

/** The kernel's calls; throws `UnsupportedPlatform`. */
export const plainCalls = (): SystemCallsShape => {
  made ??= Effect.runSync(SystemCalls.pipe(Effect.provide(KernelSystemCalls.layer)))
  return made
}

/** The same, with sockets of one type. */
export const callsFor = (type: SocketType): SystemCallsShape => {
  const calls = plainCalls()
  return type === "stream" ? calls : { ...calls, socket: calls.packetSocket, socketPair: calls.packetSocketPair }
}

/** Lends a socket: a number stays its owner's, whatever happens. */
export const lend = async <A>(socket: PlainSocket, use: (lent: Descriptor) => Promise<A>): Promise<A> => {
  if (socket instanceof Descriptor) return use(socket)
  const lent = plainCalls().adopt(socket)
  try {
    return await use(lent)
  } finally {
    lent.surrender()
  }
}

/** Waits until a socket is ready; rejects with the signal's reason when that comes first. */
export const untilReady = (
  socket: Descriptor,
  direction: "readable" | "writable",
  signal: AbortSignal | undefined
): Promise<void> =>
  new Promise((resolve, reject) => {
    if (signal?.aborted) return reject(signal.reason)
    const wait = waitInBun(plainCalls(), socket, direction, () => {
      signal?.removeEventListener("abort", abort)
      resolve()
    })
    const abort = () => {
      wait[Symbol.dispose]()
      reject(signal?.reason)
    }
    signal?.addEventListener("abort", abort, { once: true })
  })

/** Makes a call until it does not have to wait; its outcome, which is no failure. */
export const untilDone = async <A>(
  operation: string,
  subject: string,
  wait: () => Promise<void>,
  call: () => A | Outcome
): Promise<A | number> => {
  for (;;) {
    const outcome = call()
    if (typeof outcome !== "number" || outcome >= 0) return outcome
    if (outcome === -Errno.EAGAIN) await wait()
    else if (outcome !== -Errno.EINTR) throw systemCallError(operation, outcome, subject)
  }
}

/**
 * Connects to the server at a path. The socket is yours to close, and of the kind that Bun does not read: for `sendDescriptors` and
 * `receiveDescriptors`. Throws `SystemCallError` or `SocketPathInvalid`.
 *
 * @category plain
 */
export const connectSocket = (path: string, type: SocketType = "stream"): Descriptor => {
  Result.getOrThrow(checkSocketPath(path))
  const calls = callsFor(type)
  const socket = calls.socket()
  if (typeof socket === "number") throw systemCallError("socket", socket)
  const outcome = calls.connect(socket, path)
  if (outcome >= 0) return socket
  socket.close()
  throw systemCallError("connect", outcome, path)
}

/**
 * Two sockets that are connected to each other, both yours to close: keep one, and `surrender` the other to a child's stdio. Throws
 * `SystemCallError`.
 *
 * @category plain
 */
export const makeSocketPair = (type: SocketType = "stream"): readonly [Descriptor, Descriptor] => {
  const pair = callsFor(type).socketPair()
  if (typeof pair === "number") throw systemCallError("socketpair", pair)
  return pair
}
