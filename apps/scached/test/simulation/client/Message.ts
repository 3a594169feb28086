import { OctetString, Request, TtlSeconds } from "@scached/protocol"
import { Result } from "effect"

/** Which of the three shapes an answer has, named after a request that wants it. */
export type Shape = Request.Request["_tag"]

/** What the protocol makes of a message that comes between requests. */
export type Meaning =
  | { readonly _tag: "Request"; readonly request: Request.Request }
  | { readonly _tag: "Malformed"; readonly shape: Shape }
  | { readonly _tag: "Dummy" }
  /** One byte, for the descriptor; anywhere else it is an empty list. */
  | { readonly _tag: "Byte" }
  /** A list without an end, longer than the limit. */
  | { readonly _tag: "TooLarge"; readonly shape: Shape }

/** Something that a client says: its bytes, and what they mean. Who writes a script says so, nobody parses. */
export interface Message {
  readonly bytes: Uint8Array
  readonly meaning: Meaning
  /** Whether it passes for a dummy where one is due: its first name is `dummy`. */
  readonly isDummy: boolean
}

const message = (text: string, meaning: Meaning, isDummy = false): Message => ({
  bytes: Buffer.from(text, "latin1"),
  meaning,
  isDummy
})

/** Labels and properties of scripts, which hold no NUL. */
export const octets = (text: string): OctetString.OctetString => Result.getOrThrow(OctetString.make(text))

export const ttl = (seconds: number): TtlSeconds.TtlSeconds => Result.getOrThrow(TtlSeconds.make(seconds))

export const saveEndpoint = (
  ttlSeconds: number,
  label: string,
  properties: string,
  farewell?: string
): Request.SaveEndpoint => ({
  _tag: "SaveEndpoint",
  ttlSeconds: ttl(ttlSeconds),
  label: octets(label),
  properties: octets(properties),
  ...(farewell === undefined ? {} : { farewell: octets(farewell) })
})

export const findEndpoint = (label: string): Request.FindEndpoint => ({ _tag: "FindEndpoint", label: octets(label) })

export const saveDestination = (
  ttlSeconds: number,
  label: string,
  properties: string,
  endpointLabel: string
): Request.SaveDestination => ({
  _tag: "SaveDestination",
  ttlSeconds: ttl(ttlSeconds),
  label: octets(label),
  properties: octets(properties),
  endpointLabel: octets(endpointLabel)
})

export const findDestination = (label: string): Request.FindDestination => ({
  _tag: "FindDestination",
  label: octets(label)
})

export const dummy: Message = message("dummy\0\0\0", { _tag: "Dummy" }, true)
/** A dummy with a value and more attributes behind it is one too. */
export const dummyWithMore: Message = message("dummy\0x\0more\0y\0\0", { _tag: "Dummy" }, true)
export const byte: Message = message("\0", { _tag: "Byte" })
export const byteOf = (unit: number): Message => message(String.fromCharCode(unit), { _tag: "Byte" })

export const request = (value: Request.Request): Message => ({
  bytes: Request.encode(value),
  meaning: { _tag: "Request", request: value },
  isDummy: false
})

/** The request behind a dummy in one list: both, each where it is due. */
export const requestBehindDummy = (value: Request.Request): Message => ({
  bytes: new Uint8Array([...Buffer.from("dummy\0\0"), ...Request.encode(value)]),
  meaning: { _tag: "Request", request: value },
  isDummy: true
})

/** A request with attributes behind the last wanted one, which are ignored. */
export const requestWithMore = (value: Request.Request): Message => ({
  bytes: new Uint8Array([...Request.encode(value).subarray(0, -1), ...Buffer.from("more\0\0another\0x\0\0")]),
  meaning: { _tag: "Request", request: value },
  isDummy: false
})

/** Bytes that a client of ours has made ready: dummies before a request are split off. */
export const spoken = (bytes: Uint8Array, value: Request.Request | undefined): ReadonlyArray<Message> => {
  const messages: Array<Message> = []
  let rest = bytes
  while (rest.length >= dummy.bytes.length && Buffer.compare(rest.subarray(0, 8), dummy.bytes) === 0) {
    messages.push(dummy)
    rest = rest.subarray(dummy.bytes.length)
  }
  if (rest.length > 0 && value !== undefined) messages.push(request(value))
  return messages
}

const lists = (shape: Shape, ...texts: ReadonlyArray<string>): ReadonlyArray<Message> =>
  texts.map((text) => message(text, { _tag: "Malformed", shape }))

const endpoint = (seconds: string) => `request\0save_endp\0ttl\0${seconds}\0label\0x\0property\0y\0\0`
const destination = (seconds: string) => `request\0save_dest\0ttl\0${seconds}\0label\0x\0property\0y\0label\0z\0\0`
const badTtls = ["-1", "12x", "0x10", "", "0", "2147483648", "99999999999999999999", " 1", "1.5"]

/** Every kind of malformed request. */
export const malformed: ReadonlyArray<Message> = [
  ...lists("SaveEndpoint", ...badTtls.map(endpoint)),
  ...lists("SaveDestination", ...badTtls.map(destination)),
  ...lists(
    "SaveEndpoint",
    "request\0save_endp\0\0",
    "request\0save_endp\0ttl\x001\0\0",
    "request\0save_endp\0ttl\x001\0property\0y\0label\0x\0\0",
    "request\0save_endp\0label\0x\0property\0y\0\0",
    "request\0save_dest\0ttl\x001\0label\0x\0property\0y\0\0",
    "request\0save_dest\0ttl\x001\0label\0x\0label\0z\0property\0y\0\0",
    "request\0\0\0",
    "request\0FIND_ENDP\0label\0x\0\0",
    "request\0find_endpoint\0label\0x\0\0",
    "label\0x\0request\0find_endp\0\0",
    "status\x000\0\0",
    "\xff\xfe\0\x80\0\0",
    "\0"
  ),
  ...lists(
    "FindEndpoint",
    "request\0find_endp\0\0",
    "request\0find_endp\0labels\0x\0\0",
    "request\0find_endp\0ttl\x001\0label\0x\0\0"
  ),
  ...lists("FindDestination", "request\0find_dest\0\0", "request\0find_dest\0property\0x\0label\0y\0\0")
]

const tooLargeHeads: Record<Shape, string> = {
  SaveEndpoint: "request\0save_endp\0ttl\x001\0label\0",
  FindEndpoint: "request\0find_endp\0label\0",
  SaveDestination: "request\0save_dest\0ttl\x001\0label\0",
  FindDestination: "request\0find_dest\0label\0"
}

/** Each is made once: 64 KiB of it took longer than the rest of a client. */
const tooLargeMessages = new Map<string, Message>()

/** A list that is longer than the limit and goes on. */
export const tooLarge = (shape: Shape, requestBytesMax: number): Message => {
  const key = `${shape} ${requestBytesMax}`
  let made = tooLargeMessages.get(key)
  if (made === undefined) {
    made = message(tooLargeHeads[shape] + "x".repeat(requestBytesMax + 2), { _tag: "TooLarge", shape })
    tooLargeMessages.set(key, made)
  }
  return made
}
