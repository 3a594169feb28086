/** `status` and `list`: from value to bytes to value, however the bytes are split, and what is none of them. */
import { describe, expect, test } from "bun:test"
import { Result } from "effect"
import fc from "fast-check"
import {
  CacheEntry,
  CacheEvent,
  CacheStatus,
  ClientSession,
  type ClientStep,
  OctetString,
  Request,
  ServerSession
} from "../src/index.ts"
import { octets } from "./support/arbitraries.ts"
import { list } from "./support/lists.ts"
import { property } from "./support/property.ts"

const file = import.meta.path
const readSize = fc.integer({ min: 1, max: 200 })

const name = fc.stringMatching(/^[a-z][a-z_]{0,12}$/)
const numbers = fc.dictionary(name, fc.nat())
const status: fc.Arbitrary<CacheStatus.CacheStatus> = fc.record({
  version: fc.string({ maxLength: 9 }).map((text) => text.replaceAll("\0", "")),
  mode: fc.constantFrom("serve", "master", "stream"),
  processId: fc.nat(),
  isBatching: fc.boolean(),
  startedSeconds: fc.nat().map((millis) => millis / 1000),
  uptimeSeconds: fc.nat().map((millis) => millis / 1000),
  counters: numbers,
  gauges: numbers,
  limitsReached: numbers,
  limits: numbers,
  settings: fc.dictionary(name, fc.constantFrom("", "1s", "größer", "yes"))
})

const label = octets.map(CacheEntry.listedLabel)
const times = { propertiesBytes: fc.nat(), ageMillis: fc.nat(), remainingMillis: fc.nat() }
const saver = fc.record({ processId: fc.nat(), userId: fc.nat() })
const entry: fc.Arbitrary<CacheEntry.CacheEntry> = fc.oneof(
  fc.record({
    _tag: fc.constant("ConnectionEntry" as const),
    label,
    ...times,
    uses: fc.option(fc.nat(), { nil: undefined }),
    savedBy: fc.option(saver, { nil: undefined })
  }),
  fc.record({ _tag: fc.constant("BindingEntry" as const), label, endpointLabel: label, ...times })
)

const event = fc.record({
  kind: fc.constantFrom(...CacheEvent.kinds),
  atMillis: fc.nat(),
  label: fc.option(label, { nil: undefined }),
  destination: fc.option(label, { nil: undefined }),
  reason: fc.option(fc.constantFrom("user", "scached_text_limit"), { nil: undefined }),
  ageMillis: fc.option(fc.nat(), { nil: undefined }),
  client: fc.option(saver, { nil: undefined }),
  lost: fc.option(fc.nat(), { nil: undefined })
})

/** What the client makes of the server's bytes, in reads of so many bytes. */
const stepsOf = (request: Request.Inspection, answer: Uint8Array, readBytes: number): Array<ClientStep<string>> => {
  const client = new ClientSession<string>()
  Result.getOrThrow(client.start(request))
  const steps: Array<ClientStep<string>> = []
  for (let at = 0; at < answer.length; at += readBytes) {
    client.push(answer.slice(at, at + readBytes))
    for (let step = client.next(); step._tag !== "Idle"; step = client.next()) steps.push(step)
  }
  return steps
}

describe("the request", () => {
  for (const request of [{ _tag: "Status" }, { _tag: "List" }] as const) {
    test(`${Request.wireName(request)} is a step of the server, which may report in parts or refuse`, () => {
      const session = new ServerSession<string>({ greeting: false })
      const bytes = Request.encode(request)
      expect(Request.decode(bytes)).toEqual(Result.succeed(request))
      session.push(Buffer.concat([bytes, bytes]))
      expect(session.next()).toEqual({ _tag: "Inspect", inspection: request })
      expect(() => session.next()).toThrow("answer due")
      session.report(Buffer.from("one"), false)
      expect(session.state).toBe("reporting")
      expect(session.owesBytes).toBe(false)
      expect(session.next()).toEqual({ _tag: "Idle" })
      session.report(Buffer.from("two"), true)
      expect(Buffer.from(session.output() ?? []).toString()).toBe("onetwo")
      expect(session.next()).toEqual({ _tag: "Inspect", inspection: request })
      session.replyStatus(1)
      expect(Buffer.from(session.output() ?? []).toString()).toBe("status\x001\0\0")
    })
  }

  test("a client that speaks while it watches is to be disconnected", () => {
    const session = new ServerSession<string>({ greeting: false })
    session.push(Request.encode({ _tag: "Watch" }))
    expect(session.next()).toEqual({ _tag: "Inspect", inspection: { _tag: "Watch" } })
    session.report(list("status=0"), false)
    expect(session.next()).toEqual({ _tag: "Idle" })
    session.push(Buffer.from("r"), "stray")
    expect(session.next()).toMatchObject({ _tag: "Malformed", error: { _tag: "SpokeWhileWatching" }, fatal: true })
    expect(session.next()).toEqual({ _tag: "Stray", descriptor: "stray" })
    expect(session.next()).toEqual({ _tag: "Idle" })
    expect(session.state).toBe("over")
  })

  test("a report to what asks for none is a defect of the driver", () => {
    const session = new ServerSession<string>({ greeting: false })
    session.push(list("request=find_endp", "label=x"))
    session.next()
    expect(() => session.report(new Uint8Array(), true)).toThrow("report to FindEndpoint")
  })
})

