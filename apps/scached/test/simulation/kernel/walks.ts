/**
 * Walks in a process of its own, where nothing else opens or closes descriptors. Its argument is an `Order` as JSON; what came of it goes to
 * standard output as an `Account`.
 */
import * as SimulatedSystemCalls from "@scached/fdpass/testing"
import { LeakWalk } from "./LeakWalk.ts"
import { plantedLeaks } from "./PlantedLeaks.ts"

/** What to do. */
export interface Order {
  readonly seeds: ReadonlyArray<number>
  /** Steps of each walk. */
  readonly steps: number
  /** The name of a leak to plant. */
  readonly leak: string | undefined
}

/** What came of it. */
export interface Account {
  /** How often each step was taken. */
  readonly steps: Readonly<Record<string, number>>
  /** What the daemons counted. */
  readonly totals: Readonly<Record<string, number>>
  /** The first descriptor that was lost or left over, and on which walk. */
  readonly problem: { readonly seed: number; readonly message: string } | undefined
}

const walk = async (seed: number, steps: number): Promise<LeakWalk> => {
  const random = new SimulatedSystemCalls.SeededRandom(seed)
  const made = new LeakWalk(random, random.pick([0, 0.05, 0.2]))
  try {
    for (let left = steps; left > 0; left--) await made.step()
    await made.end()
  } catch (error) {
    made.abandon()
    throw error
  }
  return made
}

const carryOut = async ({ leak, seeds, steps }: Order): Promise<Account> => {
  plantedLeaks.find(({ name }) => name === leak)?.plant()
  const account = { steps: new Map<string, number>(), totals: new Map<string, number>() }
  const add = (to: Map<string, number>, from: Iterable<readonly [string, unknown]>) => {
    for (const [key, count] of from) if (typeof count === "number") to.set(key, (to.get(key) ?? 0) + count)
  }
  let problem: Account["problem"]
  for (const seed of seeds) {
    try {
      const walked = await walk(seed, steps)
      add(account.steps, walked.steps)
      add(account.totals, Object.entries(walked.totals))
    } catch (error) {
      problem = { seed, message: String(error) }
      break
    }
  }
  return { steps: Object.fromEntries(account.steps), totals: Object.fromEntries(account.totals), problem }
}

if (import.meta.main) {
  // Written by the test that starts this.
  const order = JSON.parse(process.argv[2] ?? "") as Order
  console.log(JSON.stringify(await carryOut(order)))
}
