/** Looking into the cache: who may, and what they are told. */
import { describe, expect, test } from "bun:test"
import { readFileSync } from "node:fs"
import { join } from "node:path"
import type { CacheEntry } from "@scached/protocol"
import { Effect } from "effect"
import * as Message from "../../simulation/client/Message.ts"
import { ownUser, perform, type Visitor } from "./Theatre.ts"

const statusOf = Effect.fnUntraced(function* (visitor: Visitor) {
  const [step] = yield* visitor.ask({ _tag: "Status" })
  if (step?._tag !== "Reported") throw new Error(`${step?._tag}`)
  return step.status
})

const entriesOf = Effect.fnUntraced(function* (visitor: Visitor) {
  const steps = yield* visitor.ask({ _tag: "List" })
  expect(steps.at(-1)).toEqual({ _tag: "Answered", reply: { _tag: "StatusReply", status: 0 } })
  return steps.flatMap((step) => (step._tag === "Listed" ? [step.entry] : []))
})

const listed = (text: string): CacheEntry.ListedLabel => ({ octets: Message.octets(text), octetsTotal: text.length })

describe("who may look", () => {
  for (const uid of [0, ownUser]) {
    test(`user ${uid} may`, () =>
      perform(({ visitor }) =>
        Effect.gen(function* () {
          expect((yield* statusOf(visitor(uid))).gauges["clients"]).toBe(1)
          expect(yield* entriesOf(visitor(uid))).toEqual([])
        })
      ))
  }

  test("a user that may connect is answered as scache(8) answers an unknown request, and may go on", () =>
    perform(({ journal, server, visitor }) =>
      Effect.gen(function* () {
        const guest = visitor(4_242)
        const refused = { _tag: "Answered", reply: { _tag: "StatusReply", status: 1 } } as const
        expect(yield* guest.ask({ _tag: "Status" })).toEqual([refused])
        expect(yield* guest.ask({ _tag: "List" })).toEqual([refused])
        yield* guest.save("label", "")
        expect(server.statistics.totals).toMatchObject({ refusedInspections: 2, savedEndpoints: 1 })
        expect(journal).toEqual([
          expect.stringMatching(/uid=4242: status was refused: only root and the user that scached runs as/),
          expect.stringMatching(/uid=4242: list was refused/)
        ])
      })
    ))
})

describe("status", () => {
  const facts = {
    version: "1.2.3",
    mode: "master",
    processId: 77,
    settings: () => ({ syslog_name: "größer", max_idle: "100s" })
  } as const

  test("has the program's facts, the limits in force and what was counted", () =>
    perform(
      ({ visitor }) =>
        Effect.gen(function* () {
          const client = visitor()
          yield* client.save("A", "", 60)
          yield* client.save("A", "", 1_000)
          yield* client.ask(Message.saveDestination(60, "D", "q", "A"))
          yield* client.ask(Message.findEndpoint("B"))
          yield* Effect.sleep(5_000)
          const status = yield* statusOf(client)
          expect(status).toMatchObject({ version: "1.2.3", mode: "master", processId: 77, isBatching: false })
          expect(status.uptimeSeconds).toBeGreaterThanOrEqual(5)
          expect(status.counters).toMatchObject({
            saved_endpoints: 2,
            saved_destinations: 1,
            endpoint_hits: 0,
            endpoint_misses: 1,
            shortened_ttls: 1
          })
          expect(status.gauges).toMatchObject({
            connections: 2,
            endpoints: 1,
            destinations: 1,
            bindings: 1,
            clients: 1
          })
          expect(status.limits).toMatchObject({ scached_endpoint_connection_limit: 7, connection_cache_ttl_limit: 100 })
          expect(status.limitsReached).toMatchObject({ scached_endpoint_connection_limit: 0 })
          expect(status.settings).toEqual({ syslog_name: "größer", max_idle: "100s" })
        }),
      { connectionsPerEndpointMax: 7 },
      facts
    ))

  test("has the names that docs/protocol.md explains, and no others", () =>
    perform(({ visitor }) =>
      Effect.gen(function* () {
        const { counters, gauges } = yield* statusOf(visitor())
        const document = readFileSync(join(import.meta.dir, "../../../../../docs/protocol.md"), "utf8")
        const explained = (group: string) =>
          [...document.matchAll(new RegExp(`^\\| \`${group}:(\\w+)\` `, "gm"))].map(([, name = ""]) => name)
        expect(explained("counter").toSorted()).toEqual(Object.keys(counters).toSorted())
        expect(explained("gauge").toSorted()).toEqual(Object.keys(gauges).toSorted())
      })
    ))
})

