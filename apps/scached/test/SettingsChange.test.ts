/** Settings that change while the cache runs. */
import { expect, test } from "bun:test"
import type { CacheSettings } from "../src/cache/CacheSettings.ts"
import * as Message from "./simulation/Message.ts"
import { Stalled } from "./simulation/SimulatedClient.ts"
import { Stage } from "./simulation/Stage.ts"

/** A client that stops inside its request, at 0. */
const stall = (stage: Stage) =>
  stage.at(0, function* (client) {
    yield* client.connect()
    yield* client.begin(Message.request(Message.findEndpoint("x")), 20)
    throw new Stalled()
  })

/** Runs with a change in the middle, and tells whether the daemon was still there at the end. */
const runChanging = (stage: Stage, millis: number, settings: Partial<CacheSettings>): boolean =>
  stage.machine.run(() => stage.machine.changeSettings(millis, settings))

test("a shorter ipc_timeout holds for a client that owes already, from when it began to owe", () => {
  const stage = new Stage({ settings: { exchangeSecondsMax: 3_000 }, endMillis: 60_000 })
  const client = stall(stage)
  const closed: Array<boolean> = []
  for (const millis of [4_990, 5_010]) stage.machine.at(millis, () => closed.push(client.conversation.isClosed))
  runChanging(stage, 2_000, { exchangeSecondsMax: 5 })
  expect(closed).toEqual([false, true])
  expect(stage.journal).toContainEqual(expect.stringContaining("owed an answer for 5 s"))
})

test("a longer one too", () => {
  const stage = new Stage({ settings: { exchangeSecondsMax: 5 }, endMillis: 60_000 })
  const client = stall(stage)
  const closed: Array<boolean> = []
  for (const millis of [5_010, 49_990, 50_010]) {
    stage.machine.at(millis, () => closed.push(client.conversation.isClosed))
  }
  runChanging(stage, 2_000, { exchangeSecondsMax: 50 })
  expect(closed).toEqual([false, false, true])
})

test("a ttl limit holds for what is saved from then on, and what is cached stays", () => {
  const stage = new Stage({ settings: { ttlSecondsMax: 100 } })
  stage.save(0, "before", ["first"])
  stage.save(20_000, "after", ["second"])
  const taken = [stage.take(30_000, "after"), stage.take(30_000, "before")]
  runChanging(stage, 10_000, { ttlSecondsMax: 5 })
  expect(taken).toEqual([[], ["first"]])
})

test("max_idle that is set counts from then on, and does not while a client is there", () => {
  const idle = new Stage()
  expect(runChanging(idle, 10_000, { idleSecondsMax: 60 })).toBe(false)
  expect(idle.machine.kernel.nowMillis).toBe(70_000)

  const busy = new Stage()
  busy.politely(0, (polite) => polite.client.sleep(500_000))
  expect(runChanging(busy, 10_000, { idleSecondsMax: 60 })).toBe(false)
  expect(busy.machine.kernel.nowMillis).toBe(560_000)
})

test("max_idle that is taken back does not end it", () => {
  const stage = new Stage({ settings: { idleSecondsMax: 60 }, endMillis: 1_000_000 })
  expect(runChanging(stage, 10_000, { idleSecondsMax: 0 })).toBe(true)
})

test("whoever connects and goes is no trouble", () => {
  const stage = new Stage({ isVerbose: true })
  stage.at(0, function* (client) {
    yield* client.connect()
    yield* client.sleep(100)
  })
  stage.run()
  expect(stage.journal).toContainEqual(expect.stringMatching(/: disconnect$/))
  expect(stage.journal.join("\n")).not.toContain("ECONNRESET")
})
