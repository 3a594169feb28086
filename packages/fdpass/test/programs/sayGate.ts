/** Prints which gate this process has entered the kernel by. */
import { libc } from "../../src/internal/kernel/libc.ts"

const { gateName, symbols } = libc()
if (symbols.close(-1) !== -9) throw new Error("the kernel did not answer")
console.log(gateName)
