import { type Pointer, toArrayBuffer } from "bun:ffi"
import { libc } from "./libc.ts"

/** Little-endian instruction words of arm64 as bytes. */
export const bytesOfWords = (words: ReadonlyArray<number>): ReadonlyArray<number> =>
  words.flatMap((word) => [word & 0xff, (word >>> 8) & 0xff, (word >>> 16) & 0xff, word >>> 24])

const readAndWrite = 3
const readAndExecute = 5
/** MAP_PRIVATE and MAP_ANONYMOUS. */
const ownMemory = 0x22

/**
 * Puts a function that a thread is to run into executable memory, and returns its address; undefined if there is no code for this machine, or
 * no memory for it. The gate's own code is loaded elsewhere: system calls need it, these here need system calls.
 */
export const loadCode = (code: Readonly<Record<string, ReadonlyArray<number>>>): number | undefined => {
  const bytes = code[process.arch]
  if (bytes === undefined) return undefined
  const { symbols } = libc()
  const address = symbols.mmap(0, bytes.length, readAndWrite, ownMemory, -1, 0)
  if (address < 0) return undefined
  // The kernel returned an address, which bun:ffi's types take for a plain number.
  new Uint8Array(toArrayBuffer(address as Pointer, 0, bytes.length)).set(bytes)
  return symbols.mprotect(address, bytes.length, readAndExecute) < 0 ? undefined : address
}
