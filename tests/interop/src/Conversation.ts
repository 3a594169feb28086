/**
 * A scripted client that talks bytes: it knows no protocol, waits with a limit, and says precisely what it did not get.
 *
 * It is synchronous and blocks its thread while it waits, so that a script reads from top to bottom. What must go on meanwhile has to
 * be another process.
 *
 * @category conversations
 */
import {
  type Descriptor,
  Descriptors,
  Readiness,
  type ReadinessBatch,
  type ReceiveBuffer,
  SystemCalls,
  UnixSocket
} from "@scached/fdpass"
import { Effect, Schema, type Scope } from "effect"
import { printable } from "./AttributeList.ts"
import { type LabFailure, labFailure } from "./LabFailure.ts"
import type { Transcript } from "./Transcript.ts"

/**
 * The other side did not say what the script expects. Thrown, since a script is plain code.
 *
 * @category errors
 */
export class ConversationFailure extends Schema.TaggedError<ConversationFailure>()("ConversationFailure", {
  expected: Schema.String,
  found: Schema.String
}) {
  override get message(): string {
    return `expected ${this.expected}, found ${this.found}`
  }
}

/**
 * What a conversation may be given besides the socket.
 *
 * @category conversations
 */
export interface ConversationOptions {
  /** The longest that one expectation waits; twenty seconds if not given. Only a failure takes that long. */
  readonly waitMillisMax?: number
  /** Where the bytes of both sides are noted. */
  readonly transcript?: Transcript
}

/**
 * What had arrived when somebody looked.
 *
 * @category conversations
 */
export interface Arrived {
  readonly bytes: Buffer
  /** The passed descriptors in their order; the caller's to close. */
  readonly descriptors: ReadonlyArray<Descriptor>
  /** Whether the other side has closed. */
  readonly ended: boolean
}

const bytesMax = 256 * 1024

/**
 * One connection, as a script sees it.
 *
 * @category conversations
 */
export class Conversation {
  readonly #calls: SystemCalls["Service"]
  readonly #socket: Descriptor
  readonly #epoll: Descriptor
  readonly #events: ReadinessBatch
  readonly #buffer: ReceiveBuffer
  readonly #waitMillisMax: number
  readonly #transcript: Transcript | undefined

  constructor(calls: SystemCalls["Service"], socket: Descriptor, epoll: Descriptor, options: ConversationOptions) {
    this.#calls = calls
    this.#socket = socket
    this.#epoll = epoll
    this.#events = calls.makeReadinessBatch(1)
    this.#buffer = calls.makeReceiveBuffer(bytesMax)
    this.#waitMillisMax = options.waitMillisMax ?? 20_000
    this.#transcript = options.transcript
    calls.epollAdd(epoll, socket, Readiness.readable, 0)
  }

  /** Sends all of it. */
  send(bytes: Uint8Array): void {
    let sent = 0
    while (sent < bytes.length) {
      const outcome = this.#calls.send(this.#socket, bytes.subarray(sent))
      // A script sends little: a full socket means that nobody reads at the other end.
      if (outcome < 0) throw new ConversationFailure({ expected: "to send", found: `errno ${-outcome}` })
      sent += outcome
    }
    this.#transcript?.record("client", bytes)
  }

  /** Sends one NUL byte that carries a copy of `passed`. */
  sendDescriptor(passed: Descriptor): void {
    const outcome = this.#calls.sendDescriptor(this.#socket, passed)
    if (outcome !== 1) throw new ConversationFailure({ expected: "to send a descriptor", found: `errno ${-outcome}` })
    this.#transcript?.record("client", Buffer.of(0), true)
  }

