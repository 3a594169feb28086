import { UnexpectedReply } from "../ProtocolError.ts"
import type { Reply, Status } from "../Reply.ts"
import type { Inspection, Request } from "../Request.ts"
import type { ListScanner } from "./ListScanner.ts"
import { unsafeOctets } from "./octets.ts"
import { printable } from "./printable.ts"
import { allNames, nameProperty, nameStatus } from "./words.ts"

// It cannot lie: there is no unit in it.
const empty = unsafeOctets("")

/** A reply without properties, in the shape that its request wants. */
export const withoutProperties = (request: (Request | Inspection)["_tag"], status: Status): Reply => {
  if (request === "FindEndpoint") return { _tag: "EndpointReply", status, properties: empty }
  if (request === "FindDestination") {
    return { _tag: "DestinationReply", status, destinationProperties: empty, properties: empty }
  }
  return { _tag: "StatusReply", status }
}

/** What stands at attribute `at`, for an error: name and value, or the end of the list. */
export const attributeFound = (scanner: ListScanner, bytes: Uint8Array, start: number, at: number): string =>
  scanner.attributes <= at
    ? "the end of the list"
    : `"${printable(scanner.name(at, bytes, start))}" with value "${printable(scanner.value(at, bytes, start))}"`

/** Leading zeros are fine, like everywhere else in the protocol. */
const statusOf = (text: string): Status | undefined => {
  let at = 0
  while (at < text.length - 1 && text.charCodeAt(at) === 0x30) at++
  if (text.length - at !== 1) return undefined
  switch (text.charCodeAt(at)) {
    case 0x30:
      return 0
    case 0x31:
      return 1
    case 0x32:
      return 2
  }
  return undefined
}

/** A separate function: inside `decodeReply` it would be made for each reply, and most replies do not need it. */
const unexpectedAt = (
  at: number,
  expected: string,
  request: (Request | Inspection)["_tag"],
  scanner: ListScanner,
  bytes: Uint8Array,
  start: number
): UnexpectedReply =>
  new UnexpectedReply({ request: allNames[request], expected, found: attributeFound(scanner, bytes, start, at) })

/** The whole list that the scanner has found at `start` as the reply to a request. */
export const decodeReply = (
  scanner: ListScanner,
  bytes: Uint8Array,
  start: number,
  request: (Request | Inspection)["_tag"],
  expected = '"status"'
): Reply | UnexpectedReply => {
  if (scanner.attributes === 0 || !scanner.nameIs(0, bytes, start, nameStatus)) {
    return unexpectedAt(0, expected, request, scanner, bytes, start)
  }
  const status = statusOf(scanner.value(0, bytes, start))
  if (status === undefined) return unexpectedAt(0, '"status" of 0, 1 or 2', request, scanner, bytes, start)
  if (request !== "FindEndpoint" && request !== "FindDestination") return { _tag: "StatusReply", status }
  const wanted = request === "FindEndpoint" ? 1 : 2
  for (let at = 1; at <= wanted; at++) {
    if (scanner.attributes > at && scanner.nameIs(at, bytes, start, nameProperty)) continue
    if (status !== 0) return withoutProperties(request, status)
    return unexpectedAt(at, '"property"', request, scanner, bytes, start)
  }
  if (request === "FindEndpoint") {
    return { _tag: "EndpointReply", status, properties: scanner.value(1, bytes, start) }
  }
  return {
    _tag: "DestinationReply",
    status,
    destinationProperties: scanner.value(1, bytes, start),
    properties: scanner.value(2, bytes, start)
  }
}
