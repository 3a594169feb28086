import type { Descriptor, SystemCallError } from "@scached/fdpass"

/**
 * A channel's callbacks to its owner. Every call comes from the loop; the owner may send, pause or close in it.
 *
 * An owner that throws loses this one connection: `onEnd` is called, the channel is closed, and the defect goes to
 * `EventLoop.onDefect`. Other connections notice nothing. The owner still has to close a descriptor that it was given before.
 *
 * @category models
 */
export interface ChannelHandler {
  /**
   * Whether the loop may read in a batch, before the channel's turn has come, where that is faster. Not for a channel that is to be
   * detached: bytes that were read and not delivered yet would be lost.
   */
  readonly readsTogether?: boolean
  /**
   * Bytes came, and with them perhaps a descriptor, which is then the handler's to close. `bytes` is a view on the loop's
   * shared buffer: what is needed later must be copied. Of several descriptors in one message the first comes, and the others are
   * closed. `wasTruncated` says that one was lost on the way in: this process or the system has no room for it.
   */
  onReceive(bytes: Uint8Array, descriptor: Descriptor | undefined, wasTruncated: boolean): void
  /** Everything that had to wait has been sent. */
  onDrained(): void
  /**
   * The kernel did not take all of what was sent at the end of the turn's reads: `isBlocked` is true now, and `onDrained` follows. Or sending
   * failed, and `sendFailure` says why.
   */
  onBlocked?(): void
  /**
   * The peer has closed its end, or the connection failed. Called at most once, and never after `close`; nothing is received
   * any more. The channel is still to be closed by its owner; until then it goes on sending, to a peer that only reads.
   */
  onEnd(error: SystemCallError | undefined): void
}
