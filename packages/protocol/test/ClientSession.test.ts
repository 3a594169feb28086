import { describe, expect, test } from "bun:test"
import { Result } from "effect"
import { ClientSession, type ClientSessionOptions, type Request, type TtlSeconds } from "../src/index.ts"
import { octets } from "./support/acts.ts"
import { dummy, greeting, list, text } from "./support/lists.ts"
import { allSplits, byteByByte, join, type Read, type Split, whole } from "./support/splits.ts"

// It cannot lie: 5 is in the range.
const ttlSeconds = 5 as TtlSeconds.TtlSeconds
const save: Request.Request = { _tag: "SaveEndpoint", ttlSeconds, label: octets("e"), properties: octets("p") }
const find: Request.Request = { _tag: "FindEndpoint", label: octets("e") }
const findDestination: Request.Request = { _tag: "FindDestination", label: octets("d") }
const bind: Request.Request = {
  _tag: "SaveDestination",
  ttlSeconds,
  label: octets("d"),
  properties: octets("dp"),
  endpointLabel: octets("e")
}
const carrying: Read = { bytes: new Uint8Array([0]), descriptor: "7" }
const write = (...parts: ReadonlyArray<Uint8Array>): Read => ({ bytes: join(parts) })

/** Starts a request, feeds what the server says, and notes what came of it. */
const run = (
  request: Request.Request | undefined,
  split: Split,
  writes: ReadonlyArray<Read>,
  options?: ClientSessionOptions
) => {
  const session = new ClientSession<string>(options)
  const shared = new Uint8Array(2000)
  const steps: Array<unknown> = []
  if (request !== undefined) Result.getOrThrow(session.start(request))
  let sent = text(session.output())
  for (const read of writes.flatMap((each) => split(each))) {
    shared.set(read.bytes)
    session.push(shared, read.descriptor, read.bytes.length)
    for (let step = session.next(); step._tag !== "Idle"; step = session.next()) {
      steps.push(step._tag === "Failed" ? step.error.message : step)
      sent += text(session.output())
      if (step._tag === "SendDescriptor") {
        sent += "<D>"
        session.descriptorSent()
      }
    }
    sent += text(session.output())
    shared.fill(0x2a)
  }
  return { session, steps, sent }
}

for (const [how, split] of allSplits) {
  describe(how, () => {
    test("save_endp", () => {
      const { session, steps, sent } = run(save, split(), [write(greeting, dummy), write(list("status=0"))])
      expect(sent).toBe("request|save_endp|ttl|5|label|e|property|p||<D>")
      expect(steps).toEqual([
        { _tag: "SendDescriptor" },
        { _tag: "Answered", reply: { _tag: "StatusReply", status: 0 } }
      ])
      expect([session.state, session.owesBytes]).toEqual(["ready", false])
    })
    test("save_endp that is refused at once", () => {
      const { steps } = run(save, split(), [write(list("status=1"))])
      expect(steps).toEqual([{ _tag: "Answered", reply: { _tag: "StatusReply", status: 1 } }])
    })
    test("save_dest", () => {
      const { steps, sent } = run(bind, split(), [write(greeting, list("status=0"))])
      expect(sent).toBe("request|save_dest|ttl|5|label|d|property|dp|label|e||")
      expect(steps).toEqual([{ _tag: "Answered", reply: { _tag: "StatusReply", status: 0 } }])
    })
    test("find_endp that brings a connection", () => {
      const { session, steps, sent } = run(find, split(), [write(greeting, list("status=0", "property=p")), carrying])
      expect(sent).toBe("request|find_endp|label|e||dummy|||dummy|||")
      const reply = { _tag: "EndpointReply", status: 0, properties: "p" }
      expect(steps).toEqual([{ _tag: "Received", reply, descriptor: "7" }])
      expect([session.state, session.owesBytes]).toEqual(["ready", false])
    })
    test("find_dest that brings a connection, from a server that does not greet", () => {
      const { steps } = run(findDestination, split(), [write(list("status=0", "property=dp", "property=p")), carrying])
      const reply = { _tag: "DestinationReply", status: 0, destinationProperties: "dp", properties: "p" }
      expect(steps).toEqual([{ _tag: "Received", reply, descriptor: "7" }])
    })
    test("finds that bring nothing", () => {
      const reply = { _tag: "EndpointReply", status: 2, properties: "" }
      expect(run(find, split(), [write(list("status=2", "property="))]).steps).toEqual([{ _tag: "Answered", reply }])
    })

    const failures: ReadonlyArray<readonly [string, Request.Request | undefined, ReadonlyArray<Read>, string]> = [
      ["another protocol", find, [write(list("protocol=x"))], 'the server speaks "x", not "connection_cache_protocol"'],
      ["a second greeting", find, [write(greeting, greeting)], "unexpected reply to find_endp"],
      ["bytes before any request", undefined, [write(list("x=y"))], 'expected a greeting, found "x" with value "y"'],
      ["bytes that nobody asked for", undefined, [write(greeting, list("x=y"))], "unexpected reply without a request"],
      [
        "the start of something that nobody asked for",
        undefined,
        [write(greeting, new Uint8Array([0x78]))],
        "more bytes"
      ],
      ["a reply that has no end within the limit", find, [write(new Uint8Array(100).fill(0x78))], "limit of 100 bytes"],
      ["an unknown status", find, [write(list("status=9"))], 'expected "status" of 0, 1 or 2'],
      ["no properties", find, [write(list("status=0"))], 'expected "property"'],
      ["a dummy to a find", find, [write(dummy)], 'expected "status", found "dummy"'],
      ["something else to a save", save, [write(list("x=y"))], 'expected "dummy" or "status", found "x"'],
      ["a save without the descriptor", save, [write(list("status=0"))], "status 0 without the descriptor"],
      [
        "a second dummy",
        save,
        [write(dummy, dummy)],
        'unexpected reply to save_endp: expected "status", found "dummy"'
      ],
      ["no descriptor", find, [write(list("status=0", "property=p")), write(new Uint8Array([0]))], "did not arrive"],
      ["a reply too large", find, [write(list("status=0", `property=${"x".repeat(200)}`))], "limit of 100 bytes"]
    ]
    for (const [name, request, writes, message] of failures) {
      test(`${name} fails the session`, () => {
        const { session, steps } = run(request, split(), writes, { replyBytesMax: 100 })
        expect(steps.at(-1)).toContain(message)
        expect(steps.filter((step) => typeof step === "string").length).toBe(1)
        expect([session.state, session.owesBytes]).toEqual(["over", false])
        expect(() => session.start(find)).toThrow("while over")
      })
    }
  })
}

