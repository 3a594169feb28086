/** A program that hears nothing while its time runs out: what the cache has said meanwhile counts. */
import { expect, test } from "bun:test"
import type { ActorProgress } from "@scached/fdpass/testing"
import { Effect, Exit, Option } from "effect"
import { CacheClients, Readiness } from "../src/index.ts"
import { find, label, save } from "./support/calls.ts"
import { Machine, path } from "./support/Machine.ts"
import { runSimulated } from "./support/SimulatedProgram.ts"

/** Tells of no socket that is ready, as a loop does that is held up until after the time of its timers. */
const deaf = Readiness.of({ until: () => ({ [Symbol.dispose]: () => undefined }) })

const runDeaf = <A, E>(machine: Machine, program: (client: CacheClients.CacheClientShape) => Effect.Effect<A, E>) =>
  runSimulated(
    machine.client,
    Effect.scoped(Effect.flatMap(CacheClients.make({ path }), program).pipe(Effect.provideService(Readiness, deaf)))
  )

test("an answer that has come before its time was over is taken", () => {
  const machine = new Machine()
  const exit = runDeaf(machine, (client) =>
    Effect.gen(function* () {
      yield* save(client, machine, "mail")
      return yield* find(client, machine)
    })
  )
  expect(exit).toEqual(Exit.succeed(Option.some("mail")))
  expect(machine.cache.accepted).toBe(1)
  machine.expectClean()
})

test("a cache that says nothing is given up after its time", () => {
  const machine = new Machine({ conduct: { isStalled: () => true } })
  const exit = runDeaf(machine, (client) => Effect.flip(Effect.scoped(client.findEndpoint(label))))
  if (!Exit.isSuccess(exit)) throw new Error(String(exit))
  expect(exit.value).toMatchObject({ _tag: "CacheUnavailable", attempts: 2, reason: { _tag: "AnswerTimeout" } })
  expect(machine.kernel.nowMillis).toBe(11_000)
  machine.expectClean()
})

test("one that sends a byte now and then is given up, too", () => {
  const machine = new Machine({ conduct: { isStalled: () => true } })
  const { calls } = machine.kernel.process("crumbs", { faults: {} })
  const listener = calls.socket()
  if (typeof listener === "number") throw new Error("no listener")
  machine.cache.stop()
  calls.unlink(path)
  calls.bind(listener, path)
  calls.listen(listener, 10)
  let visitor: ReturnType<typeof calls.accept> = -1
  const step = (): ActorProgress => {
    const accepted = calls.accept(listener)
    if (typeof accepted !== "number") visitor = accepted
    if (typeof visitor === "number") return "idle"
    calls.send(visitor, Buffer.from("s"))
    return { sleepUntilMillis: machine.kernel.nowMillis + 1_000 }
  }
  machine.kernel.addActor({ name: "crumbs", step })
  const exit = runDeaf(machine, (client) => Effect.flip(Effect.scoped(client.findEndpoint(label))))
  if (!Exit.isSuccess(exit)) throw new Error(String(exit))
  expect(exit.value).toMatchObject({ _tag: "CacheUnavailable", attempts: 2 })
  expect(machine.kernel.nowMillis).toBeLessThan(60_000)
})
