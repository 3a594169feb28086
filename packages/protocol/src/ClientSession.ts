/**
 * The client's side of a connection to a cache, without the socket: requests go in, bytes and steps come out. It works with
 * scached and with Postfix's scache(8), of 3.6 and later (which greets) and of 3.5 and earlier (which does not).
 *
 * It does no input or output and knows no time. It does not close descriptors: every descriptor that goes in comes out again,
 * in a `Received` or `Stray` step or from `close`.
 */
import { Result } from "effect"
import * as AttributeList from "./AttributeList.ts"
import * as CacheEntry from "./CacheEntry.ts"
import * as CacheEvent from "./CacheEvent.ts"
import * as CacheStatus from "./CacheStatus.ts"
import type { ClientStep } from "./ClientStep.ts"
import { Intake } from "./internal/Intake.ts"
import { Outbox } from "./internal/Outbox.ts"
import { printable } from "./internal/printable.ts"
import { attributeFound, decodeReply } from "./internal/replyDecoder.ts"
import { allNames, dummy, nameDummy, nameProtocol, protocolName } from "./internal/words.ts"
import {
  DescriptorMissing,
  type ReplyError,
  ReplyTooLarge,
  RequestTooLarge,
  UnexpectedProtocol,
  UnexpectedReply
} from "./ProtocolError.ts"
import type { DestinationReply, EndpointReply } from "./Reply.ts"
import { encode, type Inspection, type Request } from "./Request.ts"

/**
 * What a client session can be told when it is made.
 *
 * @category models
 */
export interface ClientSessionOptions {
  /** The longest request that is sent; 65536 bytes unless told otherwise, which is what scached accepts. */
  readonly requestBytesMax?: number
  /** The longest list that a server may answer with; 131072 bytes unless told otherwise: two properties of the longest requests. */
  readonly replyBytesMax?: number
}

/**
 * Where a session is in its conversation, for logs.
 *
 * @category models
 */
export type ClientState =
  | "ready"
  | "awaiting the reply"
  | "sending the descriptor"
  | "awaiting the status"
  | "awaiting the descriptor"
  | "awaiting entries"
  | "watching"
  | "over"

const idle = { _tag: "Idle" } as const
const sendDescriptor = { _tag: "SendDescriptor" } as const

/**
 * One connection's session: one request at a time. The driver starts a request, sends `output`, and for each read runs
 *
 *     session.push(bytes, descriptor)
 *     for (let step = session.next(); step._tag !== "Idle"; step = session.next()) { ...act, send output()... }
 *
 * What `output` holds when a `SendDescriptor` step comes must be sent before the descriptor's byte. There is no need to await
 * the greeting before the first request. Calls out of order are defects of the driver and throw.
 *
 * @category models
 */
export class ClientSession<D> {
  readonly requestBytesMax: number
  readonly replyBytesMax: number
  readonly #intake: Intake<D>
  readonly #outbox = new Outbox()
  #state: ClientState = "ready"
  #request: (Request | Inspection)["_tag"] = "FindEndpoint"
  #found: EndpointReply | DestinationReply | undefined = undefined
  /** Only the server's first list may be a greeting. */
  #first = true

  constructor(options: ClientSessionOptions = {}) {
    this.requestBytesMax = options.requestBytesMax ?? 65_536
    this.replyBytesMax = options.replyBytesMax ?? 131_072
    for (const bytesMax of [this.requestBytesMax, this.replyBytesMax]) {
      if (!Number.isInteger(bytesMax) || bytesMax < 1)
        throw new RangeError(`limit of ${bytesMax}: expected bytes from 1`)
    }
    this.#intake = new Intake(this.replyBytesMax)
  }

