import type { Request } from "@scached/protocol"
import type { ModelFound } from "../model/Model.ts"
import type { ModelConnection } from "../model/ModelConnection.ts"
import { describe, latin1, replyOf } from "../words.ts"
import { ClientInput } from "./ClientInput.ts"
import type { Answer, ConversationContext, ConversationState } from "./ConversationContext.ts"
import type { Message, Shape } from "./Message.ts"

/**
 * One client's conversation as it must be: from what the client says, and how much the daemon has read, it tells what the daemon must send.
 *
 * It moves only when the daemon does: when the daemon makes an answer, the request that it answers is applied to the model, at that
 * moment and in that order among all clients, whenever the answer leaves. What changes the model without an answer (a dummy, or something
 * else in its place) is applied when the daemon turns to anything else.
 */
export class Conversation {
  readonly name: string
  readonly input: ClientInput
  state: ConversationState
  /** Whether the daemon has accepted the client, and when. */
  acceptedAtMillis: number | undefined
  /** What the answers must have been, in order. */
  readonly answers: Array<Answer> = []
  /** Bytes the daemon has made and the kernel has not taken. */
  owed = ""
  /** They have not been sent yet, not even in vain, and hold nothing up. */
  #isGathered = false
  /** An answer is being made, and nothing behind it was looked at. */
  #isMaking = false
  /** Sending has failed for good: what is answered from then on reaches nobody. */
  isBroken = false
  /** The descriptor could not be sent, the socket not be watched, or the last answer is out: the daemon must close. */
  mustClose: string | undefined
  /** How the daemon's reading ended: 0, or the negated error number. */
  end: number | undefined
  lease: ModelConnection | undefined
  /** The model has taken leave of this client; its socket is closed at once. */
  isConcluded = false
  /** The daemon has let it wait since it had its share of the turn: nothing more of it is dealt with until it goes on. */
  isResting = false
  /** When the daemon has closed its end. */
  closedAtMillis: number | undefined
  debtSinceMillis: number | undefined
  /** Descriptors sent by the daemon, and how many of them the client has read. */
  sent = 0
  clientReceived = 0
  isClientAlive = true
  requests = 0
  /** Called when the daemon answers. */
  onAnswer: () => void = () => {}
  hits = 0
  readonly #context: ConversationContext
  #saving: Request.SaveEndpoint | undefined

  constructor(name: string, context: ConversationContext) {
    this.name = name
    this.#context = context
    this.input = new ClientInput(context.requestBytesMax)
    this.state = context.isGreeting ? "fresh" : "between"
  }

  /** The daemon has read bytes, and with them perhaps a descriptor. */
  received(count: number, file: { readonly number: number; readonly fileId: number } | undefined): void {
    if (this.input.incoming !== undefined) this.#fail("a descriptor was still held when the next bytes were read")
    this.input.received(count, file, file !== undefined && this.#context.model.canBeKept(file.number))
  }

  get isClosed(): boolean {
    return this.closedAtMillis !== undefined
  }

  /** It is of a user that may not connect: it gets nothing but the end. */
  refuse(): void {
    this.state = "over"
    this.mustClose = "its user may not connect"
  }

  /** The descriptor of a save is here, which the daemon must carry out now. */
  get isSaving(): boolean {
    if (this.#isStuck) return false
    if (this.state === "descriptor") return this.input.hasDescriptorAfter(0)
    // In one read with its request: the daemon does not wait between them.
    const { first, hasFirst } = this.input
    if (this.state !== "between" || first?.meaning._tag !== "Request" || !hasFirst) return false
    return first.meaning.request._tag === "SaveEndpoint" && this.input.hasDescriptorAfter(first.bytes.length)
  }

  /** The descriptor that is here can be due nowhere: no save is named in what has come. */
  get #isStray(): boolean {
    if (this.state === "over") return true
    if (this.state === "descriptor" && this.input.isPending) return false
    return !this.input.namesSave
  }

  /** The kernel did not take all of it. */
  get #isStuck(): boolean {
    return this.owed !== "" && !this.#isGathered
  }

  get isBlocked(): boolean {
    return this.#isStuck || (this.state === "sending" && this.mustClose === undefined)
  }

  /** The daemon has made these bytes, for requests that it has carried out; they leave at once or later. */
  making(bytes: Uint8Array): void {
    const text = latin1(bytes)
    if (this.isBroken) return
    this.#settleAll(() => true)
    let made = ""
    while (made.length < text.length) {
      const next = this.#step()
      if (next === undefined) break
      made += next
    }
    if (made !== text) this.#fail(`made ${JSON.stringify(text)}, must have made ${JSON.stringify(made)}`)
    // A second answer sends the first one before it.
    this.#isGathered = this.owed === ""
    this.#isMaking = true
    this.owed += made
  }

