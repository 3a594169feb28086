import { type Incoming, incomingOf } from "./ConversationContext.ts"
import type { Message } from "./Message.ts"

/** What a client has said, how much of it the daemon has read, and how much of that the model has taken. */
export class ClientInput {
  /** A descriptor that the daemon has read and not used. */
  incoming: Incoming | undefined
  readonly #requestBytesMax: number
  #messages: Array<Message> = []
  #received = 0
  #taken = 0

  constructor(requestBytesMax: number) {
    this.#requestBytesMax = requestBytesMax
  }

  /** The client is about to say this. */
  declare(messages: ReadonlyArray<Message>): void {
    this.#messages.push(...messages)
  }

  /** The daemon has read bytes, and with them perhaps a descriptor. */
  received(count: number, file: Pick<Incoming, "number" | "fileId"> | undefined, canBeKept: boolean): void {
    if (file !== undefined) this.incoming = incomingOf(file, this.#received, count, canBeKept)
    this.#received += count
  }

  /** How many bytes the daemon has read. */
  get receivedBytes(): number {
    return this.#received
  }

  /** Whether the daemon has read bytes that the model has not taken. */
  get isPending(): boolean {
    return this.#received > this.#taken
  }

  /** The message that is next, whether the daemon has read it or not. */
  get first(): Message | undefined {
    return this.#messages[0]
  }

  /** Whether the daemon has read the next message, or as much of it as a request may have. */
  get hasFirst(): boolean {
    const message = this.first
    if (message === undefined) return false
    const limit = message.meaning._tag === "TooLarge" ? this.#requestBytesMax : message.bytes.length
    return this.#received - this.#taken >= limit
  }

  /** Whether a descriptor that is not used came with the byte that follows the next `skipped` ones. */
  hasDescriptorAfter(skipped: number): boolean {
    const file = this.incoming
    const at = this.#taken + skipped
    return file !== undefined && !file.isUsed && file.from <= at && at < file.to
  }

  /** Whether the bytes that the model has not taken name a save. */
  get namesSave(): boolean {
    const unused = Buffer.concat(this.#messages.map(({ bytes }) => bytes)).subarray(0, this.#received - this.#taken)
    return unused.includes("save_endp")
  }

  /** Takes the next message. */
  take(): void {
    this.#taken += this.#messages.shift()?.bytes.length ?? 0
  }

  /** Takes the byte that a descriptor was to come with, and returns the descriptor. */
  takeByte(): Incoming | undefined {
    const file = this.hasDescriptorAfter(0) ? this.incoming : undefined
    const message = this.#messages.shift()
    this.#taken++
    if (file !== undefined) this.incoming = undefined
    if (message === undefined || message.bytes.length === 1) return file
    // What follows the byte begins in the middle of a word, and is no list of a client's.
    const _tag = message.meaning._tag === "TooLarge" ? "TooLarge" : "Malformed"
    const meaning = { _tag, shape: "SaveEndpoint" } as const
    this.#messages.unshift({ bytes: message.bytes.subarray(1), meaning, isDummy: false })
    return file
  }
}
