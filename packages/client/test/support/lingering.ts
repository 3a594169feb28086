import { dlopen, ptr } from "bun:ffi"
import type { Descriptor, SystemCalls } from "@scached/fdpass"

const { symbols } = dlopen("libc.so.6", {
  socket: { args: ["i32", "i32", "i32"], returns: "i32" },
  bind: { args: ["i32", "ptr", "u32"], returns: "i32" },
  listen: { args: ["i32", "i32"], returns: "i32" },
  getsockname: { args: ["i32", "ptr", "ptr"], returns: "i32" },
  connect: { args: ["i32", "ptr", "u32"], returns: "i32" },
  setsockopt: { args: ["i32", "i32", "i32", "ptr", "u32"], returns: "i32" },
  fcntl: { args: ["i32", "i32", "i32"], returns: "i32" }
})

const internet = 2
const stream = 1
const addressBytes = 16

/**
 * A TCP connection to a listener that accepts nobody, full of what nobody reads, and told to linger for an hour: whoever closes the last copy waits
 * that long. The listener's descriptor comes second, and is the caller's too.
 */
export const lingeringSocket = (calls: SystemCalls["Service"]): readonly [Descriptor, Descriptor] => {
  const address = Buffer.alloc(addressBytes)
  address.writeUInt16LE(internet, 0)
  address.writeUInt32BE(0x7f000001, 4)
  const length = Uint32Array.of(addressBytes)
  const [listener, client] = [symbols.socket(internet, stream, 0), symbols.socket(internet, stream, 0)]
  symbols.bind(listener, ptr(address), addressBytes)
  symbols.listen(listener, 1)
  symbols.getsockname(listener, ptr(address), ptr(length))
  if (symbols.connect(client, ptr(address), addressBytes) < 0) throw new Error("connect failed")
  symbols.fcntl(client, 4, 0o4002)
  const socket = calls.adopt(client)
  while (calls.send(socket, Buffer.alloc(65_536)) > 0);
  const linger = Uint32Array.of(1, 3_600)
  symbols.setsockopt(client, 1, 13, ptr(linger), 8)
  return [socket, calls.adopt(listener)]
}
