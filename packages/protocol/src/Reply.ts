/**
 * What a cache answers, as values and as bytes.
 */
import { Result } from "effect"
import { ListScanner } from "./internal/ListScanner.ts"
import { constantBytes, writeOctets } from "./internal/octets.ts"
import { decodeReply, withoutProperties as replyWithoutProperties } from "./internal/replyDecoder.ts"
import type { OctetString } from "./OctetString.ts"
import { NotOneList, type UnexpectedReply } from "./ProtocolError.ts"
import type { Inspection, Request } from "./Request.ts"

/**
 * The statuses of a reply.
 *
 * @category constants
 */
export const Status = {
  /** Done. */
  ok: 0,
  /** The request is malformed. */
  malformed: 1,
  /** The request is well formed, but failed: nothing cached, or the descriptor did not arrive. */
  failed: 2
} as const

/**
 * 0, 1 or 2.
 *
 * @category models
 */
export type Status = (typeof Status)[keyof typeof Status]

/**
 * The reply to a save, and to a request that is unknown: a status alone.
 *
 * @category models
 */
export interface StatusReply {
  readonly _tag: "StatusReply"
  readonly status: Status
}

/**
 * The reply to `find_endp`. The properties are empty unless the status is 0.
 *
 * @category models
 */
export interface EndpointReply {
  readonly _tag: "EndpointReply"
  readonly status: Status
  readonly properties: OctetString
}

/**
 * The reply to `find_dest`: the properties of the binding and those of the connection. Both are empty unless the status is 0.
 *
 * @category models
 */
export interface DestinationReply {
  readonly _tag: "DestinationReply"
  readonly status: Status
  readonly destinationProperties: OctetString
  readonly properties: OctetString
}

/**
 * The three shapes of a reply.
 *
 * @category models
 */
export type Reply = StatusReply | EndpointReply | DestinationReply

/**
 * The reply that says a find failed, in the shape that its request wants.
 *
 * @category constructors
 */
export const withoutProperties: (request: (Request | Inspection)["_tag"], status: Status) => Reply =
  replyWithoutProperties

// Nearly all replies are one of these nine; they are made once and never written to.
const statuses = [Status.ok, Status.malformed, Status.failed]
const constantReplies = {
  StatusReply: statuses.map((status) => constantBytes(`status\0${status}\0\0`)),
  EndpointReply: statuses.map((status) => constantBytes(`status\0${status}\0property\0\0\0`)),
  DestinationReply: statuses.map((status) => constantBytes(`status\0${status}\0property\0\0property\0\0\0`))
}

const bytesOf = (text: string): Uint8Array => {
  const bytes = new Uint8Array(text.length)
  writeOctets(bytes, text, 0)
  return bytes
}

/**
 * A reply as the attribute list that a server sends. The array may be shared with other replies: do not write to it.
 *
 * @category encoding
 */
export const encode = (reply: Reply): Uint8Array => {
  switch (reply._tag) {
    case "StatusReply":
      break
    case "EndpointReply":
      if (reply.properties !== "") return bytesOf(`status\0${reply.status}\0property\0${reply.properties}\0\0`)
      break
    case "DestinationReply":
      if (reply.properties !== "" || reply.destinationProperties !== "") {
        return bytesOf(
          `status\0${reply.status}\0property\0${reply.destinationProperties}\0property\0${reply.properties}\0\0`
        )
      }
      break
  }
  return constantReplies[reply._tag][reply.status] ?? bytesOf("")
}

/**
 * Reads bytes that are exactly one reply to a certain request; fails with `UnexpectedReply`, or with `NotOneList`.
 * Properties may be missing where the status is not 0: that is how a cache answers what it could not read at all.
 *
 * @category decoding
 */
export const decode = (
  request: Request["_tag"],
  bytes: Uint8Array
): Result.Result<Reply, UnexpectedReply | NotOneList> => {
  const scanner = new ListScanner()
  if (!scanner.scan(bytes, 0, bytes.length)) return Result.fail(new NotOneList({ found: "incomplete" }))
  if (scanner.length < bytes.length) return Result.fail(new NotOneList({ found: "trailing bytes" }))
  const decoded = decodeReply(scanner, bytes, 0, request)
  return decoded instanceof Error ? Result.fail(decoded) : Result.succeed(decoded)
}
