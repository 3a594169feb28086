/**
 * Receives TCP sockets that were made to linger for an hour and cannot send what they hold: whoever closes one of them waits, and then
 * the alarm ends this process. Prints what came as JSON.
 */
import { dlopen } from "bun:ffi"
import { Effect } from "effect"
import { type Descriptor, KernelProcessCalls, ProcessCalls } from "../../src/index.ts"
import { numberOf } from "../../src/internal/descriptor.ts"
import { libc } from "../../src/internal/libc.ts"
import { NativeBlock } from "../../src/internal/nativeMemory.ts"
import { kernelCalls as calls, closeAll, must } from "../machines.ts"
import { sendDescriptorsRaw } from "../rawMessages.ts"

const { symbols } = libc()
const { symbols: more } = dlopen("libc.so.6", { getsockname: { args: ["i32", "ptr", "ptr"], returns: "i32" } })
const processCalls = Effect.runSync(ProcessCalls.pipe(Effect.provide(KernelProcessCalls.layer)))
processCalls.setAlarm(8_000)

const internet = 2
const streamNonBlocking = 1 | 0o4000 | 0o2000000
const address = new NativeBlock(16)
const length = new NativeBlock(4)
const on = new NativeBlock(8)

/** Both ends of a TCP connection over the loopback device. */
const connection = (): readonly [Descriptor, Descriptor] => {
  const [listener, client] = [symbols.socket(internet, streamNonBlocking, 0), symbols.socket(internet, 1, 0)]
  address.bytes.fill(0)
  address.bytes.writeUInt16LE(internet, 0)
  address.bytes.writeUInt32BE(0x7f000001, 4)
  symbols.bind(listener, address.address, 16)
  symbols.listen(listener, 1)
  length.words[0] = 16
  more.getsockname(listener, address.address, length.address)
  if (symbols.connect(client, address.address, 16) < 0) throw new Error("connect failed")
  const accepted = symbols.accept4(listener, null, null, 0)
  symbols.close(listener)
  return [calls.adopt(client), calls.adopt(accepted)]
}

const lingering = (): Descriptor => {
  const [near] = connection()
  while (calls.send(near, Buffer.alloc(65_536)) > 0);
  on.words.set([1, 3_600])
  symbols.setsockopt(numberOf(near), 1, 13, on.address, 8)
  return near
}

const [one, other] = must(calls.socketPair())
const sendLingering = (count: number): void => {
  const sent = Array.from({ length: count }, lingering)
  sendDescriptorsRaw(one, sent)
  closeAll(...sent)
}

sendLingering(3)
const buffer = calls.makeReceiveBuffer(8)
const count = calls.receive(other, buffer)
const { surplus, truncated } = buffer
// The first was not taken: the next read closes it.
const next = calls.receive(other, buffer)
sendLingering(1)
sendLingering(2)
const discarded = calls.discardUnread(other)
other.close()

// One that waits in the queue of another socket, of which nothing else is known.
const [inner, carrier] = must(calls.socketPair())
const hidden = lingering()
calls.sendDescriptor(inner, hidden)
const [outer, received] = must(calls.socketPair())
calls.sendDescriptor(outer, carrier)
calls.receive(received, buffer)
closeAll(inner, hidden, carrier)
const last = buffer.takeDescriptor()
if (last !== undefined) calls.letGo(last)
calls.letGo(lingering())
console.log(JSON.stringify({ count, surplus, truncated, next, discarded }))
process.exit(0)
