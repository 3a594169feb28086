/** Settings that change while the cache runs. */
import { expect, test } from "bun:test"
import { Access } from "../../src/settings/Access.ts"
import type { CacheSettings } from "../../src/settings/CacheSettings.ts"
import * as Message from "../simulation/client/Message.ts"
import { Stalled } from "../simulation/client/SimulatedClient.ts"
import { Stage } from "../simulation/Stage.ts"

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

test("a client whose user may no longer connect is disconnected, and what it had found goes back", () => {
  const stage = new Stage({ settings: { access: new Access([0, 4_242]) } })
  stage.save(0, "smtp", ["first"])
  const revoked = stage.stranger(1_000, function* (client) {
    yield* client.connect()
    yield* client.say([Message.request(Message.findEndpoint("smtp"))])
    yield* client.listen(0)
    throw new Stalled()
  })
  const root = stage.politely(1_000, function* (polite) {
    yield* polite.client.sleep(2_000)
    yield* polite.ask(Message.findEndpoint("nothing"))
  })
  const taken = stage.take(2_001, "smtp")
  runChanging(stage, 2_000, { access: new Access([0]) })
  expect(revoked.conversation.closedAtMillis).toBe(2_000)
  expect([root.isFinished, taken]).toEqual([true, ["first"]])
  expect(stage.journal).toContainEqual(
    expect.stringContaining("uid=4242: disconnected, its user may no longer connect")
  )
})

test.each([
  { before: "off", after: "data", peerDoes: "leaves", left: 0 },
  { before: "off", after: "data", peerDoes: "speaks", left: 0 },
  { before: "hangup", after: "data", peerDoes: "speaks", left: 0 },
  { before: "data", after: "hangup", peerDoes: "speaks", left: 2 },
  { before: "data", after: "off", peerDoes: "leaves", left: 2 }
] as const)("scached_watch from $before to $after holds for what is cached: a peer that $peerDoes", (each) => {
  const { after, before, left, peerDoes } = each
  const stage = new Stage({ settings: { watch: before } })
  // One that the kernel watches by then, and one that is looked at.
  for (const millis of [0, 5_000]) {
    stage.politely(millis, function* (polite) {
      const cargo = stage.machine.connection(polite.client, peerDoes, 10_000 - millis)
      yield* polite.ask(Message.saveEndpoint(100, "e", `${millis}`), cargo)
      cargo.close()
    })
  }
  const seen: Array<number> = []
  for (const millis of [9_999, 10_300]) {
    stage.machine.at(millis, () => seen.push(stage.machine.observer.model.count("cached")))
  }
  runChanging(stage, 5_500, { watch: after })
  expect(seen).toEqual([2, left])
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
