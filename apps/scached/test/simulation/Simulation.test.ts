import { expect, test } from "bun:test"
import * as SimulatedSystemCalls from "@scached/fdpass/testing"
import { coverageGaps, faultCoverage } from "./FaultCoverage.ts"
import { Totals } from "./Report.ts"
import { seedsOf, seedsUsual } from "./Seeds.ts"
import { simulate } from "./Simulation.ts"

const seeds = seedsOf(process.env)

/** Enough for a seed on a machine that has other things to do; it takes a tenth of that on the average. */
const millisPerSeed = 200

/** Of a run for hours it is told how far it is. */
const seedsPerReport = 10_000

test(
  `the daemon does what the model does, ${seeds.length === 1 ? `seed ${seeds[0]}` : `${seeds.length} seeds`}`,
  () => {
    const totals = new Totals()
    const startedAtMillis = performance.now()
    for (const seed of seeds) {
      totals.add(simulate(seed).totals)
      if (totals.seeds % seedsPerReport === 0) console.log(`simulation: ${totals.seeds} seeds passed`)
    }
    const seconds = (performance.now() - startedAtMillis) / 1000
    console.log(`simulation: ${totals}; ${seconds.toFixed(1)} s`)
    expect(totals.seeds).toBe(seeds.length)
    if (seeds.length < seedsUsual) return
    // A simulation in which nothing goes wrong, or nothing goes well, would find nothing.
    const { bindingsEvicted, dead, evicted, expired, handedOver, putBack, refused, strangers } = totals
    for (const count of [handedOver, putBack, expired, evicted, bindingsEvicted, refused, dead, strangers])
      expect(count).toBeGreaterThan(seeds.length / 2)
    expect(coverageGaps(totals.calls, totals.faults)).toEqual([])
  },
  30_000 + seeds.length * millisPerSeed
)

test("a system call that is not made, does not fail or fails in another way is noticed", () => {
  const calls = new Map([["accept", 1]])
  expect(coverageGaps(calls, new Map([["accept.EPERM", 1]]))).toContain("accept did not fail with ENOMEM")
  expect(coverageGaps(calls, new Map([["accept.EPERM", 1]]))).not.toContain("accept did not fail with EPERM")
  expect(coverageGaps(calls, new Map())).toContain("receive was not made while serving")
  expect(coverageGaps(new Map([["unlink", 1]]), new Map())).toContain("unlink was made while serving")
  expect(coverageGaps(calls, new Map([["look.EPERM", 1]]))).toContain("look.EPERM happened, and is not in the table")
})

test("the table of faults has all system calls", () => {
  const { calls } = new SimulatedSystemCalls.SimulatedKernel({ seed: 1 }).process("any")
  expect(Object.keys(faultCoverage).sort()).toEqual(Object.keys(calls).sort())
})

test("the same seed is the same run", () => {
  for (const seed of [2, 4, 21]) expect(simulate(seed).fingerprint).toBe(simulate(seed).fingerprint)
  expect(simulate(2).fingerprint).not.toBe(simulate(18).fingerprint)
})

test("a seed that is none is refused, with what to write", () => {
  expect(seedsOf({ SCACHED_SEED: "7" })).toEqual([7])
  expect(seedsOf({ SCACHED_SIMULATIONS: "3" })).toEqual([0, 1, 2])
  for (const wrong of ["abc", "", "-1", "1.5", "0x7"]) {
    expect(() => seedsOf({ SCACHED_SEED: wrong })).toThrow(
      `SCACHED_SEED="${wrong}" is not a whole number from 0 on: write for instance SCACHED_SEED=1234`
    )
  }
  expect(() => seedsOf({ SCACHED_SIMULATIONS: "0" })).toThrow('SCACHED_SIMULATIONS="0" is not a whole number from 1 on')
})