test("a descriptor that is not due is stray", () => {
  expect(run(find, whole, [{ bytes: list("status=2", "property="), descriptor: "7" }]).steps).toEqual([
    { _tag: "Answered", reply: { _tag: "EndpointReply", status: 2, properties: "" } },
    { _tag: "Stray", descriptor: "7" }
  ])
  const failed = run(find, byteByByte, [
    { bytes: list("status=0", "property="), descriptor: "7" },
    write(new Uint8Array([0]))
  ])
  expect(failed.steps[0]).toEqual({ _tag: "Stray", descriptor: "7" })
})

test("a request that the server would not take is not sent", () => {
  const session = new ClientSession<string>({ requestBytesMax: 1000 })
  const refused = session.start({ _tag: "FindEndpoint", label: octets("x".repeat(1000)) })
  expect(Result.getOrThrow(Result.flip(refused))._tag).toBe("RequestTooLarge")
  expect(session.output()).toBeUndefined()
  expect(Result.isSuccess(session.start(find))).toBe(true)
})

test("a limit that is none", () => {
  expect(() => new ClientSession({ replyBytesMax: 0 })).toThrow("limit of 0")
})

test("close gives back a descriptor that no step has passed on", () => {
  const session = new ClientSession<string>()
  session.push(greeting, "7")
  expect(session.close()).toBe("7")
  expect(session.close()).toBeUndefined()
})

test("retain lets the array go before the loop is at its end", () => {
  const session = new ClientSession<string>()
  Result.getOrThrow(session.start(save))
  const shared = join([greeting, dummy, list("status=0")])
  session.push(shared)
  expect(session.next()._tag).toBe("SendDescriptor")
  session.retain()
  shared.fill(0x2a)
  session.descriptorSent()
  expect(session.next()._tag).toBe("Answered")
})

describe("defects of the driver throw", () => {
  test("a second request, an answer that is not due, a step before the answer, a push before Idle", () => {
    const session = new ClientSession<string>()
    Result.getOrThrow(session.start(save))
    expect(() => session.start(find)).toThrow("while awaiting the reply")
    expect(() => session.descriptorSent()).toThrow("none is due")
    session.push(dummy)
    expect(() => session.push(dummy)).toThrow("before next() has answered Idle")
    expect(session.next()._tag).toBe("SendDescriptor")
    expect(() => session.next()).toThrow("before SendDescriptor was answered")
    session.descriptorFailed()
    expect(session.state).toBe("over")
    expect(() => session.descriptorFailed()).toThrow("none is due")
  })
})
