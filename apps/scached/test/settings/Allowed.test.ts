import { expect, test } from "bun:test"
import { KernelProcessCalls, ProcessCalls } from "@scached/daemon"
import { Effect } from "effect"
import * as Allowed from "../../src/settings/Allowed.ts"

/** Looks a list of users up, and counts how often a file was read for it. */
const lookUp = (list: string) =>
  Effect.runSync(
    Effect.gen(function* () {
      const calls = yield* ProcessCalls
      let reads = 0
      const readFile = (path: string) => {
        reads++
        return calls.readFile(path)
      }
      const outcome = yield* Effect.result(
        Allowed.lookUp(Allowed.wordsOf("scached_allow_users", list), []).pipe(
          Effect.provideService(ProcessCalls, ProcessCalls.of({ ...calls, readFile }))
        )
      )
      return { outcome, reads }
    }).pipe(Effect.provide(KernelProcessCalls.layer))
  )

test("a name that stands there 200,000 times is looked up once", () => {
  const { outcome, reads } = lookUp("root ".repeat(200_000))
  expect(outcome).toMatchObject({ _tag: "Success", success: { users: [0] } })
  expect(reads).toBeLessThan(10)
})

test("more than 256 different names are too many, and none is looked up", () => {
  const list = Array.from({ length: 257 }, (_, index) => `user${index}`).join(", ")
  const { outcome, reads } = lookUp(list)
  expect(outcome).toMatchObject({
    _tag: "Failure",
    failure: { message: "scached_allow_users: more than 256 names: allow a group" }
  })
  expect(reads).toBe(0)
})
