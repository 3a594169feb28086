/** What no well-behaved program sends: several descriptors in one message. The package itself cannot, so the message is laid out here. */
import { type Descriptor, numberOf } from "../../src/internal/descriptor.ts"
import { libc } from "../../src/internal/kernel/libc.ts"
import { NativeBlock } from "../../src/internal/kernel/nativeMemory.ts"
import type { Outcome } from "../../src/SystemCalls.ts"

const vectorOffset = 56
const controlOffset = 72

export const sendDescriptorsRaw = (
  socket: Descriptor,
  descriptors: ReadonlyArray<Descriptor>,
  bytes: Uint8Array = new Uint8Array(1),
  flags = 0
): Outcome => {
  const controlLength = 16 + 4 * descriptors.length
  const bytesOffset = controlOffset + Math.ceil(controlLength / 8) * 8
  const message = new NativeBlock(bytesOffset + bytes.length)
  message.bytes.set(bytes, bytesOffset)
  message.putPointer(16, message, vectorOffset)
  message.bytes.writeUInt32LE(1, 24)
  message.putPointer(32, message, controlOffset)
  message.bytes.writeUInt32LE(controlLength, 40)
  message.putPointer(vectorOffset, message, bytesOffset)
  message.bytes.writeUInt32LE(bytes.length, vectorOffset + 8)
  message.bytes.writeUInt32LE(controlLength, controlOffset)
  message.bytes.writeUInt32LE(1, controlOffset + 8)
  message.bytes.writeUInt32LE(1, controlOffset + 12)
  for (const [index, each] of descriptors.entries()) {
    message.bytes.writeUInt32LE(numberOf(each), controlOffset + 16 + 4 * index)
  }
  const { symbols } = libc()
  const outcome = symbols.sendmsg(numberOf(socket), message.address, 0x4040 | flags)
  // Read once more behind the call, so that the block cannot have been collected before it.
  return message.bytes.length > 0 ? outcome : 0
}
