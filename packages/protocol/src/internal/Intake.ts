import { Inbox } from "./Inbox.ts"
import { ListScanner } from "./ListScanner.ts"

/** What a session has received and not used yet: bytes, the list at their front, and the descriptor that came with the last read. */
export class Intake<D> {
  readonly inbox: Inbox
  readonly list = new ListScanner()
  readonly #listBytesMax: number
  /**
   * It is here while the loop over its read lasts. Every byte that is used meanwhile and that a descriptor can be due at is one of
   * that read: what was left over from earlier ones is the start of a list.
   */
  #descriptor: D | undefined = undefined
  #isDrained = true
  #isOver = false

  /** `listBytesMax`: the longest list that is looked for, its terminator included. */
  constructor(listBytesMax: number) {
    this.#listBytesMax = listBytesMax
    this.inbox = new Inbox(listBytesMax)
  }

  /** Whether the driver's loop over the last read has finished. */
  get isDrained(): boolean {
    return this.#isDrained
  }

  /** Takes one read; the bytes of one that comes after the end are dropped, its descriptor is not. */
  push(bytes: Uint8Array, descriptor: D | undefined, byteCount: number): void {
    if (!this.#isDrained) throw new Error("push before next() has answered Idle: the driver's loop must finish first")
    this.#isDrained = false
    this.#descriptor = descriptor
    if (byteCount > 0 && !this.#isOver) this.inbox.push(bytes, byteCount)
  }

  /** Takes the descriptor of the last read, if it is still here. */
  takeDescriptor(): D | undefined {
    const descriptor = this.#descriptor
    this.#descriptor = undefined
    return descriptor
  }

  get hasDescriptor(): boolean {
    return this.#descriptor !== undefined
  }

  /**
   * Call this when the bytes received so far yield no further step. Returns the descriptor of the last read if no request claimed it; the caller
   * must dispose of it and call again. Returns undefined once the read is fully processed: its buffer may then be reused.
   */
  settle(): D | undefined {
    const stray = this.takeDescriptor()
    if (stray !== undefined) return stray
    this.inbox.retain()
    this.#isDrained = true
    return undefined
  }

  /** Whether a whole list within the limit lies at the front of what is unused. */
  findList(): boolean {
    const { inbox } = this
    return this.list.scan(inbox.bytes, inbox.at, Math.min(inbox.end, inbox.at + this.#listBytesMax))
  }

  /** Uses the list that was found. */
  consumeList(): void {
    this.inbox.consume(this.list.length)
    this.list.reset()
  }

  /** Forgets all bytes, and those that come from now on. */
  end(): void {
    this.#isOver = true
    this.inbox.clear()
    this.list.reset()
  }

  /** The same where no loop over a read goes on; gives back its descriptor. */
  close(): D | undefined {
    this.#isDrained = true
    this.end()
    return this.takeDescriptor()
  }
}
