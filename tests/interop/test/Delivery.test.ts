import { describe, expect } from "bun:test"
import { copyFileSync } from "node:fs"
import { join } from "node:path"
import { Effect } from "effect"
import { scache, scachedExecutable, scachedFromSource } from "../src/CacheTarget.ts"
import { type DeliveryResult, deliver } from "../src/DeliveryRun.ts"
import { postfixPaths } from "../src/PostfixTools.ts"
import * as TempDirectory from "../src/TempDirectory.ts"
import { labTest } from "./labTest.ts"

/**
 * Four sessions submit as fast as Postfix delivers. It opens 5 to 15 connections then and sends the other 285 to 295 mails over
 * used ones, run after run; with 16 sessions it opens 20, its limit for one destination, so that less is worth counting.
 */
const load = { mails: 300, sessions: 4, timeoutMillis: 120_000 }
const connectionsMax = 20
/** Only a failure takes that long. */
const timeoutMillis = 240_000

/** Of the mails that go over used connections with scache, the share that must do so with another cache. */
const reuseShareMin = 0.9

/** Postfix's own default for how long a connection may idle. */
const ttlLimitSeconds = 2

const expectDelivered = (cache: string, mails: number, result: DeliveryResult): void => {
  console.log(
    `${cache}: ${result.reused} of ${result.sent} mails over used connections, ${result.useMax} times at most`
  )
  expect(result.problems).toEqual([])
  expect({ sent: result.sent, unsent: result.unsent }).toEqual({ sent: mails, unsent: 0 })
}

const deliverWithScache = Effect.gen(function* () {
  const result = yield* deliver({ cache: "scache" }, load)
  expectDelivered("its own scache", load.mails, result)
  return result
})

/** Measured once, by whichever test needs it first. */
let scacheResult: DeliveryResult | undefined
const reference = Effect.gen(function* () {
  scacheResult ??= yield* deliverWithScache
  return scacheResult
})

describe("a real Postfix delivers 300 mails", () => {
  labTest("with its own scache", { timeoutMillis }, () =>
    Effect.gen(function* () {
      const { reused, statistics } = yield* reference
      expect(reused).toBeGreaterThanOrEqual(load.mails - connectionsMax)
      const hits = statistics.reduce((sum, each) => sum + each.destinationHits + each.endpointHits, 0)
      expect(hits).toBeGreaterThanOrEqual(reused)
    })
  )

  for (const target of [scache, scachedFromSource, scachedExecutable]) {
    const name = `with ${target.name} as connection_cache_service_name`
    labTest(name, { timeoutMillis, impediment: target.impediment() }, () =>
      Effect.gen(function* () {
        const serve = (socketPath: string) => target.start(socketPath, { ttlLimitSeconds })
        const result = yield* deliver({ cache: { serviceName: "elsewhere", serve } }, load)
        expectDelivered(target.name, load.mails, result)
        expect(result.reused).toBeGreaterThanOrEqual(Math.floor((yield* reference).reused * reuseShareMin))
      })
    )
  }
})

labTest("a program that master(8) runs in scache's place is used", { timeoutMillis }, () =>
  Effect.gen(function* () {
    const executable = join(yield* TempDirectory.make, "another")
    copyFileSync(postfixPaths.scache, executable)
    const result = yield* deliver({ cache: { executable, commandArguments: "" } }, { ...load, mails: 60 })
    expectDelivered("a program in scache's place", 60, result)
    expect(result.reused).toBeGreaterThan(0)
  })
)

labTest("without a cache no connection is used twice, so that counting means something", { timeoutMillis }, () =>
  Effect.gen(function* () {
    const settings = { smtp_connection_cache_destinations: "", smtp_connection_cache_on_demand: "no" }
    const result = yield* deliver({ cache: "scache", settings }, { ...load, mails: 60 })
    expectDelivered("no cache", 60, result)
    expect(result.reused).toBe(0)
  })
)
