import { expect, test } from "bun:test"
import { findFault } from "../../src/workload/Workload.ts"
import { aWorkload } from "../support/aWorkload.ts"

test("a workload that fits has no fault", () => {
  expect(findFault(aWorkload(), 1_024)).toBeUndefined()
})

for (const [changes, expected] of [
  [{ clients: 0 }, "--clients 0: expected a whole number from 1 to 100000"],
  [{ ttlSeconds: 0.5 }, "--ttl 0.5"],
  [{ connections: 1 }, "--connections 1: expected at least 2, one for each that is cached"],
  [{ propertyBytesMin: 17 }, "--properties 17: expected a whole number from 18"],
  [{ propertyBytesMin: 40, propertyBytesMax: 20 }, "--properties 20"],
  [{ mix: { _tag: "Weights", weights: [0, 0, 0, 0] } }, "--mix"],
  [{ endpoints: 1_000, destinations: 2 }, "raise --destinations"],
  [{ popularity: { _tag: "Zipf", exponent: 0 } }, "--popularity zipf:0"],
  [{ cached: 5_000, connections: 5_100 }, "descriptors are needed for this workload and 1024 are allowed"]
] as const) {
  test(`${JSON.stringify(changes)} is refused`, () => {
    expect(findFault(aWorkload(changes), 1_024)?.message).toContain(expected)
  })
}
