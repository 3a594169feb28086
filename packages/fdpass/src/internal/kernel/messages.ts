import type { Layout } from "../../Platform.ts"
import { passedDescriptorsMax, type SystemCallsShape } from "../../SystemCalls.ts"
import { type Descriptor, numberOf } from "../descriptor.ts"
import { libc } from "./libc.ts"
import { MessageBlock, NativeBlock, NativeReceiveBuffer } from "./nativeMemory.ts"

const unixFamily = 1
const packetType = 5
const dontWait = 0x40
const noSignal = 0x4000
const closeOnExecReceived = 0x40000000
const descriptorsLost = 0x08
const bytesLost = 0x20

type MessageCalls = Pick<SystemCallsShape, "packetSocket" | "packetSocketPair" | "sendMessage" | "receiveMessage">

/** What the calls of the layer have in common. */
interface Surroundings {
  readonly owned: (number: number) => Descriptor
  readonly closeNumber: (number: number) => void
  readonly prepareReceive: (into: NativeReceiveBuffer, room: number) => void
}

/** The calls for messages of several descriptors, which a cache has no use for. */
export const makeMessages = (layout: Layout, { closeNumber, owned, prepareReceive }: Surroundings): MessageCalls => {
  const { symbols } = libc()
  const socketFlags = packetType | layout.nonBlockingFlag | layout.closeOnExecFlag
  const pair = new NativeBlock(8)
  return {
    packetSocket: () => {
      const number = symbols.socket(unixFamily, socketFlags, 0)
      return number < 0 ? number : owned(number)
    },
    packetSocketPair: () => {
      const made = symbols.socketpair(unixFamily, socketFlags, 0, pair.address)
      return made < 0 ? made : [owned(pair.words[0] ?? 0), owned(pair.words[1] ?? 0)]
    },
    sendMessage: (socket, bytes, descriptors) => {
      const numbers = descriptors.map(numberOf)
      if (bytes.length < 1) throw new RangeError("a message of no bytes carries no descriptor")
      if (numbers.length > passedDescriptorsMax) throw new RangeError(`more than ${passedDescriptorsMax} descriptors`)
      const message = new MessageBlock(layout, bytes.length, Math.max(1, numbers.length))
      message.prepareToSendAll(bytes, numbers)
      const count = symbols.sendmsg(numberOf(socket), message.address, dontWait | noSignal)
      // Looked at once more behind the call, so that its memory cannot have been collected before.
      return message.block.bytes.length > 0 ? count : 0
    },
    receiveMessage: (socket, into) => {
      if (!(into instanceof NativeReceiveBuffer)) throw new TypeError("a receive buffer of another layer")
      prepareReceive(into, into.bytes.length)
      const count = symbols.recvmsg(numberOf(socket), into.message.address, dontWait | closeOnExecReceived)
      if (count < 0) return count
      for (const number of into.message.addedNumbers) closeNumber(number)
      const { flags } = into.message
      return {
        byteCount: count,
        descriptors: into.message.receivedNumbers.map(owned),
        hasLostDescriptors: (flags & descriptorsLost) !== 0,
        hasLostBytes: (flags & bytesLost) !== 0
      }
    }
  }
}
