/**
 * Becomes another program, with every signal blocked and SIGALRM ignored: the words behind it are that program, by its path, and its arguments.
 */
import { dlopen, ptr } from "bun:ffi"

const { symbols } = dlopen("libc.so.6", {
  pthread_sigmask: { args: ["i32", "ptr", "ptr"], returns: "i32" },
  signal: { args: ["i32", "u64"], returns: "u64" },
  execv: { args: ["ptr", "ptr"], returns: "i32" }
})
const words = process.argv.slice(2).map((word) => Buffer.from(`${word}\0`))
const vector = new BigUint64Array(words.length + 1)
for (const [index, word] of words.entries()) vector[index] = BigInt(ptr(word))
const all = new Uint8Array(128).fill(255)
symbols.signal(14, 1)
symbols.pthread_sigmask(0, ptr(all), null)
symbols.execv(ptr(words[0] ?? Buffer.alloc(1)), ptr(vector))
process.exit(127)
