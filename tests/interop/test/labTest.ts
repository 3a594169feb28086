/**
 * Tests that need the laboratory. Where it is missing they are skipped with the reason in their name, but under CI they fail: there
 * the laboratory is part of the job.
 */
import { test } from "bun:test"
import { KernelSystemCalls, type SystemCalls } from "@scached/fdpass"
import { Effect, Layer, type Scope } from "effect"
import { LabFailure } from "../src/LabFailure.ts"
import { findMissing, type PostfixMissing, PostfixTools } from "../src/PostfixTools.ts"

const { CI } = process.env

const laboratory = PostfixTools.layer.pipe(Layer.provideMerge(KernelSystemCalls.layer))

/** The runner would abandon a test that takes too long, and its Postfix with it: the test ends itself before, and tidies up. */
const releaseMillisMax = 20_000

interface LabTestOptions {
  readonly timeoutMillis?: number
  /** Why this test cannot run here, apart from a missing Postfix. */
  readonly impediment?: string | undefined
  /** Why this test is not for this machine, which is no failure under CI. */
  readonly misplaced?: string | undefined
}

/** What to do about what is missing; where only the rights are, there is nothing to install. */
const adviceOf = (found: PostfixMissing | undefined): string | undefined => {
  const isRoot = process.getuid?.() === 0
  if (found === undefined || isRoot) return found?.message
  return found.missing.length === 1 ? "needs root: run as root" : `${found.message}, and the tests too`
}

export const labTest = <E>(
  name: string,
  options: LabTestOptions,
  body: () => Effect.Effect<void, E, PostfixTools | SystemCalls | Scope.Scope>
): void => {
  if (options.misplaced !== undefined) return test.skip(`${name} [${options.misplaced}]`, () => undefined)
  const impediment = adviceOf(findMissing()) ?? options.impediment
  if (impediment !== undefined && !CI) return test.skip(`${name} [${impediment}]`, () => undefined)
  const timeoutMillis = options.timeoutMillis ?? 120_000
  const limited = Effect.timeoutOrElse(Effect.scoped(body()), {
    duration: timeoutMillis,
    orElse: () => Effect.fail(new LabFailure({ attempt: `finish "${name}"`, found: `no end in ${timeoutMillis} ms` }))
  })
  test(
    name,
    async () => {
      if (impediment !== undefined) throw new Error(impediment)
      await Effect.runPromise(limited.pipe(Effect.provide(laboratory)))
    },
    timeoutMillis + releaseMillisMax
  )
}
