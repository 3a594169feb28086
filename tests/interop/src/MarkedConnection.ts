/**
 * Connections that can be told apart after they went through a cache.
 *
 * @category descriptors
 */
import { readlinkSync } from "node:fs"
import { type Descriptor, Descriptors, SystemCalls, UnixSocket } from "@scached/fdpass"
import { Effect, type Scope } from "effect"
import { type LabFailure, labFailure } from "./LabFailure.ts"

/**
 * The identity of an open socket, the same for all its copies in all processes: `socket:[inode]`.
 *
 * @category descriptors
 */
export type Mark = string

/**
 * A connection to be saved, and its other end that stays with the test.
 *
 * @category descriptors
 */
export interface MarkedConnection {
  readonly mark: Mark
  /** The end to pass on; closed with the scope unless closed or taken before. */
  readonly near: Descriptor
  /** The other end: it sees the end of the stream once nobody holds a copy of `near` any more. */
  readonly far: Descriptor
}

/**
 * The mark of a descriptor, which stays the caller's; as a new value, since the number can only be seen in passing.
 *
 * @category descriptors
 */
export const markOf = (
  calls: SystemCalls["Service"],
  descriptor: Descriptor
): { readonly mark: Mark; readonly descriptor: Descriptor } => {
  const number = descriptor.surrender()
  const mark = readlinkSync(`/proc/self/fd/${number}`)
  return { mark, descriptor: calls.adopt(number) }
}

/**
 * The mark of a descriptor that is then closed.
 *
 * @category descriptors
 */
export const closeAndTellMark = (calls: SystemCalls["Service"], received: Descriptor): Mark => {
  const { mark, descriptor } = markOf(calls, received)
  descriptor.close()
  return mark
}

/**
 * A new connection with a mark of its own.
 *
 * @category descriptors
 */
export const make: Effect.Effect<MarkedConnection, LabFailure, SystemCalls | Scope.Scope> = Effect.gen(function* () {
  const calls = yield* SystemCalls
  const [first, far] = yield* UnixSocket.pair.pipe(Effect.mapError(labFailure("make a connection to save")))
  const { mark, descriptor } = markOf(calls, first)
  const near = yield* Descriptors.scoped(descriptor)
  return { mark, near, far }
}).pipe(Effect.uninterruptible)
