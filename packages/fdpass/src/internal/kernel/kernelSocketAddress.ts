import type { Outcome } from "../../SystemCalls.ts"
import { libc } from "./libc.ts"
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

/** The address that a socket is bound to: getsockname(2), which needs neither /proc nor a view of the socket's network. */
export const socketAddress = (number: number): SocketAddress | Outcome => {
  const address = new NativeBlock(addressBytes)
  const length = new NativeBlock(4)
  length.words[0] = addressBytes
  const outcome = libc().symbols.getsockname(number, address.address, length.address)
  if (outcome < 0) return outcome
  if (address.bytes.readUInt16LE(0) !== unixFamily) return { family: "other" }
  // The kernel counts the NUL that ends a path; one that begins it makes the address abstract, and all of the length is its name.
  const name = address.bytes.subarray(familyBytes, Math.min(length.words[0] ?? familyBytes, addressBytes))
  if (name[0] === 0) return { family: "unix", path: `@${name.toString("utf8", 1)}` }
  const end = name.indexOf(0)
  return { family: "unix", path: name.toString("utf8", 0, end < 0 ? name.length : end) }
}
