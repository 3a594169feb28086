/**
 * Does with sockets of another process what this package has no call for. At descriptor 3 it is told a number and handed a socket: 0
 * closes the sending direction; with any other number a second descriptor follows, which is sent that many times in one message.
 * Each order is answered with a NUL byte.
 */
import { type Descriptor, Readiness } from "../../src/index.ts"
import { numberOf } from "../../src/internal/descriptor.ts"
import { libc } from "../../src/internal/kernel/libc.ts"
import { kernelCalls as calls, must } from "../support/machines.ts"
import { sendDescriptorsRaw } from "../support/rawMessages.ts"

const shutdownSending = 1
const orders = calls.adopt(3)
const buffer = calls.makeReceiveBuffer(1)
const epoll = must(calls.epollCreate())
const batch = calls.makeReadinessBatch(1)
calls.epollAdd(epoll, orders, Readiness.readable, 0)

const nextByte = (): number => {
  while (calls.epollWait(epoll, batch, -1) !== 1);
  if (calls.receive(orders, buffer, 1) !== 1) process.exit(0)
  return buffer.bytes[0] ?? 0
}
const nextDescriptor = (): Descriptor => {
  nextByte()
  const descriptor = buffer.takeDescriptor()
  if (descriptor === undefined) throw new Error("an order came without its descriptor")
  return descriptor
}

for (;;) {
  const count = nextByte()
  const socket = nextDescriptor()
  if (count === 0) libc().symbols.shutdown(numberOf(socket), shutdownSending)
  else {
    const cargo = nextDescriptor()
    sendDescriptorsRaw(socket, Array<Descriptor>(count).fill(cargo))
    cargo.close()
  }
  socket.close()
  calls.send(orders, new Uint8Array(1))
}
