import { type Descriptor, Errno, Readiness, type SystemCalls } from "@scached/fdpass"

/**
 * What has become of a connection that nobody reads.
 *
 * - `idle`: it is open, and nothing has come.
 * - `bytes`: the peer has sent something: a farewell, perhaps. It may have closed its end behind that.
 * - `closed`: the peer has closed its end.
 * - `failed`: the connection is broken; a reset, for instance.
 * - `unknown`: the descriptor is no connected socket, and cannot be asked.
 *
 * @category models
 */
export type IdleState = "idle" | "bytes" | "closed" | "failed" | "unknown"

const unaskable: ReadonlySet<number> = new Set([
  -Errno.ENOTSOCK,
  -Errno.EINVAL,
  -Errno.ENOTCONN,
  -Errno.EOPNOTSUPP,
  -Errno.EINTR
])

/**
 * Asks the kernel at this moment, in one call that reads nothing and never waits: for the last look before a connection is handed over.
 *
 * What is no socket is not asked by other means: the kernel would call the code of its file system or driver for that, which may wait
 * as long as it likes (FUSE does).
 *
 * @category idle connections
 */
export const idleStateOf = (calls: SystemCalls["Service"], descriptor: Descriptor): IdleState => {
  const outcome = calls.peek(descriptor)
  if (outcome === -Errno.EAGAIN) return "idle"
  if (outcome > 0) return "bytes"
  if (outcome === 0) return "closed"
  return unaskable.has(outcome) ? "unknown" : "failed"
}

/**
 * What epoll has reported of a connection that nobody reads; of several the gravest counts.
 *
 * @category idle connections
 */
export const idleStateFrom = (readiness: number): Exclude<IdleState, "unknown"> => {
  if ((readiness & Readiness.error) !== 0) return "failed"
  if ((readiness & (Readiness.hangUp | Readiness.peerClosed)) !== 0) return "closed"
  return (readiness & Readiness.readable) !== 0 ? "bytes" : "idle"
}
