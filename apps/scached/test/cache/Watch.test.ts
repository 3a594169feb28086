/** Nothing dead is handed out, and nothing dead stays. */
import { describe, expect, test } from "bun:test"
import { Readiness, SocketKind } from "@scached/fdpass"
import { deadPerFindMax } from "../../src/cache/ConnectionCache.ts"
import { watchTimes } from "../../src/cache/watchTimes.ts"
import type { WatchMode } from "../../src/settings/CacheSettings.ts"
import * as Message from "../simulation/client/Message.ts"
import { Stage } from "../simulation/Stage.ts"

const totals = (stage: Stage) => stage.machine.observer.server?.statistics.totals

/** Saves connections of peers that do something so many milliseconds after the save. */
const savePeers = (
  stage: Stage,
  label: string,
  peers: ReadonlyArray<readonly ["nothing" | "leaves" | "speaks", number]>,
  millis = 0
): void => {
  stage.politely(millis, function* (polite) {
    for (const [index, [peerDoes, afterMillis]] of peers.entries()) {
      const cargo = stage.machine.connection(polite.client, peerDoes, afterMillis)
      yield* polite.ask(Message.saveEndpoint(100, label, `${index}`), cargo)
      cargo.close()
    }
  })
}

const cachedAt = (stage: Stage, millis: number): ReadonlyArray<number> => {
  const seen: Array<number> = []
  stage.machine.at(millis, () => seen.push(stage.machine.observer.model.count("cached")))
  return seen
}

describe.each([
  ["data", ["leaves", "speaks"]],
  ["hangup", ["leaves"]],
  ["off", []]
] as const)("scached_watch = %s", (watch: WatchMode, ends: ReadonlyArray<string>) => {
  for (const peerDoes of ["leaves", "speaks"] as const) {
    const isEnd = ends.includes(peerDoes)

    test(`a peer that ${peerDoes} after a while ${isEnd ? "ends" : "does not end"} the stay, at once`, () => {
      const stage = new Stage({ settings: { watch } })
      savePeers(stage, "e", [
        [peerDoes, 5_000],
        ["nothing", 0]
      ])
      const before = cachedAt(stage, 4_999)
      const after = cachedAt(stage, 5_001)
      const taken = stage.take(6_000, "e")
      stage.run()
      expect([before, after]).toEqual([[2], [isEnd ? 1 : 2]])
      expect(taken).toEqual(isEnd ? ["1"] : ["0", "1"])
    })

    test(`a peer that ${peerDoes} soon ${isEnd ? "ends" : "does not end"} the stay with the next look`, () => {
      const stage = new Stage({ settings: { watch } })
      savePeers(stage, "e", [
        [peerDoes, 400],
        ["nothing", 0]
      ])
      const before = cachedAt(stage, 399)
      const after = cachedAt(stage, 400 + watchTimes.looks.everyMillis)
      stage.run()
      expect([before, after]).toEqual([[2], [isEnd ? 1 : 2]])
    })

    test(`a peer that ${peerDoes} at once: ${isEnd ? "the next one is handed out" : "its connection is handed out"}`, () => {
      const stage = new Stage({ settings: { watch } })
      savePeers(stage, "e", [
        [peerDoes, 0],
        ["nothing", 0]
      ])
      const taken = stage.take(20, "e")
      stage.run()
      expect(taken).toEqual(isEnd ? ["1"] : ["0", "1"])
      expect((totals(stage)?.hungUp ?? 0) + (totals(stage)?.spoke ?? 0)).toBe(isEnd ? 1 : 0)
    })
  }
})

const savedKinds: ReadonlyArray<readonly [string, SocketKind, WatchMode, number]> = [
  ["a TCP connection", SocketKind.tcp, "data", 0],
  ["a socket whose poll waits for its maker", SocketKind.unknown, "data", 2],
  ["a datagram socket", SocketKind.internetDatagram, "data", 2],
  ["a connection that hides a short message", SocketKind.deaf, "hangup", 2],
  ["a socket whose poll waits for its maker", SocketKind.unknown, "off", 0]
]

