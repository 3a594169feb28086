/** What becomes of requests when the cache is away, slow, or rude. */
import { describe, expect, test } from "bun:test"
import type { Descriptor } from "@scached/fdpass"
import type { ActorProgress, SimulatedKernel } from "@scached/fdpass/testing"
import { UnexpectedReply } from "@scached/protocol"
import { Effect, Exit, Option } from "effect"
import { CacheDisconnected, CacheUnavailable, SaveUncertain } from "../src/ClientError.ts"
import { failureOf, find, label, properties, save } from "./support/calls.ts"
import { Machine, path } from "./support/Machine.ts"
import { ttl } from "./support/octets.ts"

/** Passes a descriptor along with its readiness to take one, and then says that it has saved. */
const addRudeCache = (kernel: SimulatedKernel): void => {
  const process = kernel.process("rude cache", { faults: {} })
  const { calls } = process
  const listener = calls.socket()
  if (typeof listener === "number" || calls.bind(listener, path) < 0 || calls.listen(listener, 1) < 0) {
    throw new Error("no listener")
  }
  const buffer = calls.makeReceiveBuffer(4096)
  let visitor: Descriptor | undefined
  const step = (): ActorProgress => {
    if (visitor === undefined) {
      const accepted = calls.accept(listener)
      if (typeof accepted === "number") return "idle"
      visitor = accepted
      return "moved"
    }
    const count = calls.receive(visitor, buffer)
    if (count === 0) {
      process.die()
      return "done"
    }
    if (count < 0) return "idle"
    const reply = buffer.takeDescriptor() === undefined ? "dummy\0\0\0" : "status\x000\0\0"
    process.sendDescriptors(visitor, [process.open("unasked")], Buffer.from(reply))
    return "moved"
  }
  kernel.addActor({ name: "rude cache", step })
}

/** Answers the first visitor with its readiness to take a descriptor and the status at once, and refuses what others ask. */
const addHastyCache = (kernel: SimulatedKernel): void => {
  const { calls } = kernel.process("hasty cache", { faults: {} })
  const listener = calls.socket()
  if (typeof listener === "number" || calls.bind(listener, path) < 0 || calls.listen(listener, 2) < 0) {
    throw new Error("no listener")
  }
  const buffer = calls.makeReceiveBuffer(4096)
  const visitors: Array<Descriptor> = []
  const step = (): ActorProgress => {
    const accepted = calls.accept(listener)
    if (typeof accepted !== "number") {
      visitors.push(accepted)
      return "moved"
    }
    // Both have asked before either is answered, so that the answers come together.
    const [first, second] = visitors
    if (first === undefined || second === undefined) return "idle"
    calls.send(first, Buffer.from("dummy\0\0\0status\x000\0\0"))
    calls.send(second, Buffer.from("status\x002\0\0"))
    const leave = (): ActorProgress => {
      for (const visitor of [first, second]) {
        const count = calls.receive(visitor, buffer)
        buffer.takeDescriptor()?.close()
        if (count !== 0) continue
        for (const each of [first, second, listener]) each.close()
        return "done"
      }
      return "idle"
    }
    kernel.addActor({ name: "hasty cache, answered", step: leave })
    return "done"
  }
  kernel.addActor({ name: "hasty cache", step })
}

