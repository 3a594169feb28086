import type { Inspection, InspectionName, Request, WireName } from "../Request.ts"
import { constantBytes } from "./octets.ts"

export const nameRequest = constantBytes("request")
export const nameTtl = constantBytes("ttl")
export const nameLabel = constantBytes("label")
export const nameProperty = constantBytes("property")
export const nameFarewell = constantBytes("farewell")
export const nameDummy = constantBytes("dummy")
export const nameStatus = constantBytes("status")
export const nameProtocol = constantBytes("protocol")

export const saveEndpoint = constantBytes("save_endp")
export const findEndpoint = constantBytes("find_endp")
export const saveDestination = constantBytes("save_dest")
export const findDestination = constantBytes("find_dest")

export const wireNames = {
  SaveEndpoint: "save_endp",
  FindEndpoint: "find_endp",
  SaveDestination: "save_dest",
  FindDestination: "find_dest"
} as const satisfies Record<Request["_tag"], WireName>

export const inspectionNames = {
  Status: "status",
  List: "list",
  Watch: "watch"
} as const satisfies Record<Inspection["_tag"], InspectionName>

/** Of all requests. */
export const allNames = { ...wireNames, ...inspectionNames }

/**
 * What a server calls the protocol in its greeting.
 *
 * @category constants
 */
export const protocolName = "connection_cache_protocol"

/** What a server says first. */
export const greeting = constantBytes(`protocol\0${protocolName}\0\0`)
/** The list of one attribute that says only "go on". */
export const dummy = constantBytes("dummy\0\0\0")
