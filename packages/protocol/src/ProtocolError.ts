/**
 * The ways in which bytes, or values on their way to bytes, can be wrong: one tagged error each.
 *
 * `found` repeats what stood in the wrong place, cut after 64 octets and with everything outside printable ASCII written as
 * `\xNN`, so that a message can go into a log as it is.
 */
import { Schema } from "effect"

/**
 * A request lacks an attribute: its list ends before it.
 *
 * @category errors
 */
export class MissingAttribute extends Schema.TaggedError<MissingAttribute>()("MissingAttribute", {
  request: Schema.String,
  expected: Schema.String
}) {
  override get message(): string {
    return `malformed ${this.request} request: attribute "${this.expected}" is missing; is the client a Postfix program?`
  }
}

/**
 * Another attribute stands where a request wants a certain one.
 *
 * @category errors
 */
export class UnexpectedAttribute extends Schema.TaggedError<UnexpectedAttribute>()("UnexpectedAttribute", {
  request: Schema.String,
  expected: Schema.String,
  found: Schema.String
}) {
  override get message(): string {
    return `malformed ${this.request} request: expected attribute "${this.expected}", found "${this.found}"; is the client a Postfix program?`
  }
}

/**
 * A time to live that is not a whole number of seconds from 1 to 2147483647.
 *
 * @category errors
 */
export class InvalidTtl extends Schema.TaggedError<InvalidTtl>()("InvalidTtl", {
  found: Schema.String
}) {
  override get message(): string {
    return `bad ttl "${this.found}": expected a whole number of seconds from 1 to 2147483647, in decimal digits; check the client's connection cache time limits`
  }
}

/**
 * A request that the protocol does not know.
 *
 * @category errors
 */
export class UnknownRequest extends Schema.TaggedError<UnknownRequest>()("UnknownRequest", {
  found: Schema.String
}) {
  override get message(): string {
    return `unknown request "${this.found}": expected save_endp, find_endp, save_dest or find_dest; does the client mean another service?`
  }
}

/**
 * An attribute list that does not begin with the request; `found` is `undefined` where the list is empty.
 *
 * @category errors
 */
export class RequestMissing extends Schema.TaggedError<RequestMissing>()("RequestMissing", {
  found: Schema.UndefinedOr(Schema.String)
}) {
  override get message(): string {
    const found = this.found === undefined ? "an empty list" : `attribute "${this.found}"`
    return `expected attribute "request", found ${found}; does the client mean another service?`
  }
}

/**
 * A client that watches has said something: there is no way back to other requests.
 *
 * @category errors
 */
export class SpokeWhileWatching extends Schema.TaggedError<SpokeWhileWatching>()("SpokeWhileWatching", {}) {
  override get message(): string {
    return "watch: the client has sent something while it watches: use another connection for other requests"
  }
}

/**
 * A request that is longer than the session accepts.
 *
 * @category errors
 */
export class RequestTooLarge extends Schema.TaggedError<RequestTooLarge>()("RequestTooLarge", {
  requestBytesMax: Schema.Number
}) {
  override get message(): string {
    return `request is longer than the limit of ${this.requestBytesMax} bytes`
  }
}

/**
 * Something else stands where one side owes a `dummy` in the middle of an exchange; `found` is `undefined` where the list
 * is empty.
 *
 * @category errors
 */
export class DummyMissing extends Schema.TaggedError<DummyMissing>()("DummyMissing", {
  request: Schema.String,
  found: Schema.UndefinedOr(Schema.String)
}) {
  override get message(): string {
    const found = this.found === undefined ? "an empty list" : `attribute "${this.found}"`
    return `${this.request}: the connection was not handed over: expected attribute "dummy", found ${found}`
  }
}

/**
 * The server answers something that does not belong to the request, or speaks when it was not asked.
 *
 * @category errors
 */
