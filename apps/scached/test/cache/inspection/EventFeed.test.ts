/** What those hear who watch: every event, in its order, or how many they have missed. */
import { describe, expect, test } from "bun:test"
import { readFileSync } from "node:fs"
import { join } from "node:path"
import { CacheEvent } from "@scached/protocol"
import { Effect } from "effect"
import { Access } from "../../../src/settings/Access.ts"
import * as Message from "../../simulation/client/Message.ts"
import { perform, type Visitor } from "./Theatre.ts"

/** All events that there are for a visitor. */
const eventsOf = Effect.fnUntraced(function* (
  visitor: Visitor
): Effect.fn.Return<ReadonlyArray<CacheEvent.CacheEvent>> {
  const events: Array<CacheEvent.CacheEvent> = []
  for (;;) {
    yield* Effect.sleep(5)
    const arrived = visitor.arrived()
    if (arrived.length === 0) return events
    for (const step of arrived) if (step?._tag === "Happened") events.push(step.event)
  }
})

const briefly = ({ ageMillis, destination, kind, label, lost, reason }: CacheEvent.CacheEvent): string =>
  [
    kind,
    ...(label === undefined ? [] : [label.octets]),
    ...(destination === undefined ? [] : [`for ${destination.octets}`]),
    ...(reason === undefined ? [] : [`(${reason})`]),
    ...(ageMillis === undefined ? [] : [`after ${Math.round(ageMillis / 100) / 10}`]),
    ...(lost === undefined ? [] : [lost])
  ].join(" ")

const heardBy = (visitor: Visitor) => Effect.map(eventsOf(visitor), (events) => events.map(briefly))

/** Takes a connection that is found, and confirms it. */
const take = Effect.fnUntraced(function* (visitor: Visitor, request: Parameters<Visitor["say"]>[0]) {
  for (const step of yield* visitor.ask(request)) if (step._tag === "Received") step.descriptor.close()
  // With the next request leaves the last dummy.
  yield* visitor.ask(Message.findEndpoint("nothing"))
})

const watching = (visitor: Visitor): Effect.Effect<Visitor> => {
  visitor.say({ _tag: "Watch" })
  return Effect.as(Effect.sleep(1), visitor)
}

