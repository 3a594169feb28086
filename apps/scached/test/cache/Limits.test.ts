/** Whatever can be full: who makes room, what is counted, and what is said. */
import { describe, expect, test } from "bun:test"
import * as Message from "../simulation/client/Message.ts"
import type { PoliteClient } from "../simulation/client/PoliteClient.ts"
import type { Script } from "../simulation/client/SimulatedClient.ts"
import { Stage } from "../simulation/Stage.ts"

const warnings = (stage: Stage, parameter: string) => stage.journal.filter((line) => line.includes(parameter))

const totals = (stage: Stage) => stage.machine.observer.server?.statistics.totals

/** Asks for bindings, and notes the answers. */
const binding = (
  stage: Stage,
  millis: number,
  pairs: ReadonlyArray<readonly [string, string]>
): ReadonlyArray<number> => {
  const statuses: Array<number> = []
  stage.politely(millis, function* (polite: PoliteClient): Script {
    for (const [label, endpoint] of pairs) {
      const { reply } = yield* polite.ask(Message.saveDestination(100, label, "own", endpoint))
      statuses.push(reply.status)
    }
  })
  return statuses
}

describe("cached connections", () => {
  test("a full cache takes what expires first from who has the most, and says so once", () => {
    const stage = new Stage({ settings: { connectionsMax: 4 } })
    stage.save(0, "many", ["m1", "m2", "m3"])
    stage.save(1_000, "few", ["f1"])
    stage.save(2_000, "few", ["f2"])
    stage.save(3_000, "many", ["m4", "m5", "m6"])
    stage.machine.at(4_000, () => expect(stage.machine.inUse).toBe(3 + 4))
    const taken = [stage.take(5_000, "many"), stage.take(5_000, "few")]
    stage.run()
    expect(taken).toEqual([
      ["m5", "m6"],
      ["f1", "f2"]
    ])
    expect(totals(stage)).toMatchObject({ evictedConnections: 4, refusedSaves: 0, handedOver: 4 })
    expect(stage.machine.observer.server?.limitsReached.get("connectionsMax")).toBe(4)
    expect(warnings(stage, "scached_connection_limit")).toEqual([expect.stringContaining("4 connections")])
  })

  test("an endpoint that is full gives up its own", () => {
    const stage = new Stage({ settings: { connectionsPerEndpointMax: 2 } })
    stage.save(0, "one", ["1", "2", "3"])
    stage.save(0, "other", ["4"])
    const taken = [stage.take(1_000, "one"), stage.take(1_000, "other")]
    stage.run()
    expect(taken).toEqual([["2", "3"], ["4"]])
    expect(warnings(stage, "scached_endpoint_connection_limit")).toHaveLength(1)
  })

  test("where nobody has to make room a save has status 2, and its descriptor is closed", () => {
    const stage = new Stage({ settings: { connectionsPerEndpointMax: 1 } })
    stage.save(0, "one", ["1"])
    let status = -1
    stage.at(1_000, function* (client) {
      yield* client.connect()
      yield* client.say([Message.request(Message.findEndpoint("one"))])
      yield* client.sleep(5_000)
    })
    stage.politely(2_000, function* (polite) {
      const cargo = polite.client.process.connection("2")
      status = (yield* polite.ask(Message.saveEndpoint(50, "one", "2"), cargo)).reply.status
    })
    const taken = stage.take(10_000, "one")
    stage.run()
    expect(status).toBe(2)
    expect(taken).toEqual(["1"])
    expect(totals(stage)?.refusedSaves).toBe(1)
  })

  test("a limit that is lowered while the cache runs holds soon, bit by bit", () => {
    const stage = new Stage()
    for (let saver = 0; saver < 10; saver++) {
      stage.save(
        0,
        `label ${saver}`,
        Array.from({ length: 100 }, (_, index) => `${index}`)
      )
    }
    const open: Array<number> = []
    stage.machine.run(() => {
      stage.machine.changeSettings(1_000, { connectionsMax: 7 })
      const { loop } = stage.machine
      // Each time before the next share.
      const look = () => {
        open.push(stage.machine.inUse - 3)
        if (open.length < 6) loop?.postpone(look)
      }
      loop?.at(1_000, look)
      stage.machine.observer.isShutDown = true
    })
    expect(open).toEqual([1_000, 744, 488, 232, 7, 7])
  })

  test("the same is told again after an hour, and when the limit has changed", () => {
    const stage = new Stage({ settings: { connectionsMax: 1 }, endMillis: 10_000_000 })
    for (const millis of [0, 1_000, 3_500_000, 3_700_000]) stage.save(millis, "one", ["1", "2"])
    stage.machine.run(() => stage.machine.changeSettings(500, { connectionsMax: 1 }))
    expect(warnings(stage, "scached_connection_limit")).toHaveLength(2)
  })
})

