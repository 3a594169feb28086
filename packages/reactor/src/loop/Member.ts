import type { CallBatch, Descriptor, Outcome, ReceiveBuffer } from "@scached/fdpass"

/**
 * A descriptor in the loop: an object that the loop calls when the descriptor is ready.
 *
 * The object that uses the descriptor is the member itself. An object beside it would cost each of 10,000 clients 64 bytes more.
 *
 * @category models
 */
export interface Member {
  readonly descriptor: Descriptor
  /** Kept by the loop: the number of the member there, 0 while the member is not watched. */
  token: number
  /** Set where the loop reads for the member. */
  readonly reader?: Reader | undefined
  /**
   * Called when the descriptor is ready and no read is due.
   *
   * It must not block and should do a bounded amount of work: the rest keeps the descriptor ready, and the next call comes after the
   * calls of all others. When it throws, the loop stops watching the member, which it would otherwise call with the same readiness for
   * ever, and passes the defect to `EventLoop.onDefect`.
   */
  onReady(readiness: number): void
}

/**
 * Takes what the loop reads from a member's socket.
 *
 * @category models
 */
export interface Reader {
  /** Whether a ready socket needs a read and nothing else; otherwise the loop calls `onReady`. */
  readonly isReadDue: boolean
  /** Whether the loop may read in a batch, before the turn of this member has come. */
  readonly readsTogether: boolean
  /** `count` is the outcome of the read. The buffer is valid within this call only. */
  onRead(count: Outcome, buffer: ReceiveBuffer): void
}

/**
 * Sends at the end of a turn's reads.
 *
 * @category models
 */
export interface Sender {
  /** Sends what waits. Called once, where calls are made one by one. */
  sendGathered(): void
  /** Puts what waits into the batch and returns its place there, or -1 when nothing waits. */
  putGathered(batch: CallBatch): number
  /** `outcome` is the result of the call that `putGathered` has put into the batch. */
  onSent(outcome: Outcome): void
}

/**
 * Makes a member of a descriptor and a function.
 *
 * @category constructors
 */
export const makeMember = (descriptor: Descriptor, onReady: (readiness: number) => void): Member => ({
  descriptor,
  token: 0,
  onReady
})