  /** The answer has left, or waits. */
  made(): void {
    this.#isMaking = false
  }

  /** The daemon hands these bytes to the kernel. */
  sending(bytes: Uint8Array): void {
    const text = latin1(bytes)
    // What asks for no answer was dealt with before this one left, unless it leaves at once.
    if (this.#isGathered && !this.#isMaking) this.settleSilent()
    this.#isGathered = false
    if (this.isBroken) this.#fail(`bytes were sent behind lost ones: ${JSON.stringify(text)}`)
    else if (!this.owed.startsWith(text)) {
      this.#fail(`sent ${JSON.stringify(text)}, must have sent ${JSON.stringify(this.owed)}`)
    }
  }

  /** What the kernel said to it: bytes taken, a refusal for now, or one for good. */
  sendingDone(outcome: number, isRetryable: boolean): void {
    if (outcome >= 0) this.owed = this.owed.slice(outcome)
    else if (!isRetryable) this.#break()
  }

  /** The daemon sends its descriptor of this number. */
  sendingDescriptor(number: number): void {
    this.settleSilent()
    if (this.owed !== "" || this.state !== "sending") this.#fail(`a descriptor was sent while ${this.state}`)
    if (this.lease?.number !== number) {
      this.#fail(`descriptor ${number} was sent, must have been ${this.lease?.number} (${describe(this.lease)})`)
    }
  }

  sendingDescriptorDone(outcome: number, isRetryable: boolean): void {
    if (outcome >= 0) {
      this.sent++
      this.state = "last dummy"
    } else if (!isRetryable) {
      this.#putBack()
      this.state = "over"
      this.mustClose = "the descriptor could not be sent"
    }
  }

  /** Applies what asks for no answer. When an answer could not be sent, nothing is applied that came behind its request. */
  settleSilent(): void {
    this.#settleAll(() => !this.#isStuck && !this.isResting)
  }

  #settleAll(goesOn: () => boolean): void {
    while (!this.isConcluded && goesOn()) {
      if (this.isBroken && this.state !== "over") {
        if (this.lease !== undefined) this.#putBack()
        this.state = "over"
        this.mustClose = "an answer could not be sent"
      }
      if (this.#isAnswerDue) return
      if (this.#step() === undefined) return
    }
  }

  /** The daemon turns to something else. */
  rest(): void {
    if (this.isConcluded || this.isResting) return
    this.settleSilent()
    const owes = this.#isStuck || this.state === "descriptor" || this.state === "dummy" || this.state === "last dummy"
    const isInside = this.state === "between" && this.input.isPending
    if (!owes && !isInside && !this.isBlocked) this.debtSinceMillis = undefined
    else this.debtSinceMillis ??= this.#context.nowMillis()
    if (this.state === "over" && this.owed === "") this.mustClose ??= "the last answer is out"
  }

  /** What must not be left undone when the daemon goes to sleep. */
  checkAsleep(nowMillis: number): void {
    if (this.isClosed) return
    if (this.mustClose !== undefined) return this.#fail(`not disconnected although ${this.mustClose}`)
    if (this.isConcluded || this.end !== undefined) return this.#fail("not disconnected although the client is gone")
    const { incoming } = this.input
    if (incoming !== undefined && (this.#isStray || !this.isBlocked))
      this.#fail(`a stray descriptor was not closed: ${incoming.number}`)
    if (this.isBroken) return
    if (!this.isBlocked && this.#isAnswerDue) return this.#fail(`not answered while ${this.state}`)
    if (this.dueMillis <= nowMillis) this.#fail(`not disconnected, it has owed since ${this.debtSinceMillis} ms`)
  }

  /** When the daemon disconnects it for what it owes. */
  get dueMillis(): number {
    return this.debtSinceMillis === undefined
      ? Number.POSITIVE_INFINITY
      : this.debtSinceMillis + this.#context.exchangeMillisMax
  }

  /**
   * The daemon ends it: whatever was being handed over goes back or is the client's. A connection goes back exactly when the client
   * cannot have it, and the kernel has told the daemon so.
   */
  conclude(isShutDown: boolean, connectionReset: number): void {
    if (this.isConcluded) return
    this.settleSilent()
    this.isConcluded = true
    const isOverdue = this.dueMillis <= this.#context.nowMillis()
    if (this.state === "over" && this.owed === "") this.mustClose ??= "the last answer is out"
    if (this.end === undefined && this.mustClose === undefined && !isShutDown && !isOverdue) {
      this.#fail(`disconnected without a reason, while ${this.state}`)
    }
    if (this.lease === undefined) return
    if (this.state !== "last dummy") return this.#putBack()
    const hasRead = this.clientReceived >= this.sent
    if (this.end === connectionReset) {
      if (hasRead) this.#fail(`${describe(this.lease)} goes back although the client has it`)
      return this.#putBack()
    }
    // Nothing was reset: the client has read it, or can still read it. Unless the daemon has not looked since the client's death, or was
    // told something else.
    if (this.end === 0 && !hasRead && !this.isClientAlive) this.#fail(`${describe(this.lease)} is lost`)
    this.#settle()
  }

  get #isAnswerDue(): boolean {
    if (this.state === "fresh") return true
    if (this.state === "descriptor") return this.input.first !== undefined && this.input.isPending
    return this.state === "between" && this.input.hasFirst && this.input.first?.meaning._tag !== "Dummy"
  }

  /** Does the next thing; answers with the bytes it brings, and with nothing when the client has to come first. */
  #step(): string | undefined {
    const message = this.input.first
    switch (this.state) {
      case "fresh":
        this.state = "between"
        return "protocol\0connection_cache_protocol\0\0"
      case "over":
      case "sending":
        return undefined
      case "descriptor":
        return message === undefined || !this.input.isPending ? undefined : this.#takeByte()
      default: {
        if (message === undefined || !this.input.hasFirst) return undefined
        this.input.take()
        return this.state === "between" ? this.#answer(message) : this.#takeDummy(message)
      }
    }
  }

  #takeByte(): string {
    const file = this.input.takeByte()
    const saving = this.#saving
    this.state = "between"
    if (saving === undefined) throw new Error("no save is under way")
    if (file === undefined) return this.#answered("SaveEndpoint", 2)
    if (file.isClosed) {
      this.#context.model.refuseEndpoint(saving, file)
      return this.#answered("SaveEndpoint", 2)
    }
    file.isUsed = true
    this.#context.model.saveEndpoint(saving, file, this.#context.nowMillis())
    return this.#answered("SaveEndpoint", 0)
  }

  #takeDummy({ isDummy, meaning }: Message): string {
    this.debtSinceMillis = undefined
    if (this.state === "dummy" && isDummy) {
      this.state = "sending"
      return ""
    }
    if (this.state === "dummy") this.#putBack()
    else this.#settle()
    this.state = meaning._tag === "TooLarge" ? "over" : "between"
    return ""
  }

  #answer({ meaning }: Message): string {
    const { model } = this.#context
    const now = this.#context.nowMillis()
    switch (meaning._tag) {
      case "Dummy":
        return ""
      case "Byte":
        return this.#answered("SaveEndpoint", 1)
      case "Malformed":
        return this.#answered(meaning.shape, 1)
      case "TooLarge":
        this.state = "over"
        return this.#answered(meaning.shape, 1)
      case "Request":
        break
    }
    const { request } = meaning
    switch (request._tag) {
      case "SaveEndpoint":
        this.#saving = request
        this.state = "descriptor"
        return "dummy\0\0\0"
      case "SaveDestination":
        return this.#answered(request._tag, model.saveDestination(request, now) ? 0 : 2)
      case "FindEndpoint":
        return this.#found(request._tag, model.findEndpoint(request.label, now))
      case "FindDestination":
        return this.#found(request._tag, model.findDestination(request.label, now))
    }
  }

  #found(shape: "FindEndpoint" | "FindDestination", found: ModelFound | undefined): string {
    this.#context.model.lookups[shape][found === undefined ? "misses" : "hits"]++
    if (found === undefined) return this.#answered(shape, 2)
    this.hits++
    this.lease = found.connection
    this.state = "dummy"
    return this.#answered(shape, 0, found)
  }

  #answered(shape: Shape, status: number, found?: ModelFound): string {
    this.requests++
    this.onAnswer()
    this.debtSinceMillis = undefined
    const properties = found?.connection.properties
    const { fileId } = found?.connection ?? { fileId: undefined }
    this.answers.push({ status, properties, destinationProperties: found?.destinationProperties, fileId })
    return replyOf(shape, status, found)
  }

  #break(): void {
    this.isBroken = true
    this.owed = ""
  }

  #settle(): void {
    if (this.lease !== undefined) this.#context.model.settle(this.lease)
    this.lease = undefined
  }

  #putBack(): void {
    if (this.lease !== undefined) this.#context.model.putBack(this.lease, this.#context.nowMillis())
    this.lease = undefined
  }

  #fail(message: string): void {
    this.#context.fail(`${this.name}: ${message}`)
  }
}
