import { describe, expect, test } from "bun:test"
import { FarewellRules } from "@scached/farewell"
import { Result } from "effect"
import type { CacheSettings } from "../../../src/settings/CacheSettings.ts"
import * as Message from "../../simulation/client/Message.ts"
import { PoliteClient } from "../../simulation/client/PoliteClient.ts"
import type { PeerDoes } from "../../simulation/Machine.ts"
import { Stage, type StageOptions } from "../../simulation/Stage.ts"

const rules = (text: string): Pick<CacheSettings, "farewells"> => ({
  farewells: Result.getOrThrow(FarewellRules.parse(text))
})

const stageWith = ({ settings, ...options }: StageOptions = {}): Stage =>
  new Stage({ endMillis: 60_000, settings: { ...rules("smtp"), ...settings }, ...options })

interface Saving {
  readonly atMillis?: number
  readonly label?: string
  readonly ttlSeconds?: number
  readonly count?: number
}

/** Saves connections whose far ends do this. */
const save = (stage: Stage, peerDoes: PeerDoes, saving: Saving = {}, afterMillis = 0): void => {
  const { atMillis = 0, count = 1, label = "smtp\n[192.0.2.1]", ttlSeconds = 5 } = saving
  stage.politely(atMillis, function* (polite) {
    for (let left = count; left > 0; left--) {
      const cargo = stage.machine.connection(polite.client, peerDoes, afterMillis)
      yield* polite.ask(Message.saveEndpoint(ttlSeconds, label, ""), cargo)
      cargo.close()
    }
  })
}

const resultsOf = (stage: Stage, protocol = "smtp"): unknown =>
  stage.machine.observer.server?.statistics.farewells.copy().get(protocol)

describe("a connection that leaves the cache is said farewell on", () => {
  test("when it expires, once, and is closed when its far end has left", () => {
    const stage = stageWith()
    save(stage, "answers", { count: 3 })
    stage.machine.at(5_500, () => expect(stage.machine.inUse).toBe(3))
    stage.run()
    expect(stage.machine.heard).toEqual(["QUIT\r\n", "QUIT\r\n", "QUIT\r\n"])
    expect(resultsOf(stage)).toEqual({ ended: 3 })
    expect(stage.journal).toEqual([])
  })

  test("when it is evicted", () => {
    const stage = stageWith({ settings: { connectionsPerEndpointMax: 1 } })
    save(stage, "answers", { count: 2, ttlSeconds: 50 })
    stage.machine.at(40_000, () =>
      expect([resultsOf(stage), stage.machine.heard]).toEqual([{ ended: 1 }, ["QUIT\r\n"]])
    )
    stage.run()
  })

  test("when the daemon ends, and the last counts are logged", () => {
    const stage = stageWith()
    save(stage, "answers", { count: 4, ttlSeconds: 100 })
    stage.run()
    expect(stage.machine.heard).toHaveLength(4)
    expect(stage.journal).toEqual(["counters: farewells smtp ended=4"])
  })

  test("when it returns too late from a client that did not take it", () => {
    const stage = stageWith()
    save(stage, "answers")
    stage.at(4_000, function* (client) {
      yield* client.connect()
      yield* client.say([Message.request(Message.findEndpoint("smtp\n[192.0.2.1]"))])
      yield* client.listen(1)
      yield* client.sleep(3_000)
    })
    stage.run()
    expect(resultsOf(stage)).toEqual({ ended: 1 })
  })
})

