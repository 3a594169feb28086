import { Errno } from "../Errno.ts"
import { Descriptor, numberOf } from "../internal/descriptor.ts"
import type { Outcome } from "../SystemCalls.ts"
import type { SimulatedProcess } from "./SimulatedProcess.ts"

const showArgument = (argument: unknown): string | number => {
  if (argument instanceof Descriptor) return argument.isOwned ? numberOf(argument) : "gone"
  return typeof argument === "string" ? argument : ""
}

const showResult = (result: unknown): string | number => {
  if (typeof result === "number") return result
  if (result instanceof Descriptor) return `descriptor ${numberOf(result)}`
  return Array.isArray(result) ? result.map(showResult).join(", ") : "ok"
}

/** Counts and traces the calls of a process; a dead process gets nothing done, and one whose alarm has rung is dead. */
export const makeTracer =
  (process: SimulatedProcess) =>
  <A extends ReadonlyArray<unknown>, R>(name: string, run: (...args: A) => R) =>
  (...args: A): R | Outcome => {
    process.checkAlarm()
    if (!process.isAlive) return -Errno.EBADF
    process.countCall(name)
    const subject = showArgument(args[0])
    const result = run(...args)
    process.kernel.noteCall(process, name, subject, showResult(result))
    return result
  }
