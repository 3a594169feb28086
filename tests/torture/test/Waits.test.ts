/** That every case of `bun run waits` is played, and that the client whose waits are measured is answered all the time. No time is asserted. */
import { describe, expect, test } from "bun:test"
import { KernelSystemCalls } from "@scached/fdpass"
import { Effect } from "effect"
import { hostileCases, impedimentOf, startScached } from "../src/Hostile.ts"
import { shortScale, type WaitCase, waitCases } from "../src/WaitCases.ts"
import { longestOf, type Played, play } from "../src/Waits.ts"

const { CI } = process.env
// Of the hostile cases one, to show that they can be played here: Hostile.test.ts plays them all.
const played: ReadonlyArray<WaitCase> = [...waitCases(shortScale), ...hostileCases.slice(0, 1)]

for (const each of played) {
  const impediment = impedimentOf({ needs: "cc" }) ?? impedimentOf(each)
  if (impediment !== undefined && !CI) test.skip(`${each.name} [${impediment}]`, () => undefined)
  else {
    test(each.name, async () => {
      const start = (each.startScached ?? startScached)(undefined)
      const { wait, words } = await Effect.runPromise(play(each, start).pipe(Effect.provide(KernelSystemCalls.layer)))
      expect([words, wait.end]).toEqual([each.scached, "answered"])
      expect(wait.answers).toBeGreaterThan(0)
    })
  }
}

describe("the longest of some rounds", () => {
  const round = (longestMillis: number, end: Played["wait"]["end"] = "answered"): Played => ({
    words: "",
    wait: { answers: 1, longestMillis, end }
  })

  test.each([
    [[round(0.26), round(3.14)], "3.1 ms"],
    [[round(12.6)], "13 ms"],
    [[round(1_260)], "1.3 s"],
    [[round(5), round(10_000, "unanswered")], "more than 10.0 s"],
    [[round(5), round(2, "disconnected")], "is disconnected"]
  ])("%#: in words", (rounds, words) => {
    expect(longestOf(rounds)).toBe(words)
  })
})
