/**
 * What a client session asks of its driver.
 */
import type { CacheEntry } from "./CacheEntry.ts"
import type { CacheEvent } from "./CacheEvent.ts"
import type { CacheStatus } from "./CacheStatus.ts"
import type { ReplyError } from "./ProtocolError.ts"
import type { DestinationReply, EndpointReply, Reply } from "./Reply.ts"

/**
 * Nothing more to do until more bytes come, or until a request is started.
 *
 * @category models
 */
export interface ClientIdleStep {
  readonly _tag: "Idle"
}

/**
 * The server is ready: the driver sends what `output` holds, then one NUL byte with the descriptor of the connection to be
 * saved, and answers with `descriptorSent` or `descriptorFailed`.
 *
 * @category models
 */
export interface ClientSendDescriptorStep {
  readonly _tag: "SendDescriptor"
}

/**
 * The request is answered and the exchange is over: a save, or a find that brought nothing.
 *
 * @category models
 */
export interface AnsweredStep {
  readonly _tag: "Answered"
  readonly reply: Reply
}

/**
 * The answer to `status`, and the exchange is over.
 *
 * @category models
 */
export interface ReportedStep {
  readonly _tag: "Reported"
  readonly status: CacheStatus
}

/**
 * One entry of the answer to `list`. More follow, and after the last one `Answered` with status 0.
 *
 * @category models
 */
export interface ListedStep {
  readonly _tag: "Listed"
  readonly entry: CacheEntry
}

/**
 * Something has happened in a cache that is watched. More follow, without an end.
 *
 * @category models
 */
export interface HappenedStep {
  readonly _tag: "Happened"
  readonly event: CacheEvent
}

/**
 * A find brought a connection; its descriptor is the driver's from here on. The output holds the dummy that completes the
 * hand-over: until the server has it, the server may keep its own copy.
 *
 * @category models
 */
export interface ReceivedStep<D> {
  readonly _tag: "Received"
  readonly reply: EndpointReply | DestinationReply
  readonly descriptor: D
}

/**
 * A descriptor that came where none is due. It is the driver's to close.
 *
 * @category models
 */
export interface ClientStrayStep<D> {
  readonly _tag: "Stray"
  readonly descriptor: D
}

/**
 * The server said something else than the protocol has it. The session is over: the driver disconnects.
 *
 * @category models
 */
export interface FailedStep {
  readonly _tag: "Failed"
  readonly error: ReplyError
}

/**
 * All that `ClientSession.next` answers.
 *
 * @category models
 */
export type ClientStep<D> =
  | ClientIdleStep
  | ClientSendDescriptorStep
  | AnsweredStep
  | ReportedStep
  | ListedStep
  | HappenedStep
  | ReceivedStep<D>
  | ClientStrayStep<D>
  | FailedStep