describe("one that watches", () => {
  test("hears of a connection from its saving to its hand-over, who it was, and when", () =>
    perform(({ visitor }) =>
      Effect.gen(function* () {
        const client = visitor(7)
        yield* client.save("before", "")
        const watcher = yield* watching(visitor())
        yield* client.save("A", "")
        yield* client.ask(Message.saveDestination(60, "D", "", "A"))
        yield* Effect.sleep(2_000)
        yield* take(client, Message.findDestination("D"))
        const events = yield* eventsOf(watcher)
        expect(events.map(briefly)).toEqual([
          "saved A",
          "bound A for D",
          "found A for D after 2",
          "handed over A after 2",
          "missed nothing"
        ])
        expect(events.every(({ client: of }) => of?.userId === 7)).toBe(true)
        const times = events.map(({ atMillis }) => atMillis)
        expect(times).toEqual(times.toSorted((left, right) => left - right))
        expect((times.at(-1) ?? 0) - (times[0] ?? 0)).toBeGreaterThanOrEqual(2_000)
      })
    ))

  test("hears why a connection has left", () =>
    perform(
      ({ server, visitor }) =>
        Effect.gen(function* () {
          const watcher = yield* watching(visitor())
          const client = visitor(7)
          yield* client.save("A", "", 60)
          yield* client.save("A", "", 90)
          yield* client.save("A", "", 90)
          yield* client.save("B", "", 1)
          yield* Effect.sleep(3_000)
          const heard = yield* heardBy(watcher)
          expect(heard.filter((line) => !line.startsWith("saved"))).toEqual([
            "evicted A (scached_endpoint_connection_limit) after 0",
            "expired B after 1"
          ])
          expect(server.statistics.totals).toMatchObject({ evictedConnections: 1, expired: 1 })
        }),
      { connectionsPerEndpointMax: 2 }
    ))

  test("hears of connections whose far ends leave or speak", () =>
    perform(({ kernel, visitor }) =>
      Effect.gen(function* () {
        const watcher = yield* watching(visitor())
        const client = visitor()
        const pairs = ["leaves", "speaks"].map((label) => {
          const pair = client.process.calls.socketPair()
          if (typeof pair === "number") throw new Error("no pair")
          return { label, near: pair[0], far: pair[1] }
        })
        for (const { far, label } of pairs) {
          yield* client.ask(Message.saveEndpoint(60, label, ""), far)
          far.close()
        }
        yield* Effect.sleep(100)
        pairs[0]?.near.close()
        if (pairs[1] !== undefined) client.process.calls.send(pairs[1].near, Buffer.from("421 bye"))
        yield* Effect.sleep(1_000)
        expect((yield* heardBy(watcher)).map((line) => line.split(" after")[0])).toEqual([
          "saved leaves",
          "saved speaks",
          expect.stringMatching(/^(hung up leaves|spoke speaks)$/),
          expect.stringMatching(/^(hung up leaves|spoke speaks)$/)
        ])
        pairs[1]?.near.close()
        expect(kernel.violations).toEqual([])
      })
    ))

  test("hears who was refused, and who was disconnected for what it owed", () =>
    perform(
      ({ visitor }) =>
        Effect.gen(function* () {
          const watcher = yield* watching(visitor())
          const guest = visitor(7)
          yield* guest.ask({ _tag: "Status" })
          visitor(4_242)
          guest.say(Message.saveEndpoint(9, "A", ""))
          yield* Effect.sleep(20_000)
          expect(yield* heardBy(watcher)).toEqual([
            "refused (status)",
            "refused (user)",
            "timed out (awaiting the descriptor)"
          ])
        }),
      { access: new Access([0, 7]), exchangeSecondsMax: 10 }
    ))

  test("hears nothing of what was before, and is a client like any other until it leaves", () =>
    perform(({ server, visitor }) =>
      Effect.gen(function* () {
        const watcher = yield* watching(visitor())
        expect(yield* heardBy(watcher)).toEqual([])
        expect(server.status().gauges).toMatchObject({ clients: 1, watchers: 1 })
        watcher.process.die()
        yield* Effect.sleep(5)
        expect(server.status().gauges).toMatchObject({ clients: 0, watchers: 0 })
      })
    ))

  test("is disconnected when it says something", () =>
    perform(({ journal, visitor }) =>
      Effect.gen(function* () {
        const watcher = yield* watching(visitor())
        watcher.process.calls.send(watcher.socket, Buffer.from("request\0status\0\0"))
        yield* Effect.sleep(5)
        expect(watcher.arrived()).toEqual([undefined])
        expect(journal).toEqual([expect.stringContaining("watch: the client has sent something while it watches")])
      })
    ))
})

