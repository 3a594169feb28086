import { expect, test } from "bun:test"
import { findLimit } from "../../src/load/runRound.ts"

const rate = (reached: number) => ({ asked: 1_000, reached })

for (const [name, found, expected] of [
  ["a busy client and a server with time to spare", findLimit(0.97, 0.6, undefined), "client"],
  ["a busy server", findLimit(0.6, 0.97, undefined), "server"],
  ["two that wait for each other", findLimit(0.4, 0.4, undefined), "unknown"],
  ["two that are both busy", findLimit(0.97, 0.97, undefined), "unknown"],
  ["a server that is not known, and a busy client", findLimit(0.97, undefined, undefined), "client"],
  ["a rate that was reached, with a client that waits awake", findLimit(1, 0.2, rate(995)), "rate"],
  ["a rate that was not reached by a busy server", findLimit(1, 0.97, rate(800)), "server"],
  ["a rate that was not reached, with a client that waits awake", findLimit(1, 0.2, rate(800)), "unknown"]
] as const) {
  test(`${name}: ${expected}`, () => {
    expect(found).toBe(expected)
  })
}
