import {
  InvalidTtl,
  MissingAttribute,
  type RequestError,
  RequestMissing,
  UnexpectedAttribute,
  UnknownRequest
} from "../ProtocolError.ts"
import type { Inspection, Request, WireName } from "../Request.ts"
import type { TtlSeconds } from "../TtlSeconds.ts"
import type { ListScanner } from "./ListScanner.ts"
import { equalBytes, sliceOctets } from "./octets.ts"
import { printable } from "./printable.ts"
import { ttlSecondsMalformed, ttlSecondsOfBytes } from "./ttl.ts"
import {
  findDestination,
  findEndpoint,
  inspectionNames,
  nameFarewell,
  nameLabel,
  nameProperty,
  nameRequest,
  nameTtl,
  saveDestination,
  saveEndpoint
} from "./words.ts"

/** Which request the list's attribute `at` names: what decides the shape of the reply even when the rest is malformed. */
export const requestKind = (
  scanner: ListScanner,
  bytes: Uint8Array,
  start: number,
  at: number
): WireName | undefined => {
  if (scanner.attributes <= at || !scanner.nameIs(at, bytes, start, nameRequest)) return undefined
  const from = start + scanner.valueStart(at)
  const to = start + scanner.valueEnd(at)
  if (equalBytes(bytes, from, to, saveEndpoint)) return "save_endp"
  if (equalBytes(bytes, from, to, findEndpoint)) return "find_endp"
  if (equalBytes(bytes, from, to, saveDestination)) return "save_dest"
  if (equalBytes(bytes, from, to, findDestination)) return "find_dest"
  return undefined
}

const wrongAttribute = (
  scanner: ListScanner,
  bytes: Uint8Array,
  start: number,
  at: number,
  request: WireName,
  expected: string
): MissingAttribute | UnexpectedAttribute =>
  scanner.attributes <= at
    ? new MissingAttribute({ request, expected })
    : new UnexpectedAttribute({ request, expected, found: printable(scanner.name(at, bytes, start)) })

const isNext = (scanner: ListScanner, bytes: Uint8Array, start: number, at: number, name: Uint8Array): boolean =>
  scanner.attributes > at && scanner.nameIs(at, bytes, start, name)

const decodeFind = (
  scanner: ListScanner,
  bytes: Uint8Array,
  start: number,
  at: number,
  kind: "find_endp" | "find_dest"
): Request | RequestError => {
  if (!isNext(scanner, bytes, start, at, nameLabel)) return wrongAttribute(scanner, bytes, start, at, kind, "label")
  const label = scanner.value(at, bytes, start)
  return kind === "find_endp" ? { _tag: "FindEndpoint", label } : { _tag: "FindDestination", label }
}

const decodeSave = (
  scanner: ListScanner,
  bytes: Uint8Array,
  start: number,
  at: number,
  kind: "save_endp" | "save_dest"
): Request | RequestError => {
  if (!isNext(scanner, bytes, start, at, nameTtl)) return wrongAttribute(scanner, bytes, start, at, kind, "ttl")
  const ttlStart = start + scanner.valueStart(at)
  const ttlEnd = start + scanner.valueEnd(at)
  const parsed = ttlSecondsOfBytes(bytes, ttlStart, ttlEnd)
  if (parsed === ttlSecondsMalformed) return new InvalidTtl({ found: printable(sliceOctets(bytes, ttlStart, ttlEnd)) })
  if (!isNext(scanner, bytes, start, at + 1, nameLabel)) {
    return wrongAttribute(scanner, bytes, start, at + 1, kind, "label")
  }
  if (!isNext(scanner, bytes, start, at + 2, nameProperty)) {
    return wrongAttribute(scanner, bytes, start, at + 2, kind, "property")
  }
  // It cannot lie: the parser answers the range of the brand or the malformed mark.
  const ttlSeconds = parsed as TtlSeconds
  const label = scanner.value(at + 1, bytes, start)
  const properties = scanner.value(at + 2, bytes, start)
  if (kind === "save_endp") {
    const request = { _tag: "SaveEndpoint", ttlSeconds, label, properties } as const
    const hasFarewell = isNext(scanner, bytes, start, at + 3, nameFarewell)
    return hasFarewell ? { ...request, farewell: scanner.value(at + 3, bytes, start) } : request
  }
  if (!isNext(scanner, bytes, start, at + 3, nameLabel)) {
    return wrongAttribute(scanner, bytes, start, at + 3, kind, "label")
  }
  return {
    _tag: "SaveDestination",
    ttlSeconds,
    label,
    properties,
    endpointLabel: scanner.value(at + 3, bytes, start)
  }
}

const status: Inspection = { _tag: "Status" }
const list: Inspection = { _tag: "List" }
const watch: Inspection = { _tag: "Watch" }

/** The request that looks into the cache by this name. */
const inspectionOf = (name: string): Inspection | undefined => {
  switch (name) {
    case inspectionNames.Status:
      return status
    case inspectionNames.List:
      return list
    case inspectionNames.Watch:
      return watch
    default:
      return undefined
  }
}

/**
 * The whole list that the scanner has found at `start` as a request, from its attribute `at` on. Attributes behind the last
 * wanted one are ignored, like scache(8) does.
 */
export const decodeRequest = (
  scanner: ListScanner,
  bytes: Uint8Array,
  start: number,
  at: number
): Request | Inspection | RequestError => {
  const kind = requestKind(scanner, bytes, start, at)
  if (kind === "find_endp" || kind === "find_dest") return decodeFind(scanner, bytes, start, at + 1, kind)
  if (kind !== undefined) return decodeSave(scanner, bytes, start, at + 1, kind)
  if (scanner.attributes <= at) return new RequestMissing({ found: undefined })
  if (!scanner.nameIs(at, bytes, start, nameRequest)) {
    return new RequestMissing({ found: printable(scanner.name(at, bytes, start)) })
  }
  const name = scanner.value(at, bytes, start)
  return inspectionOf(name) ?? new UnknownRequest({ found: printable(name) })
}
