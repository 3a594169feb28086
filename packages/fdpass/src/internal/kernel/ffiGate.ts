/** The gate that bun:ffi makes: it needs memory that is made executable, for its own code as well as for ours. */
import { dlopen, FFIType, linkSymbols, type Pointer, toArrayBuffer } from "bun:ffi"
import { currentPlatform } from "../../Platform.ts"
import type { DirectCalls, DirectFunctions, Gate } from "./Gate.ts"
import { assembled, directBytes, machineCode } from "./machineCode.ts"

const library = "libc.so.6"
const threadLibrary = "libpthread.so.0"
const readAndWrite = 3
const readAndExecute = 5
/** MAP_PRIVATE and MAP_ANONYMOUS. */
const ownMemory = 0x22

/** What makes the gate, and is not used again. */
const openLoader = () =>
  dlopen(library, {
    __errno_location: { args: [], returns: "ptr" },
    mmap: { args: ["ptr", "u64", "i32", "i32", "i32", "u64"], returns: "ptr" },
    mprotect: { args: ["ptr", "u64", "i32"], returns: "i32" }
  }).symbols

/** Memory is never writable and executable at once. For arm64: the kernel makes the instructions visible when it changes the protection. */
const load = (code: Uint8Array, { mmap, mprotect }: ReturnType<typeof openLoader>): Pointer => {
  const address = mmap(null, code.length, readAndWrite, ownMemory, -1, 0)
  // MAP_FAILED is -1, and beyond 2^53.
  if (typeof address !== "number") throw new Error("no memory for machine code")
  new Uint8Array(toArrayBuffer(address, 0, code.length)).set(code)
  if (mprotect(address, code.length, readAndExecute) < 0) throw new Error("memory may not be made executable")
  return address
}

/** bun:ffi converts a `ptr` fastest, and takes any whole number for one, negative ones too. */
const sevenWords = ["ptr", "ptr", "ptr", "ptr", "ptr", "ptr", "ptr"] as const

const open = (file: string, name: string): unknown =>
  dlopen(file, { [name]: { args: [], returns: "i32" } }).symbols[name]

/** Until glibc 2.32 (Debian 11 has 2.31) the functions for threads are in a library of their own. */
const functionOf = (name: string): unknown => {
  try {
    return open(library, name)
  } catch {
    return open(threadLibrary, name)
  }
}

const functionNamed = (name: string): number => {
  const found = functionOf(name)
  // bun:ffi puts a function's address on what it makes of it.
  const address: unknown = typeof found === "function" ? Reflect.get(found, "ptr") : undefined
  if (typeof address !== "number") throw new Error(`the C library has no ${name}`)
  return address
}

/** Opens the gate; throws, with the reason, where bun:ffi does not work or the code cannot be loaded. */
export const openFfiGate = (): Gate => {
  const code = machineCode[currentPlatform]
  if (code === undefined) throw new Error(`no machine code for ${currentPlatform}`)
  const loader = openLoader()
  const errnoLocation = loader.__errno_location()
  if (typeof errnoLocation !== "number") throw new Error("the C library gave no errno location")
  const { symbols } = linkSymbols({
    enter: { ptr: load(assembled(code.enter), loader), args: sevenWords, returns: FFIType.i64_fast },
    callFunction: { ptr: load(assembled(code.callFunction), loader), args: sevenWords, returns: FFIType.i64_fast }
  })
  // bun:ffi's types ask for a pointer's brand, which numbers lack. A result is beyond 2^53, where it would be a bigint, for no call.
  const enter = symbols["enter"] as unknown as Gate["enter"]
  const call = symbols["callFunction"] as unknown as Gate["enter"]
  const direct = <Calls extends DirectCalls>(calls: Calls): DirectFunctions<Calls> => {
    const entries = Object.entries(calls)
    const routines = new Uint8Array(entries.length * directBytes)
    for (const [index, [, [call]]] of entries.entries()) routines.set(assembled(code.direct(call)), index * directBytes)
    const begin = load(routines, loader)
    const declarations = entries.map(([name, [, count]], index) => {
      const args = sevenWords.slice(0, count)
      // As a result, `i64_fast` costs 8 to 10 ns more, which `enter` needs for the addresses that mmap returns.
      return [name, { ptr: (begin + index * directBytes) as Pointer, args, returns: FFIType.i32 }] as const
    })
    // The list decides names and arguments of both the type and the functions, which the compiler cannot follow through a loop.
    return linkSymbols(Object.fromEntries(declarations)).symbols as unknown as DirectFunctions<Calls>
  }
  return {
    name: "bun:ffi",
    enter,
    direct,
    callFunction: (address, a, b, c, d, e) => call(address, a, b, c, d, e, errnoLocation),
    functionNamed
  }
}
