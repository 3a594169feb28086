/**
 * Faults and interruptions at every step: whatever happens, each descriptor has one owner, and is closed once.
 *
 * `SCACHED_SEED` replays one run of the random ones, `SCACHED_SIMULATIONS` makes more of them.
 */
import { expect, test } from "bun:test"
import type { Descriptor } from "@scached/fdpass"
import { type FaultableCall, type FaultKind, SeededRandom } from "@scached/fdpass/testing"
import { Effect, Exit, type Fiber, Option } from "effect"
import type { CacheClientShape } from "../src/CacheClient.ts"
import { Machine } from "./support/Machine.ts"
import { octets, ttl } from "./support/octets.ts"

const label = octets("endpoint")
const destination = octets("destination")
const properties = octets("p")

/** What every save must hold: a descriptor is consumed if and only if the save went well. */
const save = (client: CacheClientShape, descriptor: Descriptor) =>
  Effect.onExit(client.saveEndpoint({ label, properties, ttlSeconds: ttl(60), descriptor }), (exit) =>
    // An interruption may come in the very step in which the save has ended well.
    Effect.sync(() => {
      if (Exit.isSuccess(exit)) expect(descriptor.isOwned).toBe(false)
      else if (!Exit.hasInterrupts(exit)) expect(descriptor.isOwned).toBe(true)
    })
  )

/** Saves, binds, and finds, with everything that can be passed either way. */
const exchange = (client: CacheClientShape, cargo: Descriptor) =>
  Effect.gen(function* () {
    yield* Effect.exit(save(client, cargo))
    yield* Effect.exit(
      client.saveDestination({ label: destination, properties, endpointLabel: label, ttlSeconds: ttl(60) })
    )
    yield* Effect.exit(Effect.scoped(client.findDestination(destination)))
    yield* Effect.exit(Effect.scoped(client.findEndpoint(label)))
  })

const closeIfOwned = (descriptor: Descriptor): void => {
  if (descriptor.isOwned) descriptor.close()
}

const faults: ReadonlyArray<readonly [FaultableCall, ReadonlyArray<FaultKind>]> = [
  ["socket", ["processTableFull"]],
  ["connect", ["interrupted"]],
  ["receive", ["interrupted", "notReady", "shortRead", "processTableFull"]],
  ["send", ["interrupted", "notReady", "shortWrite", "noBuffers", "connectionBroken"]],
  ["sendDescriptor", ["interrupted", "notReady", "noBuffers", "tooManyReferences", "connectionBroken"]],
  ["epollAdd", ["noMemory", "watchLimit"]],
  ["epollWait", ["interrupted"]]
]

for (const [call, kinds] of faults) {
  for (const fault of kinds) {
    test(`${fault} at every single ${call}`, () => {
      let happened = 0
      for (let nth = 1; nth <= 30; nth++) {
        const machine = new Machine({ seed: nth, faults: { script: [{ call, nth, fault, process: "client" }] } })
        const cargo = machine.cargo("cargo")
        const exit = machine.run((client) => exchange(client, cargo))
        expect(Exit.isSuccess(exit)).toBe(true)
        happened += machine.kernel.faultCounts.get(fault) ?? 0
        closeIfOwned(cargo)
        machine.expectClean()
      }
      expect(happened).toBeGreaterThan(0)
    })
  }
}

test("an interruption between any two steps", () => {
  let interrupted = 0
  for (let task = 1; ; task++) {
    const machine = new Machine()
    const cargo = machine.cargo("cargo")
    let running: Fiber.Fiber<unknown, unknown> | undefined
    let isOver = false
    const exit = machine.run(
      (client) =>
        Effect.gen(function* () {
          running = yield* Effect.forkChild(exchange(client, cargo))
          yield* endOf(running)
          isOver = true
          // The client goes on as if nothing had been.
          return yield* Effect.scoped(client.findEndpoint(octets("another")))
        }),
      {},
      (count) => {
        if (count === task) running?.interruptUnsafe()
      }
    )
    expect(exit).toEqual(Exit.succeed(Option.none()))
    expect(isOver).toBe(true)
    const end = running?.pollUnsafe()
    closeIfOwned(cargo)
    machine.expectClean()
    if (end !== undefined && Exit.hasInterrupts(end)) interrupted++
    else if (task > 50) break
  }
  expect(interrupted).toBeGreaterThan(50)
})