describe("nothing is said", () => {
  const quiet = (stage: Stage) => {
    stage.run()
    expect(stage.machine.heard).toEqual([])
    expect(stage.machine.daemon.callCount("writeElsewhere")).toBe(0)
  }

  test("without a rule for the label", () => {
    const stage = stageWith()
    save(stage, "answers", { label: "pop3\n[192.0.2.1]" })
    quiet(stage)
  })

  test("without any rule", () => {
    const stage = stageWith({ settings: { farewells: FarewellRules.none } })
    save(stage, "answers")
    quiet(stage)
  })

  test("on a connection that is handed over", () => {
    const stage = stageWith()
    save(stage, "answers")
    stage.take(1_000, "smtp\n[192.0.2.1]")
    quiet(stage)
  })

  test("on one that was sent to a client and came back", () => {
    const stage = stageWith()
    save(stage, "answers", { ttlSeconds: 20 })
    stage.at(1_000, function* (self) {
      yield* self.connect()
      yield* self.say([Message.request(Message.findEndpoint("smtp\n[192.0.2.1]"))])
      yield* self.listen(0)
      yield* self.say([Message.dummy])
      yield* self.sleep(1_000)
      self.process.die()
    })
    stage.machine.at(5_000, () => expect(stage.machine.observer.server?.statistics.totals.putBack).toBe(1))
    quiet(stage)
  })

  test("where the far end has left", () => {
    const stage = stageWith()
    save(stage, "leaves", {}, 1_000)
    quiet(stage)
  })

  test("where the far end has spoken, watched or not", () => {
    const stage = stageWith()
    save(stage, "speaks", {}, 1_000)
    quiet(stage)
    for (const watch of ["hangup", "off"] as const) {
      const unwatched = stageWith({ settings: { watch } })
      save(unwatched, "speaks", {}, 1_000)
      unwatched.run()
      expect(resultsOf(unwatched)).toEqual({ silent: 1 })
    }
  })
})

describe("a far end that does not leave", () => {
  test("is waited for as long as the settings say", () => {
    const stage = stageWith({ settings: { farewellSecondsMax: 3 } })
    save(stage, "nothing")
    stage.machine.at(7_900, () => expect(stage.machine.inUse).toBe(4))
    stage.machine.at(8_100, () => expect(stage.machine.inUse).toBe(3))
    stage.run()
    expect(resultsOf(stage)).toEqual({ late: 1 })
  })

  test("is not waited for at all where the settings say so", () => {
    const stage = stageWith({ settings: { farewellSecondsMax: 0 } })
    save(stage, "answers", { count: 3 })
    stage.run()
    expect(resultsOf(stage)).toEqual({ cut: 3 })
    expect(stage.machine.heard).toHaveLength(3)
  })

  test("holds the end of the daemon up for less than a second", () => {
    const stage = stageWith({ endMillis: 10_000 })
    save(stage, "nothing", { count: 100, ttlSeconds: 100 })
    stage.run()
    expect(stage.machine.kernel.nowMillis).toBeWithin(10_000, 11_000)
    expect(stage.journal).toEqual(["counters: farewells smtp cut=100"])
  })

  test("that no thread has come to when the daemon ends is counted", () => {
    const calls: StageOptions["calls"] = (real) => ({ ...real, tendErrands: () => {} })
    const stage = stageWith({ endMillis: 10_000, calls })
    save(stage, "nothing", { count: 3, ttlSeconds: 100 })
    // The threads keep them until the process is gone.
    expect(() => stage.run()).toThrow("4 descriptors are open at the end, there were 1 before")
    expect(stage.journal).toEqual(["counters: farewells smtp cut=3"])
  })

  test("of which there are more than can leave at a time is said farewell on all the same when the daemon ends", () => {
    // 120 may leave at a time.
    const stage = stageWith({ endMillis: 10_000, settings: { descriptorsMax: 240 } })
    save(stage, "nothing", { count: 150, ttlSeconds: 100 })
    stage.run()
    expect(stage.machine.daemon.callCount("writeElsewhere")).toBe(150)
    expect(stage.journal).toEqual(["counters: farewells smtp cut=150"])
  })

  test("gives way, the oldest first, where too many wait", () => {
    // 30 may wait, an eighth of them.
    const stage = stageWith({ settings: { descriptorsMax: 240 } })
    save(stage, "nothing", { count: 100, ttlSeconds: 5 })
    stage.machine.at(6_000, () => expect(stage.machine.inUse).toBeWithin(3, 3 + 31))
    stage.run()
    expect(resultsOf(stage)).toEqual({ cut: 70, late: 30 })
  })
})

