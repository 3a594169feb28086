import { expect, test } from "bun:test"
import * as Message from "../../simulation/client/Message.ts"
import { Stage } from "../../simulation/Stage.ts"

const status = (value: number): string => `status\0${value}\0\0`
const greeting = "protocol\0connection_cache_protocol\0\0"

test("five complaints of a client are logged, and no more", () => {
  const stage = new Stage()
  stage.at(0, function* (client) {
    yield* client.connect()
    for (let left = 20; left > 0; left--) yield* client.say([Message.byte])
    yield* client.listen(1)
  })
  stage.run()
  const complaints = stage.journal.filter((line) => line.includes("expected attribute"))
  expect(complaints).toHaveLength(5)
  expect(complaints.at(-1)).toEndWith("; more of this client will not be logged")
})

test("a request that is too large gets status 1 and a disconnect; others notice nothing", () => {
  const stage = new Stage({ settings: { requestBytesMax: 1_024 } })
  let heard = ""
  const client = stage.at(1_000, function* (self) {
    yield* self.connect()
    const { bytes } = yield* self.receive()
    heard += bytes.toString()
    yield* self.say([Message.tooLarge("FindEndpoint", 1_024)])
    heard += (yield* self.receive()).bytes.toString()
    yield* self.receive()
  })
  const served = stage.politely(1_000, function* (polite) {
    yield* polite.ask(Message.findEndpoint("nothing"))
    yield* polite.client.sleep(10)
    yield* polite.ask(Message.findEndpoint("nothing"))
  })
  stage.run()
  expect(heard).toBe(`${greeting}status\x001\0property\0\0\0`)
  expect([client.isFinished, client.conversation.isClosed]).toEqual([false, true])
  expect(served.conversation.requests).toBe(2)
})

test("of a request without an end no more is read than the limit and one read", () => {
  const stage = new Stage()
  const client = stage.at(1_000, function* (self) {
    yield* self.connect()
    yield* self.say([Message.tooLarge("SaveEndpoint", 10_000_000)])
  })
  stage.run()
  expect([client.isFinished, client.conversation.isClosed]).toEqual([false, true])
  expect(client.conversation.input.receivedBytes).toBeLessThanOrEqual(65_536 * 2)
})

test("a request of just the limit is answered", () => {
  const stage = new Stage({ settings: { requestBytesMax: 1_024 } })
  const head = Message.request(Message.findEndpoint("")).bytes.length
  const client = stage.politely(0, function* (polite) {
    yield* polite.ask(Message.findEndpoint("x".repeat(1_024 - head)))
    yield* polite.ask(Message.findEndpoint("x"))
  })
  stage.run()
  expect(client.conversation.requests).toBe(2)
})

test("every malformed request is answered as its kind wants it, whole and byte by byte", () => {
  for (const splitting of [0, 1]) {
    const stage = new Stage()
    const client = stage.at(0, function* (self) {
      self.manner = { splitting, pauseMillisMax: 0 }
      yield* self.connect()
      for (const message of Message.malformed) yield* self.say([message])
      yield* self.listen(1)
    })
    stage.run()
    expect(client.conversation.answers.map((answer) => answer.status)).toEqual(Message.malformed.map(() => 1))
  }
})

test("of two descriptors in one message the first is saved and the other closed", () => {
  const stage = new Stage()
  let fileId = 0
  stage.at(0, function* (client) {
    yield* client.connect()
    const cargo = [client.process.connection("one"), client.process.connection("other")]
    fileId = client.process.inspect(cargo[0] ?? client.socket).fileId
    yield* client.say([Message.request(Message.saveEndpoint(9, "smtp", "p"))])
    yield* client.listen(1)
    yield* client.say([Message.byte], cargo)
    yield* client.listen(1)
  })
  let found: number | undefined
  stage.politely(1_000, function* (polite) {
    const { descriptor } = yield* polite.ask(Message.findEndpoint("smtp"))
    if (descriptor !== undefined) found = polite.client.process.inspect(descriptor).fileId
  })
  stage.run()
  expect(found).toBe(fileId)
})

test.each([
  { name: "a byte without a descriptor", nth: 0 },
  { name: "a descriptor that is lost on the way in", nth: 3 }
])("$name is answered with status 2, and nothing is cached", ({ nth }) => {
  const stage = new Stage({
    faults: nth === 0 ? [] : [{ call: "receive", nth: 2, fault: "processTableFull", process: "scached" }]
  })
  let heard = ""
  stage.at(0, function* (client) {
    yield* client.connect()
    yield* client.say([Message.request(Message.saveEndpoint(9, "smtp", "p"))])
    yield* client.listen(1)
    yield* client.say([Message.byte], nth === 0 ? [] : [client.process.connection("cargo")])
    heard = Buffer.from(yield* client.listen(1)).toString()
  })
  const taken = stage.take(1_000, "smtp")
  stage.run()
  expect([heard, taken]).toEqual([status(2), []])
  const why = nth === 0 ? "save_endp without a descriptor" : "save_endp: its descriptor was lost"
  expect(stage.journal.some((line) => line.includes(why))).toBe(true)
})

test("descriptors that come where none is due are closed at once", () => {
  const stage = new Stage()
  stage.at(0, function* (client) {
    yield* client.connect()
    for (const message of [Message.request(Message.findEndpoint("x")), Message.dummy, ...Message.malformed]) {
      const cargo = client.process.connection("stray")
      yield* client.say([message], [cargo])
      cargo.close()
      yield* client.listen(1)
      expect(stage.machine.inUse).toBe(4)
    }
  })
  stage.run()
})

test("requests that come early are answered in turn, a bounded number a turn", () => {
  const stage = new Stage()
  const client = stage.at(1_000, function* (self) {
    yield* self.connect()
    const messages = Array.from({ length: 500 }, (_, index) =>
      Message.request(Message.saveDestination(9, "d", `${index}`, "e"))
    )
    yield* self.say(messages)
    yield* self.listen(1)
  })
  const seen: Array<number> = []
  stage.politely(1_000, function* (polite) {
    yield* polite.ask(Message.findEndpoint("nothing"))
    seen.push(client.conversation.requests)
  })
  stage.run()
  expect(client.conversation.requests).toBe(500)
  expect(seen).toHaveLength(1)
})
