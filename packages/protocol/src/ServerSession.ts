/**
 * The server's side of one client's connection, without the socket: bytes and descriptors go in, steps and bytes come out.
 *
 * It does no input or output, knows no time and keeps no store. It does not close descriptors: every descriptor that goes in
 * comes out again, in a `SaveEndpoint` or `Stray` step or from `close`.
 */
import { Intake } from "./internal/Intake.ts"
import { Outbox } from "./internal/Outbox.ts"
import { printable } from "./internal/printable.ts"
import { decodeRequest, requestKind } from "./internal/requestDecoder.ts"
import { dummy, greeting, inspectionNames, nameDummy, nameRequest, wireNames } from "./internal/words.ts"
import type { OctetString } from "./OctetString.ts"
import { DummyMissing, type RequestError, RequestTooLarge, SpokeWhileWatching } from "./ProtocolError.ts"
import * as Reply from "./Reply.ts"
import type { Inspection, Request, SaveEndpoint, WireName } from "./Request.ts"
import type { ServerStep } from "./ServerStep.ts"

/**
 * What a server session can be told when it is made.
 *
 * @category models
 */
export interface ServerSessionOptions {
  /** The longest attribute list that a client may send, its terminator included; 65536 unless told otherwise. */
  readonly requestBytesMax?: number
  /** Whether to greet, as Postfix 3.6 and later do; true unless told otherwise. */
  readonly greeting?: boolean
}

/**
 * Where a session is in its conversation, for logs.
 *
 * @category models
 */
export type ServerState =
  | "between requests"
  | "inside a request"
  | "awaiting the descriptor"
  | "answer due"
  | "reporting"
  | "awaiting the client's dummy"
  | "sending the descriptor"
  | "awaiting the client's last dummy"
  | "over"

/**
 * How far a hand-over is: `offered` from the found reply until the descriptor is sent, `sent` until the client's last dummy.
 *
 * @category models
 */
export type HandOver = "none" | "offered" | "sent"

/**
 * What a session leaves behind when its client is gone.
 *
 * @category models
 */
export interface ServerRemains<D> {
  /** A descriptor that came and was not passed on in a step: the driver's to close. */
  readonly descriptor: D | undefined
  /** A hand-over that did not complete: what was to be handed over is still the driver's. */
  readonly handOver: HandOver
}

const idle = { _tag: "Idle" } as const
const sendDescriptor = { _tag: "SendDescriptor" } as const
const handedOver = { _tag: "HandedOver" } as const
const skipped = { _tag: "Skipped" } as const

const tagOf = {
  save_endp: "SaveEndpoint",
  find_endp: "FindEndpoint",
  save_dest: "SaveDestination",
  find_dest: "FindDestination"
} as const satisfies Record<WireName, Request["_tag"]>

/**
 * One client's session. The driver's loop, once for each read:
 *
 *     session.push(bytes, descriptor)
 *     for (let step = session.next(); step._tag !== "Idle"; step = session.next()) { ...act, answer, send output()... }
 *     ...send output()...
 *
 * What `output` holds when a `SendDescriptor` step comes must be sent before the descriptor's byte. A step that wants an
 * answer must be answered before the next call of `next`; anything else is a defect of the driver and throws.
 *
 * @category models
 */
export class ServerSession<D> {
  readonly requestBytesMax: number
  readonly #intake: Intake<D>
  readonly #outbox = new Outbox()
  #state: ServerState = "between requests"
  /** What the driver must call before the next step, when the state is "answer due". */
  #answering: Request | Inspection | undefined = undefined
  /** The request whose descriptor is due. */
  #saving: SaveEndpoint | undefined = undefined
  /** The find whose connection is being handed over, for errors. */
  #finding: WireName = "find_endp"

  constructor(options: ServerSessionOptions = {}) {
    this.requestBytesMax = options.requestBytesMax ?? 65_536
    if (!Number.isInteger(this.requestBytesMax) || this.requestBytesMax < 1) {
      throw new RangeError(`requestBytesMax is ${this.requestBytesMax}: expected a whole number of bytes from 1`)
    }
    this.#intake = new Intake(this.requestBytesMax)
    if (options.greeting ?? true) this.#outbox.add(greeting)
  }

  /**
   * Takes the bytes of one read, the first `byteCount` of the array, and the descriptor that came with that very read. The
   * array is only looked at until `next` has answered `Idle`, or until `retain`; it is never written to.
   */
  push(bytes: Uint8Array, descriptor?: D, byteCount: number = bytes.length): void {
    this.#intake.push(bytes, descriptor, byteCount)
  }