describe("list", () => {
  test("has connections and bindings, with age, rest, uses and who saved them", () =>
    perform(({ visitor }) =>
      Effect.gen(function* () {
        const client = visitor(7)
        yield* client.save("smtp\nhost\n", "a=b\nreuse_count=3\nc=d\n", 60)
        yield* client.ask(Message.saveDestination(50, "smtp\ndomain\n", "q", "smtp\nhost\n"))
        yield* Effect.sleep(1_000)
        yield* client.save("other", "", 10)
        const insider = visitor()
        const [older, newer, binding] = (yield* entriesOf(insider)).toSorted(
          (left, right) => right.remainingMillis - left.remainingMillis || 0
        )
        const savedBy = { processId: expect.any(Number), userId: 7 }
        expect(older).toMatchObject({ _tag: "ConnectionEntry", label: listed("smtp\nhost\n"), uses: 3, savedBy })
        expect(older?.propertiesBytes).toBe(22)
        expect(older?.ageMillis).toBeGreaterThanOrEqual(1_000)
        expect((older?.ageMillis ?? 0) + (older?.remainingMillis ?? 0)).toBe(60_000)
        expect(newer).toMatchObject({
          _tag: "BindingEntry",
          label: listed("smtp\ndomain\n"),
          endpointLabel: listed("smtp\nhost\n"),
          propertiesBytes: 1
        })
        expect(binding).toMatchObject({ _tag: "ConnectionEntry", label: listed("other"), uses: undefined, savedBy })
      })
    ))

  test("cuts long labels, and says how long they are; the parts fit into the smallest output limit", () =>
    perform(
      ({ visitor }) =>
        Effect.gen(function* () {
          const client = visitor()
          const long = "x".repeat(900)
          yield* client.save(long, "")
          for (let each = 0; each < 5; each++) {
            yield* client.ask(Message.saveDestination(60, `${each}${"y".repeat(900)}`, "", long))
          }
          const entries = yield* entriesOf(client)
          expect(entries.map(({ label }) => [label.octets.length, label.octetsTotal])).toEqual([
            [512, 900],
            ...Array.from({ length: 5 }, () => [512, 901])
          ])
        }),
      { outputBytesMax: 4_096, requestBytesMax: 2_048 }
    ))

  test("of many goes on while other clients are answered", () =>
    perform(({ server, visitor }) =>
      Effect.gen(function* () {
        const client = visitor()
        for (let each = 0; each < 3_000; each++) yield* client.ask(Message.saveDestination(60, `D${each}`, "", "A"))
        const [insider, other] = [visitor(), visitor()]
        yield* statusOf(insider)
        yield* statusOf(other)
        insider.say({ _tag: "List" })
        other.say(Message.saveDestination(60, "between", "", "A"))
        let steps = 0
        let answeredAfter: number | undefined
        for (let step = yield* insider.step(); step._tag === "Listed"; step = yield* insider.step()) {
          steps++
          if (server.statistics.totals.savedDestinations > 3_000) answeredAfter ??= steps
        }
        // A binding that is saved meanwhile may be listed too.
        expect([3_000, 3_001]).toContain(steps)
        expect(answeredAfter).toBeLessThan(1_000)
      })
    ))
})

describe("an insider that does not read", () => {
  test("is disconnected when its time is over, and costs no more than what waits for it", () =>
    perform(
      ({ server, visitor }) =>
        Effect.gen(function* () {
          const client = visitor()
          for (let each = 0; each < 2_000; each++) yield* client.ask(Message.saveDestination(60, `D${each}`, "", "A"))
          const insider = visitor()
          insider.say({ _tag: "List" })
          yield* Effect.sleep(20_000)
          expect(server.clients()).toBe(1)
          expect(server.statistics.totals.timedOut).toBe(1)
          expect((yield* statusOf(client)).gauges["bindings"]).toBe(2_000)
        }),
      { exchangeSecondsMax: 10 },
      undefined,
      8_192
    ))

  test("and dies in the middle leaves nothing behind", () =>
    perform(
      ({ server, visitor }) =>
        Effect.gen(function* () {
          const client = visitor()
          for (let each = 0; each < 2_000; each++) yield* client.ask(Message.saveDestination(60, `D${each}`, "", "A"))
          const insider = visitor()
          insider.say({ _tag: "List" })
          yield* Effect.sleep(5)
          insider.process.die()
          yield* Effect.sleep(5)
          expect(server.clients()).toBe(1)
        }),
      {},
      undefined,
      8_192
    ))

  test("for a while is told the rest when it reads again", () =>
    perform(
      ({ visitor }) =>
        Effect.gen(function* () {
          const client = visitor()
          for (let each = 0; each < 1_000; each++) yield* client.ask(Message.saveDestination(90, `D${each}`, "", "A"))
          const insider = visitor()
          insider.say({ _tag: "List" })
          let entries = 0
          for (let step = yield* insider.step(); step._tag === "Listed"; step = yield* insider.step()) {
            entries++
            if (entries % 100 === 0) yield* Effect.sleep(2_000)
          }
          expect(entries).toBe(1_000)
        }),
      { exchangeSecondsMax: 10 },
      undefined,
      4_096
    ))
})
