/** A soak of 20 seconds; `bun run soak` takes longer. It needs a Postfix that delivers: skipped where there is none, failed under CI. */
import { expect, test } from "bun:test"
import { KernelSystemCalls } from "@scached/fdpass"
import { PostfixTools } from "@scached/interop"
import { Effect, Layer } from "effect"
import * as CompiledProgram from "../src/CompiledProgram.ts"
import { run } from "../src/Soak.ts"
import { failuresOf } from "../src/SoakReport.ts"

const { CI } = process.env
const seconds = 20
/** Only a failure takes that long: the waits end with their state, or with a standstill. */
const timeoutMillis = 900_000
const laboratory = PostfixTools.PostfixTools.layer.pipe(Layer.provideMerge(KernelSystemCalls.layer))
const missing = PostfixTools.findMissing()?.message ?? CompiledProgram.findMissing()
const name = "no mail is lost or comes twice, whatever happens to scached, its clients and the destination"

if (missing !== undefined && !CI) test.skip(`${name} [${missing}]`, () => undefined)
else {
  test(
    name,
    async () => {
      const soak = run({ seconds, seed: 1 })
      const report = await Effect.runPromise(Effect.scoped(soak).pipe(Effect.provide(laboratory)))
      expect(failuresOf(report)).toEqual([])
      expect(report.delivered).toBe(report.accepted)
      expect(report.faults.size).toBeGreaterThanOrEqual(6)
    },
    timeoutMillis
  )
}