describe("one that watches and does not read", () => {
  const small = { outputBytesMax: 4_096, requestBytesMax: 1_024 }

  const busy = Effect.fnUntraced(function* (client: Visitor, from: number, to: number) {
    for (let each = from; each < to; each++) yield* client.ask(Message.saveDestination(90, `D${each}`, "", "A"))
  })

  test("for a while hears how many events it has missed, and then the next ones", () =>
    perform(
      ({ visitor }) =>
        Effect.gen(function* () {
          const watcher = yield* watching(visitor())
          const client = visitor(7)
          yield* busy(client, 0, 500)
          const first = yield* eventsOf(watcher)
          yield* busy(client, 500, 510)
          const second = yield* eventsOf(watcher)
          const all = [...first, ...second]
          const lost = all.reduce((sum, event) => sum + (event.lost ?? 0), 0)
          const bound = all.flatMap(({ destination }) => (destination === undefined ? [] : [destination.octets]))
          expect(lost).toBeGreaterThan(100)
          expect(bound.length + lost).toBe(510)
          expect(second.map(briefly).slice(-10)).toEqual(
            Array.from({ length: 10 }, (_, each) => `bound A for D${500 + each}`)
          )
        }),
      small,
      undefined,
      4_096
    ))

  test("for ever is disconnected when its time is over, and keeps nobody waiting", () =>
    perform(
      ({ server, visitor }) =>
        Effect.gen(function* () {
          yield* watching(visitor())
          const client = visitor(7)
          yield* busy(client, 0, 500)
          yield* Effect.sleep(20_000)
          expect(server.status().gauges).toMatchObject({ clients: 1, watchers: 0, bindings: 500 })
          expect(server.status().counters).toMatchObject({ timed_out: 1 })
        }),
      { ...small, exchangeSecondsMax: 10 },
      undefined,
      4_096
    ))

  test("beside one that reads takes nothing from it", () =>
    perform(
      ({ server, visitor }) =>
        Effect.gen(function* () {
          yield* watching(visitor())
          const reader = yield* watching(visitor())
          const client = visitor(7)
          let heard = 0
          for (let each = 0; each < 500; each += 10) {
            yield* busy(client, each, each + 10)
            const events = yield* eventsOf(reader)
            heard += events.filter(({ kind }) => kind === "bound").length
          }
          expect(heard).toBe(500)
          expect(server.status().gauges).toMatchObject({ watchers: 2 })
        }),
      small,
      undefined,
      4_096
    ))

  test("fast enough, but goes on reading, stays", () =>
    perform(
      ({ server, visitor }) =>
        Effect.gen(function* () {
          const watcher = yield* watching(visitor())
          const client = visitor(7)
          for (let each = 0; each < 400; each += 10) {
            yield* busy(client, each, each + 10)
            yield* Effect.sleep(1_000)
            expect(watcher.sip(300)).toBeGreaterThan(0)
          }
          expect(server.status().gauges).toMatchObject({ watchers: 1 })
        }),
      { ...small, exchangeSecondsMax: 30 },
      undefined,
      4_096
    ))

  test("and dies leaves nothing behind", () =>
    perform(
      ({ server, visitor }) =>
        Effect.gen(function* () {
          const watcher = yield* watching(visitor())
          const client = visitor(7)
          yield* busy(client, 0, 300)
          watcher.process.die()
          yield* busy(client, 300, 310)
          expect(server.status().gauges).toMatchObject({ clients: 1, watchers: 0 })
        }),
      small,
      undefined,
      4_096
    ))
})

describe("many events of one turn", () => {
  test("are one write, and what is beyond its bound is counted as lost", () => {
    let sent: ReadonlyArray<number> = []
    perform(({ server, visitor }) =>
      Effect.gen(function* () {
        const client = visitor()
        const long = "x".repeat(400)
        for (let each = 0; each < 400; each++) yield* client.save(`${each}${long}`, "", 5)
        const watcher = yield* watching(visitor())
        yield* Effect.sleep(7_000)
        const events = yield* eventsOf(watcher)
        sent = [
          events.filter(({ kind }) => kind === "expired").length,
          events.find(({ lost }) => lost !== undefined)?.lost ?? 0
        ]
        expect((sent[0] ?? 0) + (sent[1] ?? 0)).toBe(400)
        expect(server.statistics.totals.expired).toBe(400)
      })
    )
    expect(sent[0]).toBeGreaterThan(100)
  })
})

test("docs/protocol.md explains every kind of event, and no others", () => {
  const document = readFileSync(join(import.meta.dir, "../../../../../docs/protocol.md"), "utf8")
  const explained = [...document.matchAll(/^\| `event\\\|([a-z ]+)` /gm)].map(([, kind = ""]) => kind)
  expect(explained.toSorted()).toEqual([...CacheEvent.kinds].toSorted())
})
