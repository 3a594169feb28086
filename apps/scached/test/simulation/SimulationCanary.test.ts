import { expect, test } from "bun:test"
import { plantedBugs } from "./bugs/PlantedBugs.ts"
import { SimulationFailure } from "./Report.ts"
import { simulate } from "./Simulation.ts"

/** Within as many seeds each bug must be found: a dozen of each fault profile, and three seconds. */
const seedsMax = 200

/** The first failure, and of which seed. */
const findWith = (plant: (typeof plantedBugs)[number]["plant"]): readonly [number, SimulationFailure | undefined] => {
  const { restore, sabotage } = plant()
  try {
    for (let seed = 0; seed < seedsMax; seed++) {
      try {
        simulate(seed, sabotage)
      } catch (error) {
        if (error instanceof SimulationFailure) return [seed, error]
        throw error
      }
    }
    return [seedsMax, undefined]
  } finally {
    restore()
  }
}

for (const { found, name, plant } of plantedBugs) {
  test(`found: ${name}`, () => {
    const [seed, failure] = findWith(plant)
    expect(failure?.message.split("\n")[0]).toMatch(found)
    // The explanation must be enough to start from.
    expect(failure?.message).toContain(`SCACHED_SEED=${seed} bun test`)
    // As many seeds as it takes.
  }, 60_000)
}

test("without a bug these seeds pass", () => {
  simulate(0)
})
