import { expect, test } from "bun:test"
import { profiles } from "./simulation/FaultProfile.ts"
import { Totals } from "./simulation/Report.ts"
import { simulate } from "./simulation/Simulation.ts"

/** One seed to replay, or how many to run: `SCACHED_SEED=1234`, `SCACHED_SIMULATIONS=5000`. */
const { SCACHED_SEED, SCACHED_SIMULATIONS = "160" } = process.env
const seeds =
  SCACHED_SEED === undefined
    ? Array.from({ length: Number(SCACHED_SIMULATIONS) }, (_, index) => index)
    : [Number(SCACHED_SEED)]

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
    for (const count of [totals.handedOver, totals.putBack, totals.expired])
      expect(count).toBeGreaterThan(seeds.length / 2)
    expect(totals.faults.size).toBe(12)
  },
  30_000 + seeds.length * millisPerSeed
)

test("the same seed is the same run", () => {
  for (const seed of [2, 4, 21]) expect(simulate(seed).fingerprint).toBe(simulate(seed).fingerprint)
  expect(simulate(2).fingerprint).not.toBe(simulate(18).fingerprint)
})
