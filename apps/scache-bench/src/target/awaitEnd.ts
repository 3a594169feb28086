import type { SystemCalls } from "@scached/fdpass"
import { Effect } from "effect"
import { tryConnect } from "./ServerProcess.ts"
import type { Target } from "./Target.ts"

/** A process closes its sockets before its parent hears of its end. */
const hearingMillisMax = 1_000
const pollMillis = 10

/** How a server has ended that has hung up; undefined when it lives. */
export const awaitEnd = Effect.fnUntraced(function* (
  target: Target
): Effect.fn.Return<string | undefined, never, SystemCalls> {
  for (let waitedMillis = 0; waitedMillis < hearingMillisMax; waitedMillis += pollMillis) {
    // First of all: Ctrl-C ends servers too, and interrupts this wait before it can find that.
    yield* Effect.sleep(pollMillis)
    const end = target.findEnd()
    if (end !== undefined) return end
  }
  const refusal = yield* tryConnect(target.path)
  return refusal === undefined ? undefined : `nothing can be reached at ${target.path} any more: ${refusal}`
})
