import { type Descriptor, Readiness, type SystemCalls } from "@scached/fdpass"

/**
 * The state of an idle connection, which is not read.
 *
 * - `idle`: it is open, and nothing has come.
 * - `bytes`: the peer has sent something: a farewell, perhaps.
 * - `closed`: the peer has closed its end, perhaps after such bytes; or there never was one.
 * - `failed`: the connection is broken: by a reset, for instance, or since its peer reads no more.
 * - `unready`: it takes no byte: it is still connecting, or it is a listener.
 * - `unknown`: the descriptor is no UNIX, IPv4 or IPv6 socket, and is not asked.
 *
 * @category models
 */
export type IdleState = "idle" | "bytes" | "closed" | "failed" | "unready" | "unknown"

const asked = Readiness.readable | Readiness.urgent | Readiness.peerClosed | Readiness.writable

/**
 * Asks the kernel at this moment, without reading anything and without a wait: for the last look before a connection is handed over.
 *
 * Thorough is a look that also sees a UNIX stream whose peer reads no more, for one more system call.
 *
 * What is no UNIX, IPv4 or IPv6 socket is not asked: the kernel would call the code of its file system or driver for that, which may block
 * indefinitely (FUSE does). And a socket is not asked by a read that takes nothing away (MSG_PEEK): that waits for any process in
 * the middle of a read of a copy.
 *
 * @category idle connections
 */
export const idleStateOf = (calls: SystemCalls["Service"], descriptor: Descriptor, isThorough = true): IdleState => {
  const outcome = calls.look(descriptor, asked, isThorough)
  if (outcome < 0) return "unknown"
  const state = idleStateFrom(outcome)
  const isUnready = (outcome & Readiness.writable) === 0 && (state === "idle" || state === "bytes")
  return isUnready ? "unready" : state
}

/**
 * The state that epoll reported of an idle connection; of several reports the gravest counts.
 *
 * @category idle connections
 */
export const idleStateFrom = (readiness: number): Exclude<IdleState, "unknown" | "unready"> => {
  if ((readiness & Readiness.error) !== 0) return "failed"
  if ((readiness & (Readiness.hangUp | Readiness.peerClosed)) !== 0) return "closed"
  return (readiness & (Readiness.readable | Readiness.urgent)) !== 0 ? "bytes" : "idle"
}