describe("the cache", () => {
  test("that is not there is tried twice, a second apart, and then left alone for ever longer", () => {
    const machine = new Machine()
    machine.cache.stop()
    const exit = machine.run((client) =>
      Effect.gen(function* () {
        const seen: Array<readonly [number, number, number]> = []
        for (const pauseMillis of [0, 500, 500, 1999, 1, 4000]) {
          yield* Effect.sleep(pauseMillis)
          const beforeMillis = machine.kernel.nowMillis
          const error = yield* Effect.flip(Effect.scoped(client.findEndpoint(label)))
          if (error._tag !== "CacheUnavailable") throw error
          expect(error.reason).toMatchObject({ _tag: "SystemCallError", operation: "connect" })
          seen.push([error.attempts, machine.kernel.nowMillis - beforeMillis, error.restMillis])
        }
        return seen
      })
    )
    expect(exit).toEqual(
      Exit.succeed([
        [2, 1000, 1000],
        [0, 0, 500],
        [2, 1000, 2000],
        [0, 0, 1],
        [2, 1000, 4000],
        [2, 1000, 8000]
      ])
    )
    machine.expectClean()
  })

  test("that is back after a rest is used again, and the next rest is a short one", () => {
    const machine = new Machine()
    machine.cache.stop()
    machine.kernel.addActor({
      name: "operator",
      step: () => {
        if (machine.kernel.nowMillis < 60_000) return { wakeAtMillis: 60_000 }
        machine.client.calls.unlink(path)
        machine.cache.listen(path)
        return "done"
      }
    })
    const exit = machine.run((client) =>
      Effect.gen(function* () {
        for (let count = 0; count < 4; count++) {
          yield* Effect.flip(find(client, machine))
          yield* Effect.sleep(8000)
        }
        yield* Effect.sleep(60_000)
        expect(yield* find(client, machine)).toEqual(Option.none())
        machine.cache.stop()
        return yield* Effect.flip(find(client, machine))
      })
    )
    expect(exit).toMatchObject({ value: { _tag: "CacheUnavailable", attempts: 2, restMillis: 1000 } })
    machine.expectClean()
  })

  test("is given up for good where that is wanted, as smtp(8) does", () => {
    const machine = new Machine()
    machine.cache.stop()
    const exit = machine.run(
      (client) =>
        Effect.gen(function* () {
          yield* Effect.flip(find(client, machine))
          yield* Effect.sleep("365 days")
          return yield* Effect.flip(find(client, machine))
        }),
      { restMillis: Number.POSITIVE_INFINITY }
    )
    expect(exit).toMatchObject({ value: { _tag: "CacheUnavailable", attempts: 0 } })
    expect(Exit.isSuccess(exit) ? exit.value.message : "").toContain("any more by this client")
    machine.expectClean()
  })

  test("is told of in sentences, whether the reason asks a question or not", () => {
    const path = "/run/cache"
    const asking = new UnexpectedReply({ request: "find_endp", expected: 'attribute "status"', found: "HTTP" })
    expect(asking.message).toEndWith("is the server a connection cache?")
    for (const [reason, end] of [
      [asking, "is the server a connection cache? "],
      [new CacheDisconnected(), "before it had answered. "]
    ] as const) {
      const unavailable = new CacheUnavailable({ path, attempts: 2, reason, restMillis: 1 })
      expect(unavailable.message).toContain(`${end}Check that it runs`)
      expect(new SaveUncertain({ path, reason }).message).toContain(`${end}Close your copy`)
    }
  })

  test("that does not answer is waited for as long as was told, twice", () => {
    const machine = new Machine({ conduct: { isStalled: () => true } })
    const exit = machine.run((client) => find(client, machine))
    expect(failureOf(exit)).toMatchObject({ attempts: 2, reason: { _tag: "AnswerTimeout", answerMillisMax: 5000 } })
    expect(machine.kernel.nowMillis).toBe(11_000)
    machine.expectClean()
  })

  test("that has started anew in the meantime is asked again without a pause", () => {
    const machine = new Machine()
    const exit = machine.run((client) =>
      Effect.gen(function* () {
        yield* save(client, machine, "one")
        machine.cache.hangUp()
        return yield* find(client, machine)
      })
    )
    expect(exit).toEqual(Exit.succeed(Option.some("one")))
    expect([machine.cache.accepted, machine.kernel.nowMillis]).toEqual([2, 0])
    machine.expectClean()
  })

  test("that hangs up on a connection that was used before, in the middle of the next request, is asked again at once", () => {
    let answers = 0
    const machine = new Machine({ conduct: { hangsUp: () => ++answers === 3 } })
    const exit = machine.run((client) =>
      Effect.gen(function* () {
        yield* find(client, machine)
        return yield* find(client, machine)
      })
    )
    expect(exit).toEqual(Exit.succeed(Option.none()))
    expect([machine.cache.accepted, machine.kernel.nowMillis]).toEqual([2, 0])
    machine.expectClean()
  })

  test("that hangs up when it has the descriptor may have saved it, over a connection that was used before as well", () => {
    let machine: Machine | undefined
    machine = new Machine({ conduct: { hangsUp: () => (machine?.client.callCount("sendDescriptor") ?? 0) > 0 } })
    const descriptor = machine.cargo("one")
    const client = machine.client
    const exit = machine.run((cache) =>
      Effect.gen(function* () {
        yield* find(cache, machine)
        return yield* Effect.flip(cache.saveEndpoint({ label, properties, ttlSeconds: ttl(60), descriptor }))
      })
    )
    expect(exit).toMatchObject({ value: { _tag: "SaveUncertain", reason: { _tag: "CacheDisconnected" } } })
    expect([client.callCount("sendDescriptor"), machine.kernel.nowMillis]).toEqual([1, 0])
    descriptor.close()
    machine.expectClean()
  })

  test("that hangs up on a find is asked again, also where the connection has carried a descriptor before", () => {
    let answers = 0
    const machine = new Machine({ conduct: { hangsUp: () => ++answers === 4 } })
    const exit = machine.run((client) =>
      Effect.gen(function* () {
        yield* save(client, machine, "one")
        return yield* find(client, machine)
      })
    )
    // Lost in the middle of the hand-over, as with scache(8).
    expect(exit).toEqual(Exit.succeed(Option.none()))
    expect(machine.cache.accepted).toBe(2)
    machine.expectClean()
  })

  test("that sends a descriptor where none is due gets nothing out of it: it is closed", () => {
    for (const faults of [{}, { script: [{ call: "sendDescriptor", nth: 1, fault: "tooManyReferences" }] }] as const) {
      const machine = new Machine({ faults })
      machine.cache.stop()
      machine.client.calls.unlink(path)
      addRudeCache(machine.kernel)
      const descriptor = machine.cargo("one")
      const exit = machine.run(
        (client) => client.saveEndpoint({ label, properties, ttlSeconds: ttl(60), descriptor }),
        {
          attemptsMax: 1
        }
      )
      expect(Exit.isSuccess(exit)).toBe(!("script" in faults))
      if (descriptor.isOwned) descriptor.close()
      machine.expectClean()
    }
  })

  test("that says all at once is understood, whatever else is read before the descriptor can be sent", () => {
    const machine = new Machine({ faults: { script: [{ call: "sendDescriptor", nth: 1, fault: "notReady" }] } })
    machine.cache.stop()
    machine.client.calls.unlink(path)
    addHastyCache(machine.kernel)
    const exit = machine.run(
      (client) =>
        Effect.all([Effect.exit(save(client, machine, "one")), Effect.exit(find(client, machine))], {
          concurrency: "unbounded"
        }),
      { connectionsMax: 2 }
    )
    expect(machine.kernel.faultCounts.get("notReady")).toBe(1)
    expect(Exit.isSuccess(exit) ? exit.value.map(({ _tag }) => _tag) : exit).toEqual(["Success", "Success"])
    machine.expectClean()
  })

  test("that falls silent when it has the descriptor may have saved it: not tried again, and still the caller's", () => {
    let machine: Machine | undefined
    machine = new Machine({ conduct: { isStalled: () => (machine?.client.callCount("sendDescriptor") ?? 0) > 0 } })
    const descriptor = machine.cargo("one")
    const exit = machine.run((client) => client.saveEndpoint({ label, properties, ttlSeconds: ttl(60), descriptor }))
    expect(failureOf(exit)).toMatchObject({ _tag: "SaveUncertain", reason: { _tag: "AnswerTimeout" } })
    expect([machine.client.callCount("sendDescriptor"), machine.kernel.nowMillis]).toEqual([1, 5000])
    expect(machine.labelOf(descriptor)).toBe("one")
    descriptor.close()
    machine.expectClean()
  })
})
