import { expect } from "bun:test"
import { join } from "node:path"
import { Effect } from "effect"
import type { Step } from "../src/CacheSession.ts"
import { type CacheTarget, scache, scachedExecutable, scachedFromSource } from "../src/CacheTarget.ts"
import { divergence, observe } from "../src/Differential.ts"
import { steps } from "../src/StepGenerator.ts"
import * as TempDirectory from "../src/TempDirectory.ts"
import { asStep, toleratedDifferences } from "../src/ToleratedDifference.ts"
import { labTest } from "./labTest.ts"

const stepsPerSeed = 30
const { SCACHED_SEED: chosenSeed } = process.env
if (chosenSeed !== undefined && !/^[0-9]{1,15}$/.test(chosenSeed)) {
  throw new Error(`SCACHED_SEED="${chosenSeed}" is not a whole number: write for instance SCACHED_SEED=1234`)
}
const seeds = chosenSeed === undefined ? Array.from({ length: 40 }, (_, index) => index + 1) : [Number(chosenSeed)]
const replay = (seed: number) => `replay with: SCACHED_SEED=${seed} bun test test/Differential.test.ts`

/** Large, so that scache's clock of whole seconds plays no part. */
const ttlLimitSeconds = 1000

const startAt = Effect.fnUntraced(function* (target: CacheTarget) {
  const socketPath = join(yield* TempDirectory.make, "cache")
  yield* target.start(socketPath, { ttlLimitSeconds })
  return socketPath
})

// scache against scache shows that the comparison itself is without chance.
for (const target of [scache, scachedFromSource, scachedExecutable]) {
  const impediment = target.impediment()
  const options = { impediment, timeoutMillis: 240_000 }

  labTest(`${target.name} answers random requests like scache, to the byte and to the descriptor`, options, () =>
    Effect.gen(function* () {
      const [reference, subject] = [yield* startAt(scache), yield* startAt(target)]
      for (const seed of seeds) {
        const sequence = steps(seed, stepsPerSeed)
        const found = divergence(sequence, yield* observe(reference, sequence), yield* observe(subject, sequence))
        if (found !== undefined) throw new Error(`seed ${seed}, ${found}\n${replay(seed)}`)
      }
    })
  )

  labTest(`${target.name} differs from scache where it is said to, and only as it is said to`, options, () =>
    Effect.gen(function* () {
      const subject = yield* startAt(target)
      for (const difference of toleratedDifferences) {
        const { steps: seen } = yield* observe(subject, [asStep(difference)])
        const expected = target.isReference ? difference.scache : difference.scached
        expect({ difference: difference.name, seen: seen[0] }).toEqual({ difference: difference.name, seen: expected })
        expect(difference.scached, difference.name).not.toEqual(difference.scache)
      }
    })
  )
}

/** What the generator must reach, or the comparison says nothing of it. */
labTest("the random requests meet every kind of answer", {}, () =>
  Effect.gen(function* () {
    const subject = yield* startAt(scache)
    const met = new Set<string>()
    for (const seed of seeds) {
      const { steps: seen } = yield* observe(subject, steps(seed, stepsPerSeed))
      for (const line of seen.flat()) met.add(line.replace(/\|property\|.*/, "").replace(/connection \d+/, "one"))
      if (seen.some((lines) => lines.length === 0)) met.add("silence")
    }
    if (chosenSeed !== undefined) return
    const wanted = ["silence", "says dummy|||", "says |", "passes one"]
    const statuses = ["says status|0||", "says status|1||", "says status|2||"]
    const finds = ["says status|0", "says status|1", "says status|2"]
    expect([...met].sort()).toEqual([...wanted, ...statuses, ...finds].sort())
  })
)

/** The same steps, but for one of them. */
const spoil = (sequence: ReadonlyArray<Step>, at: number, change: Partial<Step>): ReadonlyArray<Step> =>
  sequence.map((step, index) => (index === at ? { ...step, ...change } : step))

labTest("a server that does one thing otherwise is caught", {}, () =>
  Effect.gen(function* () {
    const [reference, subject] = [yield* startAt(scache), yield* startAt(scache)]
    const sequence = steps(1, stepsPerSeed)
    const expected = yield* observe(reference, sequence)
    const find = expected.steps.findIndex((lines) => lines.some((line) => line.startsWith("passes")))
    expect(find).toBeGreaterThan(0)
    const missing = steps(-1, 1)[0]?.request ?? Buffer.alloc(0)
    const found = divergence(sequence, expected, yield* observe(subject, spoil(sequence, find, { request: missing })))
    expect(found).toStartWith(`step ${find} `)

    // One that hands out the right words with the wrong connection.
    const passes = expected.steps[find]?.map((line) => line.replace(/passes connection \d+/, "passes connection 99"))
    const swapped = {
      ...expected,
      steps: expected.steps.map((lines, index) => (index === find ? (passes ?? []) : lines))
    }
    expect(divergence(sequence, expected, swapped)).toContain("passes connection 99")
    expect(divergence(sequence, expected, { ...expected, held: [...expected.held, 99] })).toStartWith("at the end")
  })
)
