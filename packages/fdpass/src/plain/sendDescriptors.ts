import type { Descriptor } from "../Descriptor.ts"
import { passedDescriptorsMax } from "../SystemCalls.ts"
import {
  connectSocket,
  lend,
  type PlainSocket,
  plainCalls,
  type SocketType,
  untilDone,
  untilReady
} from "./PlainSocket.ts"
import { TransferInvalid } from "./TransferError.ts"

/**
 * What `sendDescriptors` may be told.
 *
 * @category plain
 */
export interface SendOptions {
  /** What goes along; a NUL byte for each message unless told otherwise. A string stands for its UTF-8 bytes. */
  readonly bytes?: string | Uint8Array
  /** Of the server at a path; `stream` unless told otherwise. */
  readonly type?: SocketType
  /** Gives up waiting until the receiver has read enough; what has left by then has left. */
  readonly signal?: AbortSignal
}

/** One message: its bytes, and the descriptors that travel with them. */
interface Message {
  readonly bytes: Uint8Array
  readonly descriptors: ReadonlyArray<Descriptor>
}

/** Every message needs a byte: each takes one but the last, which takes the rest. */
const messagesOf = (descriptors: ReadonlyArray<Descriptor>, given: string | Uint8Array | undefined): Array<Message> => {
  const count = Math.max(1, Math.ceil(descriptors.length / passedDescriptorsMax))
  const bytes = typeof given === "string" ? new TextEncoder().encode(given) : (given ?? new Uint8Array(count))
  if (bytes.length < count) {
    const what = `${descriptors.length} descriptors travel in ${count} messages, and each carries a byte at least: expected ${count} bytes, found ${bytes.length}`
    throw new TransferInvalid({ what })
  }
  return Array.from({ length: count }, (_, index) => ({
    bytes: bytes.subarray(index, index === count - 1 ? bytes.length : index + 1),
    descriptors: descriptors.slice(index * passedDescriptorsMax, (index + 1) * passedDescriptorsMax)
  }))
}

const sendAll = async (
  socket: Descriptor,
  messages: ReadonlyArray<Message>,
  signal: AbortSignal | undefined
): Promise<void> => {
  const calls = plainCalls()
  const wait = () => untilReady(socket, "writable", signal)
  let sent = 0
  for (const { bytes, descriptors } of messages) {
    const subject = `after ${sent} descriptors`
    const send = () => calls.sendMessage(socket, bytes, descriptors)
    // What of a stream did not fit follows without descriptors, which have left with the first byte.
    for (let left = bytes.subarray(await untilDone("sendmsg", subject, wait, send)); left.length > 0; ) {
      left = left.subarray(await untilDone("send", subject, wait, () => calls.send(socket, left)))
    }
    sent += descriptors.length
  }
}

/** As `lend`, for all that is to be sent. */
const lendAll = async (
  descriptors: ReadonlyArray<PlainSocket>,
  use: (lent: ReadonlyArray<Descriptor>) => Promise<void>
): Promise<void> => {
  const adopted: Array<Descriptor> = []
  const lent = descriptors.map((each) => {
    if (typeof each !== "number") return each
    const one = plainCalls().adopt(each)
    adopted.push(one)
    return one
  })
  try {
    await use(lent)
  } finally {
    for (const each of adopted) each.surrender()
  }
}

/**
 * Sends copies of descriptors to the server at a path, or over a socket. Any number of them: 253 travel in a message, which is the kernel's limit,
 * and for more there are several messages, one behind the other.
 *
 * What is sent stays yours to close, before and after. The kernel holds the copies until they are received. Rejects with `SystemCallError`,
 * of which `subject` says how many descriptors had left: `ENOENT` and `ECONNREFUSED` where no server uses the path, `EPIPE` where the receiver
 * is gone, `ETOOMANYREFS` where more are on their way than this user may have open files; with `TransferInvalid` for fewer bytes than messages.
 *
 * @category plain
 */
export const sendDescriptors = async (
  to: string | PlainSocket,
  descriptors: ReadonlyArray<number | Descriptor>,
  { bytes, signal, type }: SendOptions = {}
): Promise<void> =>
  lendAll(descriptors, async (lent) => {
    signal?.throwIfAborted()
    const messages = messagesOf(lent, bytes)
    if (typeof to !== "string") return lend(to, (socket) => sendAll(socket, messages, signal))
    const socket = connectSocket(to, type)
    try {
      await sendAll(socket, messages, signal)
    } finally {
      socket.close()
    }
  })