describe("the answer", () => {
  const statusName = "to status is the value that was told, however it is split"
  test(statusName, () =>
    property(file, statusName, fc.tuple(status, readSize), ([told, readBytes]) => {
      expect(stepsOf({ _tag: "Status" }, CacheStatus.encode(told), readBytes)).toEqual([
        { _tag: "Reported", status: told }
      ])
    })
  )

  const listName = "to list is the entries that were told, however it is split"
  test(listName, () =>
    property(file, listName, fc.tuple(fc.array(entry, { maxLength: 20 }), readSize), ([told, readBytes]) => {
      const lists = told.map(CacheEntry.encode).join("")
      const answer = Buffer.from(`status\x000\0\0${lists}${CacheEntry.encodeEnd(told.length)}`, "latin1")
      expect(stepsOf({ _tag: "List" }, answer, readBytes)).toEqual([
        ...told.map((each) => ({ _tag: "Listed", entry: each }) as const),
        { _tag: "Answered", reply: { _tag: "StatusReply", status: 0 } }
      ])
    })
  )

  const watchName = "to watch is the events that were told, however it is split"
  test(watchName, () =>
    property(file, watchName, fc.tuple(fc.array(event, { maxLength: 20 }), readSize), ([told, readBytes]) => {
      const lists = told.map(({ atMillis, kind, ...details }) => CacheEvent.encode(kind, atMillis, details)).join("")
      expect(stepsOf({ _tag: "Watch" }, Buffer.from(`status\x000\0\0${lists}`, "latin1"), readBytes)).toEqual(
        told.map((each) => ({ _tag: "Happened", event: each }) as const)
      )
    })
  )

  test("an entry is never longer than bytesMax", () => {
    const long = CacheEntry.listedLabel(Result.getOrThrow(OctetString.make("x".repeat(65_000))))
    const most = 2 ** 31
    const binding = {
      label: long,
      endpointLabel: long,
      propertiesBytes: 1_048_576,
      ageMillis: 1e12,
      remainingMillis: 1e12
    }
    const connection = { uses: 999_999_999, savedBy: { processId: most, userId: 2 * most } }
    expect(CacheEntry.encode({ _tag: "BindingEntry", ...binding }).length).toBeLessThan(CacheEntry.bytesMax)
    expect(CacheEntry.encode({ _tag: "ConnectionEntry", ...binding, ...connection }).length).toBeLessThan(
      CacheEntry.bytesMax
    )
  })

  for (const request of [{ _tag: "Status" }, { _tag: "List" }, { _tag: "Watch" }] as const) {
    test(`of another cache to ${Request.wireName(request)} is a refusal, and the session goes on`, () =>
      expect(stepsOf(request, list("status=1"), 3)).toEqual([
        { _tag: "Answered", reply: { _tag: "StatusReply", status: 1 } }
      ]))
  }

  const wrong: ReadonlyArray<readonly [Request.Inspection, string, ReadonlyArray<Uint8Array>]> = [
    [{ _tag: "Status" }, "lacks what every status has", [list("status=0", "version=1")]],
    [{ _tag: "Status" }, "has a word for a number", [list("status=0", "counter:x=many")]],
    [{ _tag: "List" }, "has something that is no entry", [list("status=0"), list("nonsense=1")]],
    [{ _tag: "List" }, "has an entry without its numbers", [list("status=0"), list("connection=x", "age_ms=1")]],
    [{ _tag: "List" }, "has an empty list for an entry", [list("status=0"), list()]],
    [{ _tag: "Watch" }, "has an event without a time", [list("status=0"), list("event=saved")]],
    [{ _tag: "Watch" }, "has an empty list for an event", [list("status=0"), list()]]
  ]
  for (const [request, why, lists] of wrong) {
    test(`to ${Request.wireName(request)} that ${why} fails`, () => {
      const [failed] = stepsOf(request, Buffer.concat(lists), 1_000)
      expect(failed?._tag === "Failed" ? failed.error.message : failed).toMatch(
        /^unexpected reply to (status|list|watch): expected /
      )
    })
  }

  test("attributes of a later version are passed over", () => {
    const told = CacheStatus.encode({
      ...{ version: "9", mode: "other", processId: 1, isBatching: true, startedSeconds: 1, uptimeSeconds: 1 },
      ...{ counters: {}, gauges: {}, limitsReached: {}, limits: {}, settings: {} }
    })
    const later = Buffer.concat([told.subarray(0, -1), Buffer.from("new\0thing\0histogram:x\x001,2\0\0")])
    expect(stepsOf({ _tag: "Status" }, later, 9)).toMatchObject([{ _tag: "Reported", status: { mode: "other" } }])
  })
})
