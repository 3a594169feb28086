/**
 * How many descriptors this process may have, and making the most of it.
 *
 * @category limits
 */

import { type SystemCallError, systemCallError } from "@scached/fdpass"
import { Effect } from "effect"
import { ProcessCalls } from "./ProcessCalls.ts"

/**
 * Raises the soft limit to the hard one, which needs no right, and returns how many descriptors this process may have from then on.
 *
 * Where that is refused, by a sandbox for instance, the limit stays what it is, and that is returned.
 *
 * @category limits
 */
export const raise: Effect.Effect<number, SystemCallError, ProcessCalls> = Effect.gen(function* () {
  const calls = yield* ProcessCalls
  const { hard, soft } = yield* read
  return soft < hard && calls.setDescriptorLimit(hard) < 0 ? soft : hard
})

const read = Effect.gen(function* () {
  const found = (yield* ProcessCalls).descriptorLimit()
  return typeof found === "number" ? yield* systemCallError("getrlimit", found, "RLIMIT_NOFILE") : found
})