describe("where the system cannot", () => {
  test("start a thread, the connection is closed without a word", () => {
    const stage = stageWith({ faults: [{ call: "writeElsewhere", nth: 1, fault: "noThread" }] })
    save(stage, "answers", { count: 2 })
    stage.run()
    expect(resultsOf(stage)).toEqual({ unable: 1, ended: 1 })
    expect(stage.machine.heard).toEqual(["QUIT\r\n"])
  })

  test("watch it, it is closed after the words", () => {
    const stage = stageWith({
      calls: (calls) => ({
        ...calls,
        epollAdd: (epoll, watched, readiness, token) =>
          readiness === 0x2000 ? -28 : calls.epollAdd(epoll, watched, readiness, token)
      })
    })
    save(stage, "answers")
    stage.run()
    expect([resultsOf(stage), stage.machine.heard]).toEqual([{ cut: 1 }, ["QUIT\r\n"]])
  })

  test("write it all, it is not written again", () => {
    const stage = stageWith({ faults: [{ call: "writeElsewhere", nth: 1, fault: "notReady" }] })
    save(stage, "answers")
    stage.run()
    expect([resultsOf(stage), stage.machine.heard]).toEqual([{ refused: 1 }, []])
  })
})

describe("a client", () => {
  const saveWith = (stage: Stage, farewell: string, label = "smtp\n[192.0.2.1]"): void => {
    stage.politely(0, function* (polite) {
      const cargo = stage.machine.connection(polite.client, "answers")
      yield* polite.ask(Message.saveEndpoint(5, label, "", farewell), cargo)
      cargo.close()
    })
  }

  test("says itself what is said on its connection, whatever the rules are", () => {
    const stage = stageWith()
    saveWith(stage, "octets:BYE\\n")
    saveWith(stage, "postgres", "db")
    saveWith(stage, "none")
    stage.run()
    expect([...stage.machine.heard].sort()).toEqual(["BYE\n", "X\0\0\0\x04"])
  })

  // Where the far end asks for credentials (SO_PASSCRED), the kernel adds those of the daemon, which may be root's.
  test("of another user does not choose the octets that are written to a UNIX socket", () => {
    const stage = stageWith()
    stage.stranger(0, function* (self) {
      const polite = new PoliteClient(self, (message) => stage.machine.observer.fail(message))
      yield* polite.connect()
      for (const [label, farewell] of [
        ["smtp\n", "octets:AUTH"],
        ["other", "octets:AUTH"],
        ["db", "postgres"]
      ] as const) {
        const cargo = stage.machine.connection(self, "answers")
        yield* polite.ask(Message.saveEndpoint(5, label, "", farewell), cargo)
        cargo.close()
      }
    })
    stage.run()
    expect([...stage.machine.heard].sort()).toEqual(["QUIT\r\n", "X\0\0\0\x04"])
    const line = expect.stringContaining('save_endp: its farewell "octets:AUTH" is ignored: ')
    expect(stage.journal).toEqual([line, line])
  })

  test("that asks for what is no farewell gets that of the rules, and a line in the log", () => {
    const stage = stageWith()
    saveWith(stage, "esmtp\n")
    stage.run()
    expect(stage.machine.heard).toEqual(["QUIT\r\n"])
    expect(stage.journal).toEqual([expect.stringContaining('save_endp: its farewell "esmtp?" is none, and is ignored')])
  })
})

test("changed rules hold for what is cached already", () => {
  const stage = stageWith()
  save(stage, "answers", { ttlSeconds: 20 })
  stage.at(0, function* (client) {
    stage.machine.changeSettings(10_000, rules("smtp=octets:BYE\\n"))
    yield* client.connect()
  })
  stage.run()
  expect(stage.machine.heard).toEqual(["BYE\n"])
  expect(resultsOf(stage, "octets")).toEqual({ ended: 1 })
})

test("a hundred that expire together are not said farewell on one after the other", () => {
  const stage = stageWith()
  save(stage, "answers", { count: 100 })
  // Each far end takes up to a tenth of a second.
  stage.machine.at(5_400, () => expect(resultsOf(stage)).toEqual({ ended: 100 }))
  stage.run()
})