describe("bindings and text", () => {
  test("a destination that is full gives up the binding that expires first", () => {
    const stage = new Stage({ settings: { bindingsPerDestinationMax: 2 } })
    binding(stage, 0, [
      ["d", "e1"],
      ["d", "e2"],
      ["d", "e3"]
    ])
    stage.save(1_000, "e1", ["only here"])
    let status = -1
    stage.politely(2_000, function* (polite) {
      status = (yield* polite.ask(Message.findDestination("d"))).reply.status
    })
    stage.run()
    expect(status).toBe(2)
    expect(totals(stage)?.evictedBindings).toBe(1)
    expect(warnings(stage, "scached_destination_binding_limit")).toHaveLength(1)
  })

  test("all destinations together", () => {
    const stage = new Stage({ settings: { bindingsMax: 2 } })
    const statuses = binding(stage, 0, [
      ["a", "e"],
      ["b", "e"],
      ["c", "e"]
    ])
    stage.run()
    expect(statuses).toEqual([0, 0, 0])
    expect(totals(stage)?.evictedBindings).toBe(1)
    expect(warnings(stage, "scached_binding_limit")).toHaveLength(1)
  })

  test("what has more text than all may have is not saved", () => {
    const stage = new Stage({ settings: { textBytesMax: 100 } })
    const statuses = binding(stage, 0, [
      ["a".repeat(200), "e"],
      ["b", "e"]
    ])
    stage.run()
    expect(statuses).toEqual([2, 0])
    expect(warnings(stage, "scached_text_limit")).toHaveLength(1)
  })
})

describe("clients", () => {
  test("one more than may be inside waits, and comes in when another leaves", () => {
    const stage = new Stage({ settings: { clientsMax: 2 } })
    for (let index = 0; index < 2; index++) stage.politely(0, (polite) => polite.client.sleep(10_000))
    const [first, second] = [1_000, 2_000].map((millis) =>
      stage.politely(millis, function* (polite) {
        yield* polite.ask(Message.findEndpoint("nothing"))
      })
    )
    stage.run()
    for (const client of [first, second]) expect(client?.conversation.acceptedAtMillis).toBe(10_000)
    expect(warnings(stage, "scached_client_limit")).toHaveLength(1)
  })

  test("a limit that is raised lets them in at once, a lower one disconnects nobody", () => {
    const stage = new Stage({ settings: { clientsMax: 1 } })
    stage.politely(0, (polite) => polite.client.sleep(10_000))
    const waiting = stage.politely(1_000, (polite) => polite.client.sleep(3_000))
    stage.machine.run(() => {
      stage.machine.changeSettings(2_000, { clientsMax: 2 })
      stage.machine.changeSettings(3_000, { clientsMax: 2 })
    })
    expect(waiting.conversation.acceptedAtMillis).toBe(2_000)
    expect(waiting.isFinished).toBe(true)
  })

  test("warnings are limited for the whole daemon, and what was left out is told", () => {
    const stage = new Stage({ settings: { warningsPerSecondMax: 3 } })
    for (let index = 0; index < 10; index++) {
      stage.at(0, function* (client) {
        yield* client.connect()
        yield* client.say([Message.byte])
        yield* client.listen(1)
      })
    }
    stage.run()
    expect(stage.journal).toHaveLength(4)
    expect(stage.journal.at(-1)).toBe("7 more warnings were not written: 3 a second are (scached_warning_limit)")
  })
})