  /** Waits for exactly these bytes, without a descriptor. */
  expect(bytes: Uint8Array): void {
    const wanted = Buffer.from(bytes)
    let read = Buffer.alloc(0)
    const fail = (note: string): never => {
      throw new ConversationFailure({ expected: printable(wanted), found: `${printable(read)} ${note}` })
    }
    while (read.length < wanted.length) {
      if (!this.#isReadable(this.#waitMillisMax)) fail("and then nothing")
      const count = this.#receive(wanted.length - read.length)
      if (count <= 0) fail("and then the end")
      read = Buffer.concat([read, this.#buffer.bytes.subarray(0, count)])
      const descriptor = this.#buffer.takeDescriptor()
      descriptor?.close()
      if (descriptor !== undefined) fail("with a descriptor")
      if (!wanted.subarray(0, read.length).equals(read)) {
        read = Buffer.concat([read, this.#peekRest()])
        fail("")
      }
    }
    this.#transcript?.record("server", wanted)
  }

  /** Waits for one NUL byte with a descriptor, and returns that; it is the caller's to close. */
  expectDescriptor(): Descriptor {
    const expected = "a NUL byte with a descriptor"
    if (!this.#isReadable(this.#waitMillisMax)) throw new ConversationFailure({ expected, found: "nothing" })
    const count = this.#receive(1)
    const descriptor = this.#buffer.takeDescriptor()
    if (count !== 1 || this.#buffer.bytes[0] !== 0 || descriptor === undefined) {
      descriptor?.close()
      const found = count <= 0 ? "the end" : printable(this.#buffer.bytes.subarray(0, count))
      throw new ConversationFailure({
        expected,
        found: `${found} ${descriptor === undefined ? "without" : "with"} one`
      })
    }
    this.#transcript?.record("server", Buffer.of(0), true)
    return descriptor
  }

  /** Waits until the other side closes, and has said nothing more before. */
  expectEnd(): void {
    const expected = "the end of the stream"
    if (!this.#isReadable(this.#waitMillisMax)) throw new ConversationFailure({ expected, found: "nothing" })
    const count = this.#receive(bytesMax)
    if (count > 0) throw new ConversationFailure({ expected, found: printable(this.#buffer.bytes.subarray(0, count)) })
  }

  /** Makes sure that nothing comes for a while. */
  expectSilence(millis: number): void {
    if (!this.#isReadable(millis)) return
    const { bytes, ended } = this.takeArrived()
    throw new ConversationFailure({ expected: "silence", found: ended ? "the end" : printable(bytes) })
  }

  /** Whether something comes, or the other side closes, within so many milliseconds. */
  hearsWithin(millis: number): boolean {
    return this.#isReadable(millis)
  }

  /** Takes what is there already, without waiting. */
  takeArrived(): Arrived {
    const pieces: Array<Buffer> = []
    const descriptors: Array<Descriptor> = []
    let ended = false
    while (!ended && this.#isReadable(0)) {
      const count = this.#receive(bytesMax)
      const descriptor = this.#buffer.takeDescriptor()
      if (descriptor !== undefined) descriptors.push(descriptor)
      if (count > 0) {
        const piece = Buffer.from(this.#buffer.bytes.subarray(0, count))
        pieces.push(piece)
        this.#transcript?.record("server", piece, descriptor !== undefined)
      }
      // ECONNRESET: the other side left without having read all. That is an end too.
      ended = count <= 0
    }
    return { bytes: Buffer.concat(pieces), descriptors, ended }
  }

  #peekRest(): Buffer {
    const { bytes, descriptors } = this.takeArrived()
    for (const descriptor of descriptors) descriptor.close()
    return bytes
  }

  #isReadable(millis: number): boolean {
    const outcome = this.#calls.epollWait(this.#epoll, this.#events, millis)
    if (outcome < 0) throw new ConversationFailure({ expected: "to wait", found: `errno ${-outcome}` })
    return outcome > 0
  }

  #receive(count: number): number {
    return this.#calls.receive(this.#socket, this.#buffer, count)
  }
}

/**
 * A conversation over a socket that somebody else owns, for instance the far end of a marked connection.
 *
 * @category conversations
 */
export const over = Effect.fnUntraced(function* (
  socket: Descriptor,
  options: ConversationOptions = {}
): Effect.fn.Return<Conversation, LabFailure, SystemCalls | Scope.Scope> {
  const calls = yield* SystemCalls
  const epoll = yield* UnixSocket.orFail("epoll_create1", calls.epollCreate()).pipe(
    Effect.flatMap(Descriptors.scoped),
    Effect.mapError(labFailure("open a conversation"))
  )
  return new Conversation(calls, socket, epoll, options)
})

/**
 * Connects to a server; the connection closes with the scope.
 *
 * @category conversations
 */
export const connect = Effect.fnUntraced(function* (
  path: string,
  options: ConversationOptions = {}
): Effect.fn.Return<Conversation, LabFailure, SystemCalls | Scope.Scope> {
  const socket = yield* UnixSocket.connect(path).pipe(Effect.mapError(labFailure(`connect to ${path}`)))
  return yield* over(socket, options)
})
