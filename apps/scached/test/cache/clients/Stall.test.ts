import { describe, expect, test } from "bun:test"
import * as Message from "../../simulation/client/Message.ts"
import { type Script, type SimulatedClient, Stalled } from "../../simulation/client/SimulatedClient.ts"
import { Stage, stops } from "../../simulation/Stage.ts"

const label = "smtp"

const stallIn = (script: (client: SimulatedClient, label: string) => Script) =>
  function* (client: SimulatedClient): Script {
    yield* script(client, label)
    throw new Stalled()
  }

describe.each(stops)("a client that stalls $name", ({ owes, script }) => {
  test("delays nobody", () => {
    const stage = new Stage()
    stage.save(
      0,
      label,
      Array.from({ length: 20 }, (_, index) => `connection ${index}`)
    )
    for (let index = 0; index < 10; index++) stage.at(1_000, stallIn(script))
    const taken = [1_000, 1_001, 1_500].map((millis) => stage.take(millis, label))
    stage.save(1_002, "other", ["x"])
    stage.politely(1_003, function* (polite) {
      yield* polite.ask(Message.saveDestination(9, "destination", "", "other"))
      const { descriptor } = yield* polite.ask(Message.findDestination("destination"))
      expect(descriptor).toBeDefined()
    })
    // The stage itself sees to it that none of these had to wait for any virtual time.
    stage.run()
    expect(taken.flat().length).toBeGreaterThanOrEqual(10)
  })

  test(owes ? "is disconnected after ipc_timeout" : "is left alone: it owes nothing", () => {
    const stage = new Stage({ settings: { exchangeSecondsMax: 10 } })
    stage.save(0, label, ["first"])
    const client = stage.at(1_000, stallIn(script))
    stage.run()
    // The end of the run ends all the others.
    expect(client.conversation.closedAtMillis).toBe(owes ? 11_000 : 3_600_000)
    expect(stage.journal.filter((line) => line.includes("see ipc_timeout"))).toHaveLength(owes ? 1 : 0)
  })
})

test("each exchange is a debt of its own, also where the last dummy goes with the next request", () => {
  const stage = new Stage({ settings: { exchangeSecondsMax: 3 } })
  stage.save(
    0,
    label,
    Array.from({ length: 10 }, (_, index) => `connection ${index}`)
  )
  const client = stage.politely(1_000, function* (polite) {
    for (let left = 10; left > 0; left--) {
      const { descriptor } = yield* polite.ask(Message.findEndpoint(label))
      expect(descriptor).toBeDefined()
      yield* polite.client.sleep(2_000)
    }
  })
  stage.run()
  expect(client.conversation.hits).toBe(10)
})

test("a client that has had its last answer and does not read it is not waited for without end", () => {
  // Room for the greeting and part of the answer.
  const stage = new Stage({ socketBufferBytes: 2_048, settings: { exchangeSecondsMax: 10 } })
  const client = stage.at(1_000, function* (self) {
    yield* self.connect()
    yield* self.say([
      Message.request(Message.findEndpoint("nothing")),
      Message.request(Message.findEndpoint("nothing"))
    ])
    yield* self.say([Message.tooLarge("FindEndpoint", 65_536)])
    throw new Stalled()
  })
  stage.run()
  expect(client.conversation.closedAtMillis).toBe(11_000)
})

test("a client that never reads costs the daemon a bounded queue, and is disconnected", () => {
  const stage = new Stage({ socketBufferBytes: 8_192, settings: { exchangeSecondsMax: 10 } })
  const client = stage.at(1_000, function* (self) {
    yield* self.connect()
    for (let left = 200; left > 0; left--) yield* self.say([Message.request(Message.findEndpoint("nothing"))])
  })
  stage.save(1_500, label, ["first"])
  const taken = stage.take(2_000, label)
  stage.run()
  // It was answered until its buffer was full, and then no further: its requests stayed in the kernel.
  expect(client.conversation.requests).toBeLessThan(20)
  expect(client.isFinished).toBe(false)
  expect(client.conversation.closedAtMillis).toBe(11_000)
  expect(taken).toEqual(["first"])
})

test("a client that reads late gets everything it asked for", () => {
  const stage = new Stage({ socketBufferBytes: 8_192 })
  const client = stage.at(1_000, function* (self) {
    yield* self.connect()
    const messages = Array.from({ length: 60 }, () => Message.request(Message.findEndpoint("nothing")))
    yield* self.say(messages)
    yield* self.sleep(5_000)
    const bytes = yield* self.listen(1_000)
    expect(bytes.length).toBe(36 + 60 * 20)
  })
  stage.run()
  expect([client.isFinished, client.conversation.requests]).toEqual([true, 60])
})

describe("what nothing asked for is no progress", () => {
  /** A client that has found the connection, owes its dummy, and says a byte of it each second, with what it likes. */
  const crumbs = (stage: Stage, isCarrying: boolean) =>
    stage.at(1_000, function* (client) {
      yield* client.connect()
      yield* client.say([Message.request(Message.findEndpoint(label))])
      yield* client.listen(0)
      client.conversation.input.declare([Message.dummy])
      for (const unit of Message.dummy.bytes.subarray(0, 7)) {
        yield* client.sleep(1_000)
        const cargo = isCarrying ? [client.process.connection("stray")] : []
        yield* client.write(Uint8Array.of(unit), cargo)
        for (const each of cargo) each.close()
      }
      throw new Stalled()
    })

  test.each([false, true])(
    "a client that owes its dummy does not keep what it found (with descriptors: %p)",
    (isCarrying) => {
      const stage = new Stage({ settings: { exchangeSecondsMax: 4 } })
      stage.save(0, label, ["first"])
      const client = crumbs(stage, isCarrying)
      const taken = stage.take(5_500, label)
      stage.run()
      expect([client.conversation.closedAtMillis, taken]).toEqual([5_000, ["first"]])
    }
  )

  test("dummies between requests neither begin nor end a debt", () => {
    const stage = new Stage({ settings: { exchangeSecondsMax: 4 } })
    const client = stage.at(1_000, function* (self) {
      yield* self.connect()
      // Each write ends one stray dummy and begins the next one.
      self.conversation.input.declare(Array.from({ length: 8 }, () => Message.dummy))
      yield* self.write(Message.dummy.bytes.subarray(0, 3))
      for (let left = 7; left > 0; left--) {
        yield* self.sleep(1_000)
        yield* self.write(Buffer.concat([Message.dummy.bytes.subarray(3), Message.dummy.bytes.subarray(0, 3)]))
      }
      throw new Stalled()
    })
    stage.run()
    expect(client.conversation.closedAtMillis).toBe(5_000)
  })
})
