import type { CallBatch, Descriptor, Outcome, ReceiveBuffer } from "@scached/fdpass"

/**
 * What the loop calls when a watched descriptor is ready.
 *
 * It must not block and should do a bounded amount of work: what is left over keeps the descriptor ready, and its next turn
 * comes after everybody else's. When it throws, its watch ends, since it would be called with the same readiness for ever;
 * `EventLoop.onDefect` is told, and the loop goes on.
 *
 * @category models
 */
export interface ReadinessHandler {
  onReady(readiness: number): void
  /** Set where the loop may make this handler's reads in a batch. */
  readonly reader?: Reader | undefined
}

/**
 * Reads from a socket, and lets the loop make the read along with those of others.
 *
 * @category models
 */
export interface Reader {
  /** The socket, when nothing but a read is due now that it is ready; otherwise `onReady` is called. */
  readonly dueSocket: Descriptor | undefined
  /** The read was made in place of `onReady`; `count` is its outcome. */
  onRead(count: Outcome, buffer: ReceiveBuffer): void
}

/**
 * A descriptor's place in the loop. Ends with `stop`, which must come before the descriptor is closed.
 *
 * @category models
 */
export interface Watch {
  /** Changes what the descriptor is watched for; the outcome is epoll_ctl's. */
  update(readiness: number): Outcome
  /** Ends the watch: the handler is not called again, not even for an event that was reported before. */
  stop(): void
}

/**
 * What waits until all that is ready in a turn has been read.
 *
 * @category models
 */
export interface AfterReads {
  /** Called once, before anything else of the turn, where calls are made one by one. */
  afterReads(): void
  /** Where they are made together, it puts what it has to send into the batch and gives its place there; -1 when it has nothing. */
  putSend(batch: CallBatch): number
  /** What came of that. */
  onSent(outcome: Outcome): void
}
