/**
 * After every step of whatever clients do, each descriptor that the daemon has open on the real kernel is accounted for.
 */
import { expect, test } from "bun:test"
import { join } from "node:path"
import type { CacheTotals } from "../../src/cache/CacheStatistics.ts"
import { stages } from "../simulation/kernel/LeakWalk.ts"
import { plantedLeaks } from "../simulation/kernel/PlantedLeaks.ts"
import type { Account, Order } from "../simulation/kernel/walks.ts"
import { seedsOf } from "../simulation/Seeds.ts"

const seedsUsual = 24
const stepsPerWalk = 300

const seeds = seedsOf(process.env, seedsUsual)

/** What ends a process that hangs: many times what it takes. */
const millisMax = 20_000 + seeds.length * 2_000

const program = join(import.meta.dir, "../simulation/kernel/walks.ts")

const walk = async (order: Omit<Order, "steps">): Promise<Account> => {
  const argument = JSON.stringify({ ...order, steps: stepsPerWalk } satisfies Order)
  const child = Bun.spawn([process.execPath, "run", program, argument], {
    stdout: "pipe",
    stderr: "inherit",
    timeout: millisMax
  })
  const text = await new Response(child.stdout).text()
  expect(await child.exited).toBe(0)
  // Written by the program above.
  return JSON.parse(text) as Account
}

/** Ways in which connections, bindings and clients have ended, or did not get that far. */
const endings: ReadonlyArray<keyof CacheTotals> = [
  "handedOver",
  "putBack",
  "expired",
  "evictedConnections",
  "evictedBindings",
  "refusedSaves",
  "hungUp",
  "spoke",
  "timedOut"
]

test(
  `no descriptor is lost or left over after any step, ${seeds.length === 1 ? `seed ${seeds[0]}` : `${seeds.length} seeds`}`,
  async () => {
    const { problem, steps, totals } = await walk({ seeds, leak: undefined })
    if (problem !== undefined) {
      const { message, seed } = problem
      throw new Error(`${message}\nreplay: SCACHED_SEED=${seed} bun test apps/scached/test/cache/Leaks.test.ts`)
    }
    expect(Object.values(steps).reduce((sum, count) => sum + count, 0)).toBe(seeds.length * stepsPerWalk)
    if (seeds.length < seedsUsual) return
    // Walks on which nothing happens would find nothing.
    for (const stage of stages) {
      for (const step of ["leave", "a file", "nonsense"]) expect(steps).toHaveProperty([`${step} while ${stage}`])
    }
    const rare = endings.filter((ending) => (totals[ending] ?? 0) < 10)
    expect(rare).toEqual([])
  },
  millisMax
)

for (const { name } of plantedLeaks) {
  test(
    `found: ${name}`,
    async () => {
      const { problem } = await walk({ seeds: seedsOf({}, seedsUsual), leak: name })
      expect(problem?.message).toMatch(/after ".*": /)
    },
    millisMax
  )
}
