/** scached under the hostile cases; what scache(8) does under the same is only observed, by `bun run hostile`. */
import { expect, test } from "bun:test"
import { KernelSystemCalls } from "@scached/fdpass"
import { Effect } from "effect"
import { hostileCases, impedimentOf, observe, startScached } from "../src/Hostile.ts"

const { CI } = process.env
const timeoutMillis = 60_000

for (const each of hostileCases) {
  const name = `${each.name}: ${each.scached}`
  const impediment = impedimentOf(each)
  if (impediment !== undefined && !CI) test.skip(`${name} [${impediment}]`, () => undefined)
  else {
    test(
      name,
      async () => {
        const seen = observe(startScached(undefined), [each])
        const run = Effect.runPromise(Effect.scoped(seen).pipe(Effect.provide(KernelSystemCalls.layer)))
        expect(await run).toEqual([each.scached])
      },
      timeoutMillis
    )
  }
}
