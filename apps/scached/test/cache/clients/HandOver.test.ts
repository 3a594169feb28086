import { describe, expect, test } from "bun:test"
import type * as SimulatedSystemCalls from "@scached/fdpass/testing"
import * as Message from "../../simulation/client/Message.ts"
import { type Script, type SimulatedClient, Stalled } from "../../simulation/client/SimulatedClient.ts"
import { Stage } from "../../simulation/Stage.ts"

const label = "smtp\n[192.0.2.1]\n"
const find = Message.request(Message.findEndpoint(label))

/** Finds, waits, and then goes on as told. */
const finding = (then: (client: SimulatedClient) => Script) => (waitMillis: number) =>
  function* (client: SimulatedClient): Script {
    yield* client.connect()
    yield* client.say([find])
    yield* client.listen(waitMillis)
    yield* then(client)
  }

const fault = (kind: SimulatedSystemCalls.FaultKind): ReadonlyArray<SimulatedSystemCalls.ScriptedFault> => [
  { call: "sendDescriptor", nth: 1, fault: kind, process: "scached" }
]

interface Failure {
  readonly name: string
  readonly script: ReturnType<typeof finding>
  readonly faults?: ReadonlyArray<SimulatedSystemCalls.ScriptedFault>
}

const saysDummy = finding((client) => client.say([Message.dummy]))

/** Every way in which a connection that was found does not get to the client. */
const failures: ReadonlyArray<Failure> = [
  { name: "the client leaves before its dummy", script: finding(function* () {}) },
  { name: "the client leaves inside its dummy", script: finding((client) => client.begin(Message.dummy, 3)) },
  { name: "a request comes in place of the dummy", script: finding((client) => client.say([find])) },
  { name: "an empty list comes in place of the dummy", script: finding((client) => client.say([Message.byte])) },
  {
    name: "something too large comes in place of the dummy",
    script: finding((client) => client.say([Message.tooLarge("FindEndpoint", 65_536)]))
  },
  {
    name: "the client leaves without reading the descriptor",
    script: finding(function* (client) {
      yield* client.say([Message.dummy])
      yield* client.sleep(5)
    })
  },
  { name: "too many descriptors are on their way", script: saysDummy, faults: fault("tooManyReferences") },
  { name: "the kernel has no buffers", script: saysDummy, faults: fault("noBuffers") },
  { name: "the connection breaks", script: saysDummy, faults: fault("connectionBroken") }
]

describe.each(failures)("a hand-over that fails: $name", ({ faults = [], script }) => {
  test("puts the connection back in its place", () => {
    const stage = new Stage({ faults })
    stage.save(0, label, ["first", "second", "third"])
    stage.at(1_000, script(10))
    const taken = stage.take(2_000, label)
    stage.run()
    expect(taken).toEqual(["first", "second", "third"])
    expect(stage.machine.observer.model.counts).toMatchObject({ putBack: 1, "handed over": 3, expired: 0 })
  })

  test("keeps its deadline", () => {
    const stage = new Stage({ faults, settings: { ttlSecondsMax: 3 } })
    stage.save(0, label, ["first"])
    stage.at(1_000, script(10))
    const late = stage.take(3_000, label)
    stage.run()
    expect(late).toEqual([])
    expect(stage.machine.observer.model.counts).toMatchObject({ putBack: 1, "handed over": 0, expired: 1 })
  })

  test("closes the connection when its time is over meanwhile", () => {
    const stage = new Stage({ faults, settings: { ttlSecondsMax: 3 } })
    stage.save(0, label, ["first"])
    stage.save(2_000, label, ["second"])
    stage.at(2_500, script(1_000))
    stage.machine.at(3_400, () => expect(stage.machine.inUse).toBe(6))
    stage.machine.at(3_600, () => expect(stage.machine.inUse).toBe(4))
    const taken = stage.take(4_000, label)
    stage.run()
    expect(taken).toEqual(["second"])
    expect(stage.machine.observer.model.counts).toMatchObject({ "handed over": 1, expired: 1 })
  })
})

describe("a hand-over that counts", () => {
  const receives = finding(function* (client) {
    yield* client.say([Message.dummy])
    yield* client.listen(5)
  })

  test("the client leaves with the descriptor, but without the last dummy: nobody else gets the connection", () => {
    const stage = new Stage()
    stage.save(0, label, ["first", "second"])
    stage.at(1_000, receives(10))
    const taken = stage.take(2_000, label)
    stage.run()
    expect(taken).toEqual(["second"])
  })

  test.each([Message.byte, find, Message.tooLarge("FindEndpoint", 65_536)])(
    "something comes in place of the last dummy",
    (message) => {
      const stage = new Stage()
      stage.save(0, label, ["first", "second"])
      stage.at(1_000, function* (client) {
        yield* receives(10)(client)
        yield* client.say([message])
        yield* client.listen(5)
      })
      const taken = stage.take(2_000, label)
      stage.run()
      expect(taken).toEqual(["second"])
    }
  )

  test("a descriptor that has to wait for room arrives behind the reply", () => {
    const stage = new Stage({
      faults: [1, 2, 3].map((nth) => ({ call: "sendDescriptor", nth, fault: "notReady", process: "scached" }))
    })
    stage.save(0, label, ["first", "second"])
    const taken = stage.take(1_000, label)
    stage.run()
    expect(taken).toEqual(["first", "second"])
  })
})

test("two that are found at once and put back in any order keep their places", () => {
  const stage = new Stage()
  stage.save(0, label, ["first", "second", "third", "fourth"])
  for (const [at, waitMillis] of [
    [1_000, 300],
    [1_001, 500],
    [1_002, 10]
  ] as const) {
    stage.at(at, finding(function* () {})(waitMillis))
  }
  const between = stage.take(1_100, "nothing")
  const taken = stage.take(2_000, label)
  stage.run()
  expect([between, taken]).toEqual([[], ["first", "second", "third", "fourth"]])
})

test("a stalled hand-over keeps its connection from the others, and gives it back at its end", () => {
  const stage = new Stage({ settings: { exchangeSecondsMax: 10 } })
  stage.save(0, label, ["first", "second"])
  stage.at(
    1_000,
    finding(function* () {
      throw new Stalled()
    })(10)
  )
  const meanwhile = stage.take(10_900, label)
  const afterwards = stage.take(11_100, label)
  stage.run()
  expect([meanwhile, afterwards]).toEqual([["second"], ["first"]])
})
