import { Errno } from "@scached/fdpass"
import type { ProcessCallsShape } from "../ProcessCalls.ts"

const outputBytesMax = 65_536

/** Runs a program to its end. The time limit applies even if a child of the program keeps its output open. */
export const runProgram: ProcessCallsShape["runProgram"] = ([name, ...words], millisMax) => {
  const { PATH } = process.env
  const program = Bun.which(name, PATH === undefined ? {} : { PATH })
  if (program === null) return -Errno.ENOENT
  const { exitedDueToTimeout, stdout } = Bun.spawnSync([program, ...words], {
    stdio: ["ignore", "pipe", "ignore"],
    env: PATH === undefined ? {} : { PATH },
    timeout: millisMax,
    killSignal: "SIGKILL",
    maxBuffer: outputBytesMax
  })
  return exitedDueToTimeout === true ? -Errno.ETIMEDOUT : stdout
}
