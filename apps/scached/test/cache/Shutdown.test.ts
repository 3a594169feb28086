import { describe, expect, test } from "bun:test"
import * as Message from "../simulation/client/Message.ts"
import { Stalled } from "../simulation/client/SimulatedClient.ts"
import { Stage, stops } from "../simulation/Stage.ts"

// What is left open is checked by the machine at the end of every run; these say that it was there before.

test.each(stops)("a client that is $name when the daemon is interrupted is disconnected", ({ script }) => {
  const stage = new Stage({ endMillis: 2_000 })
  stage.save(0, "smtp", ["first", "second"])
  const client = stage.at(1_000, function* (self) {
    yield* script(self, "smtp")
    throw new Stalled()
  })
  let openBefore = 0
  stage.machine.at(1_999, () => {
    openBefore = stage.machine.inUse
  })
  stage.run()
  expect(openBefore).toBeGreaterThanOrEqual(4)
  expect(client.conversation.isClosed).toBe(true)
  expect(stage.machine.inUse).toBe(1)
})

test("an interruption with 1000 cached connections closes them all", () => {
  const stage = new Stage({ endMillis: 2_000 })
  for (let saver = 0; saver < 10; saver++) {
    stage.save(
      0,
      `label ${saver}`,
      Array.from({ length: 100 }, (_, index) => `${index}`)
    )
  }
  let openBefore = 0
  stage.machine.at(1_999, () => {
    openBefore = stage.machine.inUse
  })
  stage.run()
  expect(openBefore).toBe(1_003)
  expect(stage.machine.observer.model.counts["shut down"]).toBe(1_000)
  expect(stage.machine.inUse).toBe(1)
})

test("a thousand connections that expire together are all closed, and nobody waits", () => {
  const stage = new Stage({ settings: { ttlSecondsMax: 5 } })
  for (let saver = 0; saver < 10; saver++) {
    stage.save(
      0,
      `label ${saver}`,
      Array.from({ length: 100 }, (_, index) => `${index}`)
    )
  }
  const taken = stage.take(5_000, "label 1")
  stage.machine.at(5_001, () => expect(stage.machine.inUse).toBe(3))
  stage.run()
  expect(taken).toEqual([])
  expect(stage.machine.observer.model.counts.expired).toBe(1_000)
  // Closing a socket that lingers would wait for its peer.
  expect(stage.machine.daemon.callCount("letGo")).toBe(1_000)
})

describe("max_idle", () => {
  test("ends the daemon when no client was connected for that long", () => {
    const stage = new Stage({ settings: { idleSecondsMax: 60 } })
    stage.save(0, "smtp", ["first"])
    stage.politely(30_000, (polite) => polite.client.sleep(100_000))
    expect(stage.machine.run()).toBe(false)
    // The last client left at 130 s.
    expect(stage.machine.kernel.nowMillis).toBe(190_000)
  })

  test("begins with the start", () => {
    const stage = new Stage({ settings: { idleSecondsMax: 60 } })
    expect(stage.machine.run()).toBe(false)
    expect(stage.machine.kernel.nowMillis).toBe(60_000)
  })

  test("closes what is still cached", () => {
    const stage = new Stage({ settings: { idleSecondsMax: 60 } })
    stage.save(0, "smtp", ["first", "second"])
    stage.run()
    expect(stage.machine.observer.model.counts["shut down"]).toBe(2)
  })

  test("0 is never", () => {
    const stage = new Stage({ endMillis: 1_000_000 })
    stage.save(0, "smtp", ["first"])
    expect(stage.machine.run()).toBe(true)
  })
})

test("clients that arrive while the daemon is out of descriptors are served as soon as there are some", () => {
  // Standard input, output and error, the listener, two epoll sets and two clients.
  const stage = new Stage({ descriptorsMax: 8 })
  for (let index = 0; index < 2; index++) stage.politely(0, (polite) => polite.client.sleep(10_000))
  const waiting = stage.politely(1_000, function* (polite) {
    yield* polite.ask(Message.findEndpoint("nothing"))
  })
  stage.run()
  expect(waiting.conversation.acceptedAtMillis).toBeGreaterThanOrEqual(10_000)
  expect(waiting.conversation.acceptedAtMillis).toBeLessThan(10_200)
  expect(stage.journal.some((line) => line.includes("no new clients"))).toBe(true)
})

test("a descriptor that there is no room for is refused, and the log says why", () => {
  // Standard input, output and error, the listener, two epoll sets and the one client: no room for what it brings.
  const stage = new Stage({ descriptorsMax: 7 })
  let heard = ""
  stage.at(0, function* (client) {
    yield* client.connect()
    yield* client.say([Message.request(Message.saveEndpoint(9, "smtp", "p"))])
    yield* client.listen(1)
    yield* client.say([Message.byte], [client.process.connection("cargo")])
    heard = Buffer.from(yield* client.listen(1)).toString()
  })
  stage.run()
  expect(heard).toBe("status\u00002\u0000\u0000")
  expect(stage.journal.filter((line) => line.includes("its descriptor was lost"))).toHaveLength(1)
})