  /**
   * Puts a request into the output; fails with `RequestTooLarge`, and stays ready, where the server would not accept it. To
   * start one while another is under way, or after the session is over, is a defect and throws.
   */
  start(request: Request | Inspection): Result.Result<void, RequestTooLarge> {
    if (this.#state !== "ready" || !this.#intake.isDrained)
      throw new Error(`start(${request._tag}) while ${this.#state}`)
    const bytes = encode(request)
    if (bytes.length > this.requestBytesMax) {
      return Result.fail(new RequestTooLarge({ requestBytesMax: this.requestBytesMax }))
    }
    this.#outbox.add(bytes)
    this.#request = request._tag
    this.#state = "awaiting the reply"
    return Result.void
  }

  /**
   * Takes the bytes of one read, the first `byteCount` of the array, and the descriptor that came with that very read. The
   * array is only looked at until `next` has answered `Idle`, or until `retain`; it is never written to.
   */
  push(bytes: Uint8Array, descriptor?: D, byteCount: number = bytes.length): void {
    this.#intake.push(bytes, descriptor, byteCount)
  }

  /** The next thing to do; `Idle` when only more bytes, or a request, can bring the session on. */
  next(): ClientStep<D> {
    for (;;) {
      if (this.#state === "sending the descriptor") throw new Error("next() before SendDescriptor was answered")
      if (this.#state === "over" || this.#intake.inbox.unused === 0) return this.#idle()
      if (this.#state === "awaiting the descriptor") return this.#takeDescriptor()
      if (this.#state === "ready" && !this.#first) return this.#fail(this.#unasked("more bytes"))
      if (!this.#intake.findList()) {
        if (this.#intake.inbox.unused < this.replyBytesMax) return this.#idle()
        return this.#fail(new ReplyTooLarge({ replyBytesMax: this.replyBytesMax }))
      }
      const step = this.#useList()
      if (step !== undefined) return step
    }
  }

  /** Answers `SendDescriptor`: the byte with the descriptor is sent. The driver closes its own copy once the save is answered. */
  descriptorSent(): void {
    this.#sending("descriptorSent")
    this.#state = "awaiting the status"
  }

  /** Answers `SendDescriptor`: it could not be sent. The session is over: the driver disconnects. */
  descriptorFailed(): void {
    this.#sending("descriptorFailed")
    this.#end()
  }

  /** Copies what is left of the last read, so that its array may be written to although the loop has not come to `Idle`. */
  retain(): void {
    this.#intake.inbox.retain()
  }

  /** Takes the bytes to be sent, if there are any. The array may be shared: it must not be written to. */
  output(): Uint8Array | undefined {
    return this.#outbox.take()
  }

  /** The server is gone, or is to be left: gives back a descriptor that no step has passed on. */
  close(): D | undefined {
    this.#end()
    return this.#intake.close()
  }

  /** Whether the server owes bytes: an answer, the rest of one, or a descriptor. */
  get owesBytes(): boolean {
    switch (this.#state) {
      case "ready":
        return this.#intake.inbox.unused > 0
      case "awaiting the reply":
      case "awaiting the status":
      case "awaiting the descriptor":
      case "awaiting entries":
        return true
      default:
        return false
    }
  }

  /** Where the session is in its conversation. */
  get state(): ClientState {
    return this.#state
  }

  #idle(): ClientStep<D> {
    const descriptor = this.#intake.settle()
    return descriptor === undefined ? idle : { _tag: "Stray", descriptor }
  }

  #consumeList(): void {
    this.#intake.consumeList()
    this.#first = false
  }

  /** Uses the whole list at the front; `undefined` where it asks nothing of the driver. */
  #useList(): ClientStep<D> | undefined {
    const { inbox, list } = this.#intake
    const { bytes, at } = inbox
    const named = list.attributes > 0
    if (this.#first && named && list.nameIs(0, bytes, at, nameProtocol)) {
      const found = list.value(0, bytes, at)
      if (found !== protocolName) {
        return this.#fail(new UnexpectedProtocol({ expected: protocolName, found: printable(found) }))
      }
      this.#consumeList()
      return undefined
    }
    if (this.#state === "ready") return this.#fail(this.#unasked(attributeFound(list, bytes, at, 0)))
    if (this.#state === "watching") return this.#useEvent()
    if (this.#state === "awaiting entries") return this.#useEntry()
    const saving = this.#state === "awaiting the reply" && this.#request === "SaveEndpoint"
    if (saving && named && list.nameIs(0, bytes, at, nameDummy)) {
      this.#consumeList()
      this.#state = "sending the descriptor"
      return sendDescriptor
    }
    return this.#useReply(saving ? '"dummy" or "status"' : '"status"')
  }

  #useReply(expected: string): ClientStep<D> | undefined {
    const { inbox, list } = this.#intake
    const reply = decodeReply(list, inbox.bytes, inbox.at, this.#request, expected)
    if (reply instanceof Error) return this.#fail(reply)
    if (reply.status === 0 && this.#request === "Status") return this.#useStatus()
    this.#consumeList()
    if (reply.status === 0 && (this.#request === "List" || this.#request === "Watch")) {
      this.#state = this.#request === "List" ? "awaiting entries" : "watching"
      return undefined
    }
    if (reply.status === 0 && reply._tag !== "StatusReply") {
      this.#found = reply
      this.#outbox.add(dummy)
      this.#state = "awaiting the descriptor"
      return undefined
    }
    if (reply.status === 0 && this.#request === "SaveEndpoint" && this.#state === "awaiting the reply") {
      return this.#fail(
        new UnexpectedReply({ request: "save_endp", expected: '"dummy"', found: "status 0 without the descriptor" })
      )
    }
    this.#state = "ready"
    return { _tag: "Answered", reply }
  }

  #takeAttributes(): AttributeList.AttributeList {
    const { inbox, list } = this.#intake
    // It cannot fail: the scanner has found the list's end.
    const attributes = Result.getOrThrow(AttributeList.decode(inbox.bytes.subarray(inbox.at, inbox.at + list.length)))
    this.#consumeList()
    return attributes
  }

  #useStatus(): ClientStep<D> {
    const status = CacheStatus.decode(this.#takeAttributes())
    if (Result.isFailure(status)) return this.#fail(status.failure)
    this.#state = "ready"
    return { _tag: "Reported", status: status.success }
  }

  #useEntry(): ClientStep<D> {
    const entry = CacheEntry.decode(this.#takeAttributes())
    if (Result.isFailure(entry)) return this.#fail(entry.failure)
    if (entry.success !== undefined) return { _tag: "Listed", entry: entry.success }
    this.#state = "ready"
    return { _tag: "Answered", reply: { _tag: "StatusReply", status: 0 } }
  }

  #useEvent(): ClientStep<D> {
    const event = CacheEvent.decode(this.#takeAttributes())
    return Result.isFailure(event) ? this.#fail(event.failure) : { _tag: "Happened", event: event.success }
  }

  #takeDescriptor(): ClientStep<D> {
    const descriptor = this.#intake.takeDescriptor()
    this.#intake.inbox.consume(1)
    if (descriptor === undefined || this.#found === undefined) {
      return this.#fail(new DescriptorMissing({ request: allNames[this.#request] }))
    }
    const reply = this.#found
    this.#found = undefined
    this.#outbox.add(dummy)
    this.#state = "ready"
    return { _tag: "Received", reply, descriptor }
  }

  #unasked(found: string): UnexpectedReply {
    return new UnexpectedReply({
      request: undefined,
      expected: this.#first ? "a greeting" : "nothing before the next request",
      found
    })
  }

  #fail(error: ReplyError): ClientStep<D> {
    this.#end()
    return { _tag: "Failed", error }
  }

  #sending(call: string): void {
    if (this.#state !== "sending the descriptor") throw new Error(`${call} although none is due (${this.#state})`)
  }

  #end(): void {
    this.#state = "over"
    this.#found = undefined
    this.#intake.end()
  }
}
