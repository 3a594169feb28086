/** scached under the hostile cases; what scache(8) does under the same is only observed, by `bun run hostile`. */
import { expect, test } from "bun:test"
import { KernelSystemCalls } from "@scached/fdpass"
import { Effect } from "effect"
import { observe, startScached } from "../src/Hostile.ts"
import { hostileCases } from "../src/HostileCase.ts"

for (const each of hostileCases) {
  test(`${each.name}: ${each.scached}`, async () => {
    const seen = observe(startScached(undefined), [each])
    const run = Effect.runPromise(Effect.scoped(seen).pipe(Effect.provide(KernelSystemCalls.layer)))
    expect(await run).toEqual([each.scached])
  })
}
