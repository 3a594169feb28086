/**
 * Two servers, the same steps: where do they part?
 *
 * @category differential
 */
import type { SystemCalls } from "@scached/fdpass"
import { Effect } from "effect"
import * as AttributeList from "./AttributeList.ts"
import * as CacheSession from "./CacheSession.ts"
import type { LabFailure } from "./LabFailure.ts"

/**
 * What was seen of a server: for each step its lines, and at the end which connections it still held.
 *
 * @category differential
 */
export interface Observation {
  readonly steps: ReadonlyArray<ReadonlyArray<string>>
  readonly held: ReadonlyArray<number>
}

/**
 * Takes the steps with the server at a path, as one new client.
 *
 * @category differential
 */
export const observe = Effect.fnUntraced(function* (
  socketPath: string,
  steps: ReadonlyArray<CacheSession.Step>
): Effect.fn.Return<Observation, LabFailure, SystemCalls> {
  return yield* Effect.scoped(
    Effect.gen(function* () {
      const session = yield* CacheSession.open(socketPath)
      const seen = yield* Effect.forEach(steps, session.take)
      return { steps: seen, held: yield* session.held }
    })
  )
})

const words = (seen: ReadonlyArray<string> | undefined): string =>
  seen === undefined || seen.length === 0 ? "does nothing" : seen.join(", ")

/**
 * Where two observations of the same steps part first, in words; undefined when they are alike.
 *
 * @category differential
 */
export const divergence = (
  steps: ReadonlyArray<CacheSession.Step>,
  reference: Observation,
  target: Observation
): string | undefined => {
  for (const [index, step] of steps.entries()) {
    const [expected, found] = [words(reference.steps[index]), words(target.steps[index])]
    if (expected === found) continue
    const request = AttributeList.printable(step.request)
    return `step ${index} (${step.name}): to ${request} scache ${expected}; the target ${found}`
  }
  const [expected, found] = [reference.held.join(" "), target.held.join(" ")]
  return expected === found ? undefined : `at the end scache holds the connections ${expected}; the target ${found}`
}
