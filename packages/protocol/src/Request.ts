/**
 * What a client asks of a cache, as values and as bytes.
 */
import { Result } from "effect"
import { ListScanner } from "./internal/ListScanner.ts"
import { writeOctets } from "./internal/octets.ts"
import { decodeRequest } from "./internal/requestDecoder.ts"
import { allNames } from "./internal/words.ts"
import type { OctetString } from "./OctetString.ts"
import { NotOneList, type RequestError } from "./ProtocolError.ts"
import type { TtlSeconds } from "./TtlSeconds.ts"

/**
 * Keep a connection under an endpoint label; its descriptor follows in the exchange.
 *
 * @category models
 */
export interface SaveEndpoint {
  readonly _tag: "SaveEndpoint"
  readonly ttlSeconds: TtlSeconds
  readonly label: OctetString
  readonly properties: OctetString
  /** What is to be said on the connection before it is closed, which scached knows and scache(8) ignores. */
  readonly farewell?: OctetString
}

/**
 * Hand out a connection that is kept under an endpoint label.
 *
 * @category models
 */
export interface FindEndpoint {
  readonly _tag: "FindEndpoint"
  readonly label: OctetString
}

/**
 * Bind a destination label to an endpoint label.
 *
 * @category models
 */
export interface SaveDestination {
  readonly _tag: "SaveDestination"
  readonly ttlSeconds: TtlSeconds
  /** The destination's label. */
  readonly label: OctetString
  /** The destination's properties. */
  readonly properties: OctetString
  readonly endpointLabel: OctetString
}

/**
 * Hand out a connection to any endpoint that a destination label is bound to.
 *
 * @category models
 */
export interface FindDestination {
  readonly _tag: "FindDestination"
  readonly label: OctetString
}

/**
 * The four requests of Postfix's protocol.
 *
 * @category models
 */
export type Request = SaveEndpoint | FindEndpoint | SaveDestination | FindDestination

/**
 * Tell what the cache has counted, how much it holds, its limits and its settings. scached alone answers it.
 *
 * @category models
 */
export interface Status {
  readonly _tag: "Status"
}

/**
 * Tell every connection and every binding that is cached. scached alone answers it.
 *
 * @category models
 */
export interface List {
  readonly _tag: "List"
}

/**
 * Tell what happens, from now on and without an end. scached alone answers it.
 *
 * @category models
 */
export interface Watch {
  readonly _tag: "Watch"
}

/**
 * The requests that look into a cache and change nothing.
 *
 * @category models
 */
export type Inspection = Status | List | Watch

/**
 * The requests as the wire names them.
 *
 * @category models
 */
export type WireName = "save_endp" | "find_endp" | "save_dest" | "find_dest"

/**
 * The requests that look into a cache, as the wire names them.
 *
 * @category models
 */
export type InspectionName = "status" | "list" | "watch"

/**
 * A request's name on the wire, as errors and logs say it.
 *
 * @category accessors
 */
export const wireName = (request: Request | Inspection): WireName | InspectionName => allNames[request._tag]

const headOf = (request: Request | Inspection): string => `request\0${allNames[request._tag]}\0`

/**
 * A request as the attribute list that a client sends, in a new array.
 *
 * @category encoding
 */
export const encode = (request: Request | Inspection): Uint8Array => {
  const head = headOf(request)
  let text: string
  switch (request._tag) {
    case "Status":
    case "List":
    case "Watch":
      text = `${head}\0`
      break
    case "FindEndpoint":
    case "FindDestination":
      text = `${head}label\0${request.label}\0\0`
      break
    case "SaveEndpoint":
      text = `${head}ttl\0${request.ttlSeconds}\0label\0${request.label}\0property\0${request.properties}\0${request.farewell === undefined ? "" : `farewell\0${request.farewell}\0`}\0`
      break
    case "SaveDestination":
      text = `${head}ttl\0${request.ttlSeconds}\0label\0${request.label}\0property\0${request.properties}\0label\0${request.endpointLabel}\0\0`
      break
  }
  const bytes = new Uint8Array(text.length)
  writeOctets(bytes, text, 0)
  return bytes
}

/**
 * Reads bytes that are exactly one request; fails with what is wrong with it, or with `NotOneList`.
 *
 * @category decoding
 */
export const decode = (bytes: Uint8Array): Result.Result<Request | Inspection, RequestError | NotOneList> => {
  const scanner = new ListScanner()
  if (!scanner.scan(bytes, 0, bytes.length)) return Result.fail(new NotOneList({ found: "incomplete" }))
  if (scanner.length < bytes.length) return Result.fail(new NotOneList({ found: "trailing bytes" }))
  const decoded = decodeRequest(scanner, bytes, 0, 0)
  return decoded instanceof Error ? Result.fail(decoded) : Result.succeed(decoded)
}