  /** The next thing to do; `Idle` when only more bytes can bring the session on. */
  next(): ServerStep<D> {
    for (;;) {
      switch (this.#state) {
        case "reporting":
          if (this.#answering?._tag === "Watch" && this.#intake.inbox.unused > 0) return this.#spokeWhileWatching()
          return this.#idle()
        case "answer due":
        case "sending the descriptor":
          throw new Error(`next() before the step was answered (${this.#state})`)
        case "over":
          return this.#idle()
        case "awaiting the descriptor": {
          if (this.#intake.inbox.unused === 0) return this.#idle()
          return this.#takeDescriptor()
        }
        default: {
          if (!this.#intake.findList()) {
            return this.#intake.inbox.unused >= this.requestBytesMax ? this.#tooLarge() : this.#idle()
          }
          const step = this.#useList()
          if (step !== undefined) return step
        }
      }
    }
  }

  /** Answers a request with a status. A find that failed or was refused still carries its empty properties. */
  replyStatus(status: Reply.Status): void {
    const request = this.#answerDue("replyStatus")
    if (status === Reply.Status.ok && (request === "FindEndpoint" || request === "FindDestination")) {
      throw new Error(`replyStatus(0) to ${request}: expected replyFound`)
    }
    this.#answering = undefined
    this.#state = "between requests"
    this.#outbox.add(Reply.encode(Reply.withoutProperties(request, status)))
  }

  /**
   * Answers a find: status 0 with the connection's properties and, for `FindDestination` only, those of the destination's
   * binding. The connection stays with the driver until the `HandedOver` step.
   */
  replyFound(properties: OctetString, destinationProperties?: OctetString): void {
    const request = this.#answerDue("replyFound")
    if (request === "FindEndpoint" && destinationProperties === undefined) {
      this.#outbox.add(Reply.encode({ _tag: "EndpointReply", status: Reply.Status.ok, properties }))
    } else if (request === "FindDestination" && destinationProperties !== undefined) {
      this.#outbox.add(
        Reply.encode({ _tag: "DestinationReply", status: Reply.Status.ok, destinationProperties, properties })
      )
    } else {
      throw new Error(`replyFound to ${request}: destination properties belong to FindDestination, and only there`)
    }
    this.#answering = undefined
    this.#finding = request === "FindEndpoint" ? "find_endp" : "find_dest"
    this.#state = "awaiting the client's dummy"
  }

  /**
   * Answers `Inspect` with whole attribute lists; they must not be changed until they are sent. Until the last part is given the state is
   * "reporting", and the requests behind this one wait.
   */
  report(bytes: Uint8Array, isLast: boolean): void {
    if (this.#state !== "reporting") {
      const request = this.#answerDue("report")
      if (!(request in inspectionNames)) throw new Error(`report to ${request}, which looks at nothing`)
    }
    if (isLast) this.#answering = undefined
    this.#state = isLast ? "between requests" : "reporting"
    this.#outbox.add(bytes)
  }

  /** Answers `SendDescriptor`: the byte with the descriptor is sent. */
  descriptorSent(): void {
    this.#sending("descriptorSent")
    this.#state = "awaiting the client's last dummy"
  }

  /**
   * Answers `SendDescriptor`: it could not be sent. The client waits for a byte that will not come, so the session is over:
   * the driver takes the connection back and disconnects, which tells the client at once.
   */
  descriptorFailed(): void {
    this.#sending("descriptorFailed")
    this.#end()
  }

  /**
   * Copies what is left of the last read, so that its array may be written to although the loop has not come to `Idle`: for
   * a driver that must wait until it can send.
   */
  retain(): void {
    this.#intake.inbox.retain()
  }

  /** Takes a descriptor that can be due nowhere in what has come: for a driver that stops before it gets to the `Stray` step. */
  takeStray(): D | undefined {
    const intake = this.#intake
    if (!intake.hasDescriptor) return undefined
    // It may be due as long as the name of the request that it could belong to stands there.
    const isDueSoon = this.#state === "awaiting the descriptor" && intake.inbox.unused > 0
    return isDueSoon || intake.inbox.holds(wireNames.SaveEndpoint) ? undefined : intake.takeDescriptor()
  }

  /** Takes the bytes to be sent, if there are any. The array may be shared: it must not be written to. */
  output(): Uint8Array | undefined {
    return this.#outbox.take()
  }

  /** The client is gone, or is to be: gives back a descriptor that no step has passed on, and how far a hand-over was. */
  close(): ServerRemains<D> {
    const { handOver } = this
    this.#end()
    return { descriptor: this.#intake.close(), handOver }
  }

  /** How far the hand-over of a connection is. */
  get handOver(): HandOver {
    switch (this.#state) {
      case "awaiting the client's dummy":
      case "sending the descriptor":
        return "offered"
      case "awaiting the client's last dummy":
        return "sent"
      default:
        return "none"
    }
  }

  /** Whether the client owes bytes: the rest of a request, a descriptor or a dummy. False between requests. */
  get owesBytes(): boolean {
    switch (this.#state) {
      case "between requests":
        return this.#intake.inbox.unused > 0
      case "awaiting the descriptor":
      case "awaiting the client's dummy":
      case "awaiting the client's last dummy":
        return true
      default:
        return false
    }
  }

  /** Where the session is in its conversation. */
  get state(): ServerState {
    return this.#state === "between requests" && this.#intake.inbox.unused > 0 ? "inside a request" : this.#state
  }

  #idle(): ServerStep<D> {
    const descriptor = this.#intake.settle()
    return descriptor === undefined ? idle : { _tag: "Stray", descriptor }
  }

  /** Uses the whole list at the front; `undefined` where it asks nothing of the driver. */
  #useList(): ServerStep<D> | undefined {
    switch (this.#state) {
      case "awaiting the client's dummy":
        return this.#useDummy(sendDescriptor, "sending the descriptor")
      case "awaiting the client's last dummy":
        return this.#useDummy(handedOver, "between requests")
      default:
        return this.#useRequest()
    }
  }