export class UnexpectedReply extends Schema.TaggedError<UnexpectedReply>()("UnexpectedReply", {
  request: Schema.UndefinedOr(Schema.String),
  expected: Schema.String,
  found: Schema.String
}) {
  override get message(): string {
    const to = this.request === undefined ? "without a request" : `to ${this.request}`
    return `unexpected reply ${to}: expected ${this.expected}, found ${this.found}; is the server a connection cache?`
  }
}

/**
 * The server greets with the name of another protocol.
 *
 * @category errors
 */
export class UnexpectedProtocol extends Schema.TaggedError<UnexpectedProtocol>()("UnexpectedProtocol", {
  expected: Schema.String,
  found: Schema.String
}) {
  override get message(): string {
    return `the server speaks "${this.found}", not "${this.expected}": check connection_cache_service_name`
  }
}

/**
 * A reply that is longer than the session accepts.
 *
 * @category errors
 */
export class ReplyTooLarge extends Schema.TaggedError<ReplyTooLarge>()("ReplyTooLarge", {
  replyBytesMax: Schema.Number
}) {
  override get message(): string {
    return `reply is longer than the limit of ${this.replyBytesMax} bytes; is the server a connection cache?`
  }
}

/**
 * The byte that carries a descriptor came without one.
 *
 * @category errors
 */
export class DescriptorMissing extends Schema.TaggedError<DescriptorMissing>()("DescriptorMissing", {
  request: Schema.String
}) {
  override get message(): string {
    return `${this.request}: the other side's descriptor did not arrive; is this process out of descriptors?`
  }
}

/**
 * An attribute list that is longer than the decoder accepts.
 *
 * @category errors
 */
export class ListTooLarge extends Schema.TaggedError<ListTooLarge>()("ListTooLarge", {
  listBytesMax: Schema.Number
}) {
  override get message(): string {
    return `attribute list is longer than the limit of ${this.listBytesMax} bytes`
  }
}

/**
 * An attribute without a name: on the wire that would end the list.
 *
 * @category errors
 */
export class EmptyAttributeName extends Schema.TaggedError<EmptyAttributeName>()("EmptyAttributeName", {
  index: Schema.Number
}) {
  override get message(): string {
    return `attribute ${this.index} has an empty name, which would end the list: give every attribute a name`
  }
}

/**
 * Bytes that are not exactly one attribute list: too few, or more behind its end.
 *
 * @category errors
 */
export class NotOneList extends Schema.TaggedError<NotOneList>()("NotOneList", {
  found: Schema.Literals(["incomplete", "trailing bytes"])
}) {
  override get message(): string {
    return this.found === "incomplete"
      ? "expected one whole attribute list, found one without its end"
      : "expected one whole attribute list, found more bytes behind its end"
  }
}

/**
 * A string that cannot be octets of the protocol: a unit is NUL, or above 0xFF. `index` counts from 0.
 *
 * @category errors
 */
export class InvalidOctets extends Schema.TaggedError<InvalidOctets>()("InvalidOctets", {
  index: Schema.Number,
  unit: Schema.Number
}) {
  override get message(): string {
    return this.unit === 0
      ? `octet ${this.index} is NUL: the protocol carries 0x01 to 0xFF only`
      : `unit ${this.index} is 0x${this.unit.toString(16)}: expected one byte a unit, 0x01 to 0xFF; use fromUtf8 for text`
  }
}

/**
 * What a client can do wrong in a request.
 *
 * @category errors
 */
export type RequestError =
  | MissingAttribute
  | UnexpectedAttribute
  | InvalidTtl
  | UnknownRequest
  | RequestMissing
  | RequestTooLarge
  | SpokeWhileWatching

/**
 * What a server can do wrong in the eyes of a client.
 *
 * @category errors
 */
export type ReplyError = UnexpectedReply | UnexpectedProtocol | ReplyTooLarge | DescriptorMissing

/**
 * What can be wrong with bytes of the protocol.
 *
 * @category errors
 */
export type ProtocolError = RequestError | ReplyError | DummyMissing | ListTooLarge | NotOneList
