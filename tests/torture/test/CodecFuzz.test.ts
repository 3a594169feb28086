/** The codec's fuzzers for a short while, from a fixed seed; `bun run fuzz` does more. FAST_CHECK_SEED is another seed. */
import { expect, test } from "bun:test"
import { fuzzClient, fuzzServer, growthOfEndlessRequest } from "../src/CodecFuzz.ts"

const { FAST_CHECK_SEED = "20260101" } = process.env
const options = { seed: Number(FAST_CHECK_SEED), cases: 5_000 }
const timeoutMillis = 60_000

for (const [name, fuzz] of [
  ["the server's session does what the reference does, whatever comes and however it is split", fuzzServer],
  ["the client's session bears whatever comes", fuzzClient]
] as const) {
  test(
    name,
    () => {
      const { cases, failure } = fuzz(options)
      expect(failure).toBeUndefined()
      expect(cases).toBe(options.cases)
    },
    timeoutMillis
  )
}

test("of a request without an end no more is kept than its limit", () => {
  expect(growthOfEndlessRequest(64)).toBeLessThan(32 * 2 ** 20)
})