  #useDummy(step: ServerStep<D>, state: ServerState): ServerStep<D> {
    const { inbox, list } = this.#intake
    const { bytes, at } = inbox
    // scache(8) looks at the first name only: a value, and attributes behind it, do no harm.
    if (list.attributes > 0 && list.nameIs(0, bytes, at, nameDummy)) {
      this.#intake.consumeList()
      this.#state = state
      return step
    }
    const found = list.attributes > 0 ? printable(list.name(0, bytes, at)) : undefined
    this.#intake.consumeList()
    return this.#refuse(new DummyMissing({ request: this.#finding, found }), false)
  }

  #refuse(error: DummyMissing | RequestTooLarge, fatal: boolean): ServerStep<D> {
    const descriptorSent = this.#state === "awaiting the client's last dummy"
    this.#state = "between requests"
    if (fatal) this.#end()
    return { _tag: "HandOverRefused", error, descriptorSent, fatal }
  }

  #useRequest(): ServerStep<D> | undefined {
    const { inbox, list } = this.#intake
    const { bytes, at } = inbox
    const first = this.#firstAttribute()
    if (first > 0 && !(list.attributes > first && list.nameIs(first, bytes, at, nameRequest))) {
      // A stray dummy: the last one of an exchange that has ended otherwise.
      this.#intake.consumeList()
      return skipped
    }
    const request = decodeRequest(list, bytes, at, first)
    if (request instanceof Error) return this.#malformed(request, first, false)
    this.#intake.consumeList()
    if (request._tag === "SaveEndpoint") {
      this.#saving = request
      this.#outbox.add(dummy)
      this.#state = "awaiting the descriptor"
      return undefined
    }
    this.#answering = request
    this.#state = "answer due"
    switch (request._tag) {
      case "FindEndpoint":
        return { _tag: "FindEndpoint", request }
      case "SaveDestination":
        return { _tag: "SaveDestination", request }
      case "FindDestination":
        return { _tag: "FindDestination", request }
      case "Status":
      case "List":
      case "Watch":
        return { _tag: "Inspect", inspection: request }
    }
  }

  /** Where a request begins: behind a dummy that stands before it in the same list, like scache(8) has it. */
  #firstAttribute(): 0 | 1 {
    const { inbox, list } = this.#intake
    return list.attributes > 0 && list.nameIs(0, inbox.bytes, inbox.at, nameDummy) ? 1 : 0
  }

  #malformed(error: RequestError, first: number, fatal: boolean): ServerStep<D> {
    const { inbox, list } = this.#intake
    const kind = requestKind(list, inbox.bytes, inbox.at, first)
    const reply = kind === undefined ? "SaveEndpoint" : tagOf[kind]
    this.#outbox.add(Reply.encode(Reply.withoutProperties(reply, Reply.Status.malformed)))
    if (fatal) this.#end()
    else this.#intake.consumeList()
    return { _tag: "Malformed", error, fatal }
  }

  #spokeWhileWatching(): ServerStep<D> {
    this.#end()
    return { _tag: "Malformed", error: new SpokeWhileWatching(), fatal: true }
  }

  #tooLarge(): ServerStep<D> {
    const error = new RequestTooLarge({ requestBytesMax: this.requestBytesMax })
    return this.#state === "between requests"
      ? this.#malformed(error, this.#firstAttribute(), true)
      : this.#refuse(error, true)
  }

  #takeDescriptor(): ServerStep<D> {
    this.#intake.inbox.consume(1)
    // It cannot lie: only this state follows a save_endp request.
    const request = this.#saving as SaveEndpoint
    this.#saving = undefined
    this.#answering = request
    this.#state = "answer due"
    return { _tag: "SaveEndpoint", request, descriptor: this.#intake.takeDescriptor() }
  }

  #answerDue(call: string): (Request | Inspection)["_tag"] {
    if (this.#state !== "answer due" || this.#answering === undefined) {
      throw new Error(`${call} although no answer is due (${this.#state})`)
    }
    return this.#answering._tag
  }

  #sending(call: string): void {
    if (this.#state !== "sending the descriptor") throw new Error(`${call} although none is due (${this.#state})`)
  }

  #end(): void {
    this.#state = "over"
    this.#saving = undefined
    this.#answering = undefined
    this.#intake.end()
  }
}
