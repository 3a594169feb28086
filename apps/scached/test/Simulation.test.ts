import { expect, test } from "bun:test"
import { profiles } from "./simulation/FaultProfile.ts"
import { Totals } from "./simulation/Report.ts"
import { seedsOf } from "./simulation/Seeds.ts"
import { simulate } from "./simulation/Simulation.ts"

const seeds = seedsOf(process.env)

/** Enough for a seed on a machine that has other things to do. */
const millisPerSeed = 2_000

test(
  `the daemon does what the model does, ${seeds.length === 1 ? `seed ${seeds[0]}` : `${seeds.length} seeds`}`,
  () => {
    const totals = new Totals()
    const startedAtMillis = performance.now()
    for (const seed of seeds) totals.add(simulate(seed).totals)
    const seconds = (performance.now() - startedAtMillis) / 1000
    console.log(`simulation: ${totals}; ${seconds.toFixed(1)} s`)
    expect(totals.seeds).toBe(seeds.length)
    if (seeds.length < profiles.length) return
    // A simulation in which nothing goes wrong, or nothing goes well, would find nothing.
    const { dead, evicted, expired, handedOver, putBack, refused, strangers } = totals
    for (const count of [handedOver, putBack, expired, evicted, refused, dead, strangers])
      expect(count).toBeGreaterThan(seeds.length / 2)
    expect(totals.faults.size).toBe(12)
  },
  30_000 + seeds.length * millisPerSeed
)

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
