/**
 * Passes a socket, and stays in the middle of a call with its own copy, which holds the socket's lock: what it would read into or send is a
 * page that userfaultfd(2) never fills, as a page of somebody's own file system may never be. Arguments: `tcp` or `unix`, and the
 * path of the socket to pass it through. Prints `cannot` where the kernel does not let it.
 */
import { dlopen, type Pointer } from "bun:ffi"
import { numberOf } from "../../src/internal/descriptor.ts"
import { libc } from "../../src/internal/kernel/libc.ts"
import { NativeBlock } from "../../src/internal/kernel/nativeMemory.ts"
import { connection, makeLinger } from "../support/lingering.ts"
import { kernelCalls as calls, must } from "../support/machines.ts"

const [kind = "", path = ""] = process.argv.slice(2)
const { symbols } = libc()
const { symbols: more } = dlopen("libc.so.6", {
  syscall: { args: ["u64", "u64"], returns: "i64" },
  mmap: { args: ["ptr", "u64", "i32", "i32", "i32", "i64"], returns: "ptr" },
  ioctl: { args: ["i32", "u64", "ptr"], returns: "i32" },
  send: { args: ["i32", "ptr", "u64", "i32"], returns: "i32" }
})

const userFaultCall = process.arch === "arm64" ? 282 : 323
const apiRequest = 0xc018aa3f
const registerRequest = 0xc020aa00
const missingPages = 1n
const pageBytes = 65_536

/** Memory of which every use waits without end. */
const neverThere = (): Pointer | undefined => {
  const number = Number(more.syscall(userFaultCall, 0o2000000))
  const page = more.mmap(null, pageBytes, 3, 0x22, -1, 0)
  if (number < 0 || typeof page !== "number") return undefined
  const block = new NativeBlock(32)
  const view = new DataView(block.buffer)
  view.setBigUint64(0, 0xaan, true)
  if (more.ioctl(number, apiRequest, block.address) < 0) return undefined
  const range = [BigInt(page), BigInt(pageBytes), missingPages, 0n]
  for (const [index, each] of range.entries()) view.setBigUint64(8 * index, each, true)
  return more.ioctl(number, registerRequest, block.address) < 0 ? undefined : page
}

const page = neverThere()
if (page === undefined) {
  console.log("cannot")
  process.exit(0)
}
const through = must(calls.socket())
if (calls.connect(through, path) < 0) throw new Error("nobody listens")
if (kind === "tcp") {
  const [held] = connection()
  makeLinger(held)
  calls.sendDescriptor(through, held)
  more.send(numberOf(held), page, 1, 0)
} else {
  const [held, far] = must(calls.socketPair())
  calls.send(far, Buffer.from("x"))
  calls.sendDescriptor(through, held)
  symbols.recv(numberOf(held), page, 1, 0x02)
}