for (const [name, kind, watch, status] of savedKinds) {
  test(`scached_watch = ${watch}: the save of ${name} has status ${status}`, () => {
    const stage = new Stage({ settings: { watch } })
    const seen: Array<unknown> = []
    stage.politely(0, function* (polite) {
      const cargo = polite.client.process.foreignSocket(kind, name, Readiness.writable)
      const { reply } = yield* polite.ask(Message.saveEndpoint(100, "e", "kept for long"), cargo)
      cargo.close()
      seen.push(reply)
      // As long as it takes to have it watched.
      yield* polite.client.sleep(3_000)
    })
    const taken = stage.take(4_000, "e")
    stage.run()
    expect([seen, taken]).toEqual([[expect.objectContaining({ status })], status === 0 ? ["kept for long"] : []])
    expect(stage.machine.journal.some((line) => line.includes("cannot be watched"))).toBe(status === 2)
  })
}

test("what takes no byte, and a stream that its peer reads no more, is not handed out", () => {
  const stage = new Stage()
  stage.politely(0, function* (polite) {
    const { process } = polite.client
    const connecting = process.foreignSocket(SocketKind.tcp, "connecting")
    const ends = process.calls.socketPair()
    if (typeof ends === "number") throw new Error("no pair")
    process.calls.discardUnread(ends[1])
    for (const [properties, cargo] of [
      ["connecting", connecting],
      ["shut", ends[0]]
    ] as const) {
      yield* polite.ask(Message.saveEndpoint(100, "e", properties), cargo)
      cargo.close()
    }
    yield* polite.client.sleep(500)
    ends[1].close()
  })
  const taken = stage.take(300, "e")
  stage.run()
  expect(taken).toEqual([])
  expect(totals(stage)).toMatchObject({ failed: 2 })
})

test("a destination's next binding is tried when all of the first are dead", () => {
  const stage = new Stage()
  savePeers(stage, "e1", [
    ["leaves", 0],
    ["speaks", 0]
  ])
  savePeers(stage, "e2", [["nothing", 0]])
  let properties: string | undefined
  stage.politely(10, function* (polite) {
    for (const endpoint of ["e1", "e2"]) yield* polite.ask(Message.saveDestination(100, "d", "own", endpoint))
    const { descriptor, reply } = yield* polite.ask(Message.findDestination("d"))
    if (reply._tag === "DestinationReply") properties = reply.properties
    descriptor?.close()
  })
  stage.run()
  expect(properties).toBe("0")
  expect(totals(stage)).toMatchObject({ hungUp: 1, spoke: 1, handedOver: 1, destinations: { hits: 1, misses: 0 } })
})

test("what is asked for again at once never reaches the kernel's set", () => {
  const stage = new Stage()
  savePeers(stage, "e", [
    ["nothing", 0],
    ["nothing", 0]
  ])
  const before: Array<number> = []
  stage.machine.at(40, () => before.push(stage.machine.observer.server?.watched() ?? -1))
  const taken = stage.take(45, "e")
  stage.run()
  expect(taken).toEqual(["0", "1"])
  expect(before).toEqual([0])
  const { daemon } = stage.machine
  // The listener, the set of idle connections, and two clients.
  expect(daemon.callCount("epollAdd")).toBe(2 + 2)
  expect(daemon.callCount("look")).toBe(2)
})

test("a connection that the kernel watches is taken out of its set before it is handed over, and put back watched again", () => {
  const stage = new Stage()
  savePeers(stage, "e", [["leaves", 20_000]])
  const watched: Array<number | undefined> = []
  for (const millis of [1_000, 6_000, 15_500]) {
    stage.machine.at(millis, () => watched.push(stage.machine.observer.server?.watched()))
  }
  stage.at(5_000, function* (client) {
    yield* client.connect()
    yield* client.say([Message.request(Message.findEndpoint("e"))])
    yield* client.sleep(5_000)
  })
  stage.run()
  expect(watched).toEqual([1, 0, 1])
  expect(stage.machine.observer.model.counts).toMatchObject({ putBack: 1, dead: 1 })
})

test("dead ones that nobody asks for go by themselves", () => {
  const stage = new Stage()
  const many = deadPerFindMax + 20
  savePeers(
    stage,
    "e",
    Array.from({ length: many }, () => ["nothing", 0] as const)
  )
  // All at once, as when a server is restarted.
  stage.machine.at(10, () => stage.machine.endPeers())
  const left = cachedAt(stage, 100)
  stage.run()
  expect(left).toEqual([0])
  expect(totals(stage)?.hungUp).toBe(many)
})
