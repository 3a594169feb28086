/** TCP sockets that were made to linger for an hour and cannot send what they hold: whoever closes one of them waits. */
import type { Descriptor } from "../../src/index.ts"
import { numberOf } from "../../src/internal/descriptor.ts"
import { libc } from "../../src/internal/kernel/libc.ts"
import { NativeBlock } from "../../src/internal/kernel/nativeMemory.ts"
import { kernelCalls as calls } from "./machines.ts"

const { symbols } = libc()

const internet = 2
const streamNonBlocking = 1 | 0o4000 | 0o2000000
const address = new NativeBlock(16)
const length = new NativeBlock(4)
const on = new NativeBlock(8)

/** Both ends of a TCP connection over the loopback device. */
export const connection = (): readonly [Descriptor, Descriptor] => {
  const [listener, client] = [symbols.socket(internet, streamNonBlocking, 0), symbols.socket(internet, 1, 0)]
  address.bytes.fill(0)
  address.bytes.writeUInt16LE(internet, 0)
  address.bytes.writeUInt32BE(0x7f000001, 4)
  symbols.bind(listener, address.address, 16)
  symbols.listen(listener, 1)
  length.words[0] = 16
  symbols.getsockname(listener, address.address, length.address)
  if (symbols.connect(client, address.address, 16) < 0) throw new Error("connect failed")
  const accepted = symbols.accept4(listener, 0, 0, 0)
  symbols.close(listener)
  return [calls.adopt(client), calls.adopt(accepted)]
}

/** For an hour. */
export const makeLinger = (socket: Descriptor): void => {
  on.words.set([1, 3_600])
  symbols.setsockopt(numberOf(socket), 1, 13, on.address, 8)
}

/** One end of a connection whose other end nobody reads. */
export const lingering = (): Descriptor => {
  const [near] = connection()
  while (calls.send(near, Buffer.alloc(65_536)) > 0);
  makeLinger(near)
  return near
}
