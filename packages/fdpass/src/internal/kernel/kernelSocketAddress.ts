import { dlopen, read } from "bun:ffi"
import { Errno } from "../../Errno.ts"
import type { Outcome } from "../../SystemCalls.ts"
import { NativeBlock } from "./nativeMemory.ts"

/**
 * Where a socket is bound. An abstract address begins with `@`, for the NUL that it has in the kernel; a socket without an address
 * has an empty path.
 *
 * @category models
 */
export type SocketAddress = { readonly family: "unix"; readonly path: string } | { readonly family: "other" }

const unixFamily = 1
const familyBytes = 2
/** sizeof(struct sockaddr_un), and more than that of any other family that listens. */
const addressBytes = 110

/** Opened when it is first needed: bun:ffi compiles every declaration, and few programs ask. */
const open = () => {
  const { symbols } = dlopen("libc.so.6", {
    __errno_location: { args: [], returns: "ptr" },
    getsockname: { args: ["i32", "ptr", "ptr"], returns: "i32" }
  })
  return symbols
}

let opened: ReturnType<typeof open> | undefined

/** The address that a socket is bound to: getsockname(2), which needs neither /proc nor a view of the socket's network. */
export const socketAddress = (number: number): SocketAddress | Outcome => {
  opened ??= open()
  const address = new NativeBlock(addressBytes)
  const length = new NativeBlock(4)
  length.words[0] = addressBytes
  if (opened.getsockname(number, address.address, length.address) < 0) {
    const location = opened.__errno_location()
    return location === null ? -Errno.EIO : -read.i32(location, 0)
  }
  if (address.bytes.readUInt16LE(0) !== unixFamily) return { family: "other" }
  // The kernel counts the NUL that ends a path; one that begins it makes the address abstract, and all of the length is its name.
  const name = address.bytes.subarray(familyBytes, Math.min(length.words[0] ?? familyBytes, addressBytes))
  if (name[0] === 0) return { family: "unix", path: `@${name.toString("utf8", 1)}` }
  const end = name.indexOf(0)
  return { family: "unix", path: name.toString("utf8", 0, end < 0 ? name.length : end) }
}
