import { expect, test } from "bun:test"
import { readdirSync, readFileSync } from "node:fs"
import { join } from "node:path"
import { Effect, Exit, Schema } from "effect"
import { scache, scachedExecutable, scachedFromSource } from "../src/CacheTarget.ts"
import { isReplayable, replay } from "../src/GoldenReplay.ts"
import { goldenScripts } from "../src/GoldenScript.ts"
import * as TempDirectory from "../src/TempDirectory.ts"
import { Golden } from "../src/Transcript.ts"
import { labTest } from "./labTest.ts"

const directory = join(import.meta.dir, "../../../packages/protocol/test/goldens")
const goldens = readdirSync(directory)
  .filter((name) => name.endsWith(".json"))
  .sort()
  .map((name) => Schema.decodeUnknownSync(Schema.fromJsonString(Golden))(readFileSync(join(directory, name), "utf8")))
const replayable = goldens.filter(isReplayable)

const ttlLimitSeconds = 1000

test("there is a golden of every script, and one of smtp(8)", () => {
  const names = new Set(goldens.map(({ name }) => name))
  expect(goldenScripts.map(({ name }) => name).filter((name) => !names.has(name))).toEqual([])
  expect([...names].filter((name) => name.startsWith("smtp-"))).not.toEqual([])
  expect(replayable.length).toBeGreaterThan(goldenScripts.length)
})

for (const target of [scache, scachedFromSource, scachedExecutable]) {
  labTest(`${target.name} answers every golden to the byte`, { impediment: target.impediment() }, () =>
    Effect.gen(function* () {
      const socketPath = join(yield* TempDirectory.make, "cache")
      yield* target.start(socketPath, { ttlLimitSeconds })
      for (const golden of replayable) {
        yield* replay(socketPath, golden).pipe(
          Effect.catchDefect((cause) => Effect.fail({ golden: golden.name, cause }))
        )
      }
    })
  )
}

labTest("a golden with one wrong byte fails", {}, () =>
  Effect.gen(function* () {
    const socketPath = join(yield* TempDirectory.make, "cache")
    yield* scache.start(socketPath, { ttlLimitSeconds })
    const golden = replayable.find(({ name }) => name === "misses")
    if (golden === undefined) throw new Error("there is no golden of misses")
    const wrong = golden.exchange.map((turn) =>
      turn.from === "server" ? { ...turn, bytes: turn.bytes.replace("32", "31") } : turn
    )
    expect(wrong).not.toEqual(golden.exchange)
    expect(Exit.isFailure(yield* Effect.exit(replay(socketPath, { ...golden, exchange: wrong })))).toBe(true)
  })
)
