import type { Descriptor } from "./internal/descriptor.ts"
import type { ReceiveBuffer } from "./ReceiveBuffer.ts"
import type { Outcome } from "./SystemCalls.ts"

/**
 * System calls that are made together: put in one after the other, made by `run` in that order, their outcomes told afterwards.
 *
 * Each does what the call of that name does by itself, and none waits. Descriptors are looked at when `run` is called: one that was given
 * up until then has `-EBADF`. What is put in counts until `clear`; what `outcome` tells holds until then, too.
 *
 * @category batches
 */
export interface CallBatch {
  /** How many calls fit; closes are not counted. */
  readonly capacity: number
  /** How many calls are in it; closes are not counted. */
  readonly size: number
  /** Puts a read in; the result is its place, for `outcome`. */
  receive(socket: Descriptor, into: ReceiveBuffer): number
  /** Puts a write in, with a copy of the bytes; the result is its place. */
  send(socket: Descriptor, bytes: Uint8Array): number
  /** Puts the passing of a descriptor in, which stays open here; the result is its place. */
  sendDescriptor(socket: Descriptor, passed: Descriptor): number
  /** Adds letting go of a descriptor that another process made; the batch owns it from then on. There is room for any number. */
  letGo(descriptor: Descriptor): void
  /** The same for a descriptor that was made here, whose close does not block. */
  close(descriptor: Descriptor): void
  /** Makes the calls. */
  run(): void
  /** What the call at a place has returned. */
  outcome(place: number): Outcome
  /** Empties it. */
  clear(): void
}

/**
 * Whether calls are made together: `auto` where that is faster here, `always` wherever it is possible, `never` one by one.
 *
 * Together they are made with Linux's io_uring, where the kernel and its administrator allow that.
 *
 * @category batches
 */
export type Batching = "auto" | "always" | "never"
