import { errnoName, KernelSystemCalls, type Outcome, SystemCalls, type SystemCallsShape } from "@scached/fdpass"
import { Effect } from "effect"

/** The system calls of the kernel. */
export const kernelCalls: SystemCallsShape = Effect.runSync(
  Effect.map(SystemCalls, (calls) => calls).pipe(Effect.provide(KernelSystemCalls.layer))
)

/** The value of a call that must succeed. */
export const must = <A>(outcome: A | Outcome): Exclude<A, number> => {
  if (typeof outcome === "number") throw new Error(`the call failed: ${errnoName(-outcome)}`)
  // The condition has just excluded the number; the compiler does not narrow a type parameter.
  return outcome as Exclude<A, number>
}
