/**
 * What a server session asks of its driver.
 */
import type { DummyMissing, RequestError, RequestTooLarge } from "./ProtocolError.ts"
import type { FindDestination, FindEndpoint, Inspection, SaveDestination, SaveEndpoint } from "./Request.ts"

/**
 * Nothing more to do until more bytes come.
 *
 * @category models
 */
export interface IdleStep {
  readonly _tag: "Idle"
}

/**
 * A connection to keep. The driver owns the descriptor from here on and answers with `replyStatus`. Without a descriptor it
 * did not arrive: the answer is then `Status.failed`.
 *
 * @category models
 */
export interface SaveEndpointStep<D> {
  readonly _tag: "SaveEndpoint"
  readonly request: SaveEndpoint
  readonly descriptor: D | undefined
}

/**
 * A connection to look up. The driver answers with `replyFound` or `replyStatus`.
 *
 * @category models
 */
export interface FindEndpointStep {
  readonly _tag: "FindEndpoint"
  readonly request: FindEndpoint
}

/**
 * A binding to keep. The driver answers with `replyStatus`.
 *
 * @category models
 */
export interface SaveDestinationStep {
  readonly _tag: "SaveDestination"
  readonly request: SaveDestination
}

/**
 * A connection to look up by destination. The driver answers with `replyFound` or `replyStatus`.
 *
 * @category models
 */
export interface FindDestinationStep {
  readonly _tag: "FindDestination"
  readonly request: FindDestination
}

/**
 * A client wants to look into the cache. The driver answers with `report`, as often as it takes (for
 * `Watch` until the client leaves), or refuses with
 * `replyStatus(Status.malformed)`, which is what a cache answers that does not know the request.
 *
 * @category models
 */
export interface InspectStep {
  readonly _tag: "Inspect"
  readonly inspection: Inspection
}

/**
 * The client is ready: the driver sends what `output` holds, then one NUL byte with the descriptor, and answers with
 * `descriptorSent` or `descriptorFailed`.
 *
 * @category models
 */
export interface SendDescriptorStep {
  readonly _tag: "SendDescriptor"
}

/**
 * The client has the descriptor: the driver closes its own copy. Nothing to answer.
 *
 * @category models
 */
export interface HandedOverStep {
  readonly _tag: "HandedOver"
}

/**
 * Something else stood in place of one of the client's dummies, and was dropped. The connection stays with the driver:
 * where `descriptorSent` is false the client has no copy of it; where it is true the client was sent one, and may be using
 * it. With `fatal` the driver flushes the output and disconnects. Nothing to answer.
 *
 * @category models
 */
export interface HandOverRefusedStep {
  readonly _tag: "HandOverRefused"
  readonly error: DummyMissing | RequestTooLarge
  readonly descriptorSent: boolean
  readonly fatal: boolean
}

/**
 * A malformed request, already answered in the output. With `fatal` the driver flushes the output and disconnects. Nothing to
 * answer.
 *
 * @category models
 */
export interface MalformedStep {
  readonly _tag: "Malformed"
  readonly error: RequestError
  readonly fatal: boolean
}

/**
 * A descriptor that came where none is due. It is the driver's to close. Nothing to answer.
 *
 * @category models
 */
export interface StrayStep<D> {
  readonly _tag: "Stray"
  readonly descriptor: D
}

/**
 * A stray dummy was dropped. Nothing to do and nothing to answer: it is a step so that a driver that counts steps also counts
 * those of a client that sends nothing else.
 *
 * @category models
 */
export interface SkippedStep {
  readonly _tag: "Skipped"
}

/**
 * All that `ServerSession.next` answers.
 *
 * @category models
 */
export type ServerStep<D> =
  | IdleStep
  | SaveEndpointStep<D>
  | FindEndpointStep
  | SaveDestinationStep
  | FindDestinationStep
  | InspectStep
  | SendDescriptorStep
  | HandedOverStep
  | HandOverRefusedStep
  | MalformedStep
  | StrayStep<D>
  | SkippedStep