const endOf = (fiber: Fiber.Fiber<unknown, unknown>) =>
  Effect.callback<void>((resume) => {
    fiber.addObserver(() => resume(Effect.void))
  })

const { SCACHED_SEED, SCACHED_SIMULATIONS } = process.env
const seeds =
  SCACHED_SEED === undefined
    ? Array.from({ length: Number(SCACHED_SIMULATIONS ?? 300) }, (_, index) => index)
    : [Number(SCACHED_SEED)]

/** Several users of one client, who are interrupted now and then, with a cache that hangs up and a kernel that fails. */
const runSeed = (seed: number): void => {
  const random = new SeededRandom(seed)
  const rates = { interrupted: 0.02, notReady: 0.1, shortRead: 0.2, shortWrite: 0.2, connectionBroken: 0.01 }
  const machine = new Machine({
    seed,
    socketBufferBytes: 2000,
    faults: {
      rates: {
        ...rates,
        processTableFull: 0.01,
        noBuffers: 0.01,
        tooManyReferences: 0.02,
        noMemory: 0.02,
        // The loop's own set is there before anything happens.
        "epollCreate.processTableFull": 0
      }
    },
    conduct: {
      hangsUp: () => random.fraction() < 0.02,
      isStalled: () => machine.kernel.nowMillis % 9000 > 8000
    }
  })
  const cargos: Array<Descriptor> = []
  /** Files that somebody else may have as well: what the library says to close. */
  const uncertain = new Set<string>()

  const one = (client: CacheClientShape) =>
    Effect.gen(function* () {
      const name = `cargo ${cargos.length}`
      const descriptor = machine.cargo(name)
      cargos.push(descriptor)
      const saved = yield* Effect.onExit(Effect.result(save(client, descriptor)), (exit) =>
        Effect.sync(() => {
          if (Exit.isFailure(exit)) uncertain.add(name)
        })
      )
      if (saved._tag === "Failure" && saved.failure._tag === "SaveUncertain") uncertain.add(name)
      yield* Effect.sleep(random.below(500))
      yield* Effect.exit(
        Effect.scoped(
          Effect.gen(function* () {
            const found = yield* client.findEndpoint(label)
            if (Option.isNone(found)) return
            const foundName = machine.labelOf(found.value.descriptor)
            const owner = cargos.find((each) => each.isOwned && machine.labelOf(each) === foundName)
            if (owner !== undefined && !uncertain.has(foundName)) throw new Error(`${foundName} has two owners`)
            yield* Effect.sleep(random.below(100))
          })
        )
      )
    })

  const exit = machine.run(
    (client) =>
      Effect.forEach(
        Array.from({ length: 12 }, (_, index) => index),
        () => Effect.exit(Effect.timeoutOption(one(client), random.below(3) === 0 ? random.below(20) : 60_000)),
        { concurrency: 4 }
      ),
    { connectionsMax: 1 + random.below(3), waitingMax: random.below(4), answerMillisMax: 1000 }
  )
  if (Exit.isFailure(exit)) throw new Error(String(exit))
  for (const end of exit.value) if (Exit.hasDies(end)) throw new Error(String(end))
  for (const descriptor of cargos) closeIfOwned(descriptor)
  machine.expectClean()
}

test("users, faults and interruptions by chance", () => {
  for (const seed of seeds) {
    try {
      runSeed(seed)
    } catch (error) {
      throw new Error(`${error}\ncd packages/client && SCACHED_SEED=${seed} bun run test replays this`)
    }
  }
})
