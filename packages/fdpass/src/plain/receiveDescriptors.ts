import { Effect } from "effect"
import type { Descriptor } from "../Descriptor.ts"
import { type ReceivedMessage, SystemCalls } from "../SystemCalls.ts"
import * as UnixSocket from "../UnixSocket.ts"
import { closeReceived } from "./closeReceived.ts"
import { callsFor, lend, type PlainSocket, plainCalls, type SocketType, untilDone, untilReady } from "./PlainSocket.ts"
import { ReceivedDescriptors } from "./ReceivedDescriptors.ts"
import { DescriptorsLost, DescriptorsMissing, TransferTooLarge } from "./TransferError.ts"

/**
 * What `receiveDescriptors` may be told.
 *
 * @category plain
 */
export interface ReceiveOptions {
  /** How many are waited for: at a socket 1 unless told otherwise, at a path all that come until the sender ends. */
  readonly count?: number | "all"
  /** More than so many are refused; 1024 unless told otherwise. */
  readonly descriptorsMax?: number
  /** More bytes than so many are refused; 65,536 unless told otherwise. */
  readonly bytesMax?: number
  /** At a path: what is made there; `stream` unless told otherwise. */
  readonly type?: SocketType
  /** At a path: the mode of the socket file, which says who may send; 0o600 unless told otherwise. */
  readonly mode?: number
  /** Gives up waiting; what has come is closed. */
  readonly signal?: AbortSignal
}

const descriptorsMaxOf = ({ descriptorsMax = 1_024 }: ReceiveOptions): number => descriptorsMax
const bytesMaxOf = ({ bytesMax = 65_536 }: ReceiveOptions): number => bytesMax

/** What has come so far; throws where it is more than may come, or less than was sent. */
class Collection {
  readonly descriptors: Array<Descriptor> = []
  readonly #parts: Array<Uint8Array> = []
  readonly #options: ReceiveOptions
  #byteCount = 0

  constructor(options: ReceiveOptions) {
    this.#options = options
  }

  add(message: ReceivedMessage, bytes: Uint8Array): void {
    this.descriptors.push(...message.descriptors)
    // A copy, and not a view: the next read is into the same memory.
    this.#parts.push(new Uint8Array(bytes.subarray(0, message.byteCount)))
    this.#byteCount += message.byteCount
    if (message.hasLostDescriptors) throw new DescriptorsLost({ received: this.descriptors.length })
    const [bytesMax, descriptorsMax] = [bytesMaxOf(this.#options), descriptorsMaxOf(this.#options)]
    if (message.hasLostBytes || this.#byteCount > bytesMax)
      throw new TransferTooLarge({ limit: "bytesMax", max: bytesMax })
    if (this.descriptors.length > descriptorsMax)
      throw new TransferTooLarge({ limit: "descriptorsMax", max: descriptorsMax })
  }

  get received(): ReceivedDescriptors {
    return new ReceivedDescriptors(this.descriptors, new Uint8Array(Buffer.concat(this.#parts)))
  }
}

const collect = async (
  socket: Descriptor,
  options: ReceiveOptions,
  count: number | "all"
): Promise<ReceivedDescriptors> => {
  const calls = plainCalls()
  const expected = count === "all" ? Number.POSITIVE_INFINITY : count
  // One more than may come: what is too much is seen.
  const buffer = calls.makeReceiveBuffer(bytesMaxOf(options) + 1)
  const collection = new Collection(options)
  const wait = () => untilReady(socket, "readable", options.signal)
  try {
    while (collection.descriptors.length < expected) {
      const message = await untilDone("recvmsg", "", wait, () => calls.receiveMessage(socket, buffer))
      if (typeof message === "number") continue
      collection.add(message, buffer.bytes)
      // A packet may have descriptors and no byte; the end of a stream has neither.
      if (message.byteCount > 0 || message.descriptors.length > 0) continue
      if (count === "all") break
      throw new DescriptorsMissing({ expected, received: collection.descriptors.length })
    }
  } catch (error) {
    closeReceived(collection.descriptors)
    throw error
  }
  return collection.received
}

/** Serves a path for one sender. */
const receiveAt = (path: string, options: ReceiveOptions): Promise<ReceivedDescriptors> => {
  const { count = "all", mode = 0o600, signal, type = "stream" } = options
  const calls = callsFor(type)
  const receiveFrom = async (listener: Descriptor): Promise<ReceivedDescriptors> => {
    const wait = () => untilReady(listener, "readable", signal)
    const socket = await untilDone("accept", path, wait, () => calls.accept(listener))
    if (typeof socket === "number") throw new Error("accept has returned no descriptor")
    try {
      return await collect(socket, options, count)
    } finally {
      calls.discardUnread(socket)
      socket.close()
    }
  }
  const program = Effect.gen(function* () {
    const listener = yield* UnixSocket.listen(path, { mode, backlog: 1 })
    return yield* Effect.tryPromise({ try: () => receiveFrom(listener), catch: (error) => error })
  })
  return Effect.runPromise(Effect.scoped(program).pipe(Effect.provideService(SystemCalls, SystemCalls.of(calls))))
}

/**
 * Receives descriptors over a socket, or at a path, where it waits for one sender. What comes is yours: hold it with `using`, or close each.
 *
 * A stream has no boundaries: what the sender writes right behind the descriptors may be among `bytes`. Packets keep theirs.
 *
 * When it rejects, all that has come is closed: with `DescriptorsLost` where there was no room for some, `DescriptorsMissing` where the sender
 * ended early, `TransferTooLarge` where more came than was allowed, the signal's reason, or `SystemCallError`; at a path also with
 * `SocketPathInvalid`, `SocketInUse` or `NotASocket`.
 *
 * @category plain
 */
export const receiveDescriptors = async (
  from: string | PlainSocket,
  options: ReceiveOptions = {}
): Promise<ReceivedDescriptors> => {
  options.signal?.throwIfAborted()
  if (typeof from === "string") return receiveAt(from, options)
  return lend(from, (socket) => collect(socket, options, options.count ?? 1))
}
