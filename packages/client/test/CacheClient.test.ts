import { describe, expect, test } from "bun:test"
import { Effect, Exit, Fiber, Option } from "effect"
import type { FoundEndpoint } from "../src/CacheClient.ts"
import { failureOf, find, label, properties, save } from "./support/calls.ts"
import { Machine } from "./support/Machine.ts"
import { octets, ttl } from "./support/octets.ts"

describe("a connection", () => {
  test("that is saved is the cache's, and comes back as the very same", () => {
    const machine = new Machine()
    const exit = machine.run((client) =>
      Effect.gen(function* () {
        const saved = yield* save(client, machine, "one")
        expect(saved.isOwned).toBe(false)
        yield* save(client, machine, "two")
        const found = yield* Effect.scoped(
          Effect.map(client.findEndpoint(label), (found) => {
            const { descriptor, properties } = Option.getOrThrow(found)
            return [machine.labelOf(descriptor), properties]
          })
        )
        return [found, yield* find(client, machine), yield* find(client, machine)]
      })
    )
    expect(exit).toEqual(Exit.succeed([["one", properties], Option.some("two"), Option.none()]))
    expect(machine.cache.accepted).toBe(1)
    machine.expectClean()
  })

  test("is found through its destination", () => {
    const machine = new Machine()
    const destination = octets("example.org")
    const exit = machine.run((client) =>
      Effect.gen(function* () {
        yield* save(client, machine, "one")
        yield* client.saveDestination({
          label: destination,
          properties: octets("by mx"),
          endpointLabel: label,
          ttlSeconds: ttl(60)
        })
        const found = Option.getOrThrow(yield* client.findDestination(destination))
        return [machine.labelOf(found.descriptor), found.destinationProperties, found.properties]
      }).pipe(Effect.scoped)
    )
    expect(exit).toEqual(Exit.succeed(["one", octets("by mx"), properties]))
    machine.expectClean()
  })

  test("that is taken out of its scope stays open, and only then", () => {
    const machine = new Machine()
    const exit = machine.run((client) =>
      Effect.gen(function* () {
        yield* save(client, machine, "one")
        yield* save(client, machine, "two")
        const left: Option.Option<FoundEndpoint> = yield* Effect.scoped(client.findEndpoint(label))
        const taken = yield* Effect.scoped(
          Effect.map(client.findEndpoint(label), (found) => Option.getOrThrow(found).descriptor.take())
        )
        expect(Option.getOrThrow(left).descriptor.isOwned).toBe(false)
        return taken
      })
    )
    if (Exit.isFailure(exit)) throw new Error(String(exit))
    expect(machine.labelOf(exit.value)).toBe("two")
    exit.value.close()
    machine.expectClean()
  })

  test("that the cache refuses stays the caller's, and the connection to the cache goes on", () => {
    for (const status of [1, 2] as const) {
      const machine = new Machine({ conduct: { status } })
      const descriptor = machine.cargo("one")
      const exit = machine.run((client) =>
        Effect.gen(function* () {
          const refused = yield* Effect.flip(client.saveEndpoint({ label, properties, ttlSeconds: ttl(1), descriptor }))
          expect(refused).toMatchObject({ _tag: "RequestRefused", request: "save_endp", status })
          yield* Effect.exit(client.findEndpoint(label))
        }).pipe(Effect.scoped)
      )
      expect(exit).toEqual(Exit.succeed(undefined))
      expect(machine.cache.accepted).toBe(1)
      expect(machine.labelOf(descriptor)).toBe("one")
      descriptor.close()
      machine.expectClean()
    }
  })
})

describe("calls at the same time", () => {
  test("have their turns in order, over one connection", () => {
    const machine = new Machine()
    const names = Array.from({ length: 20 }, (_, index) => `connection ${index}`)
    const exit = machine.run((client) =>
      Effect.gen(function* () {
        yield* Effect.forEach(names, (name) => save(client, machine, name), { concurrency: "unbounded" })
        return yield* Effect.forEach(names, () => find(client, machine), { concurrency: "unbounded" })
      })
    )
    expect(exit).toEqual(Exit.succeed(names.map(Option.some)))
    expect(machine.cache.accepted).toBe(1)
    machine.expectClean()
  })

  test("use as many connections as were told", () => {
    const machine = new Machine()
    const exit = machine.run(
      (client) => Effect.forEach(Array(20).fill(0), () => find(client, machine), { concurrency: "unbounded" }),
      { connectionsMax: 3 }
    )
    expect(Exit.isSuccess(exit)).toBe(true)
    expect(machine.cache.accepted).toBe(3)
    machine.expectClean()
  })

  test("cannot save one descriptor twice, over whatever connections", () => {
    let isStalled = true
    const machine = new Machine({ conduct: { isStalled: () => isStalled } })
    const descriptor = machine.cargo("one")
    const request = { label, properties, ttlSeconds: ttl(60), descriptor }
    const exit = machine.run(
      (client) =>
        Effect.gen(function* () {
          const first = yield* Effect.forkChild(client.saveEndpoint(request), { startImmediately: true })
          const second = yield* Effect.exit(client.saveEndpoint(request))
          expect(String(second)).toContain("the descriptor is being saved already")
          isStalled = false
          yield* Fiber.join(first)
          return [yield* find(client, machine), yield* find(client, machine)]
        }),
      { connectionsMax: 2 }
    )
    expect(exit).toEqual(Exit.succeed([Option.some("one"), Option.none()]))
    expect(machine.client.callCount("sendDescriptor")).toBe(1)
    machine.expectClean()
  })

  test("are turned away when too many wait, and what they would save stays theirs", () => {
    const machine = new Machine()
    const late = machine.cargo("late")
    const exit = machine.run(
      (client) =>
        Effect.gen(function* () {
          const first = yield* Effect.forkChild(find(client, machine), { startImmediately: true })
          const second = yield* Effect.forkChild(find(client, machine), { startImmediately: true })
          const request = { label, properties, ttlSeconds: ttl(60), descriptor: late }
          const error = yield* Effect.flip(client.saveEndpoint(request))
          expect(error).toMatchObject({ _tag: "CacheBusy", waitingMax: 1 })
          yield* Fiber.join(first)
          yield* Fiber.join(second)
          yield* client.saveEndpoint(request)
        }),
      { waitingMax: 1 }
    )
    expect(exit).toEqual(Exit.succeed(undefined))
    expect(late.isOwned).toBe(false)
    machine.expectClean()
  })

  test("that are interrupted while they wait leave the line, and the others go on", () => {
    let isStalled = true
    const machine = new Machine({ conduct: { isStalled: () => isStalled } })
    const exit = machine.run((client) =>
      Effect.gen(function* () {
        const fork = () => Effect.forkChild(find(client, machine), { startImmediately: true })
        const [first, second, third] = [yield* fork(), yield* fork(), yield* fork()]
        yield* Fiber.interrupt(second)
        isStalled = false
        return [yield* Fiber.join(first), yield* Fiber.join(third)]
      })
    )
    expect(exit).toEqual(Exit.succeed([Option.none(), Option.none()]))
    expect(machine.cache.accepted).toBe(1)
    machine.expectClean()
  })
})

describe("closing", () => {
  test("waits for what is under way and turns away what waits", () => {
    let isStalled = true
    const machine = new Machine({ conduct: { isStalled: () => isStalled } })
    machine.kernel.addActor({
      name: "somebody who wakes the cache",
      step: () => {
        if (machine.kernel.nowMillis < 100) return { wakeAtMillis: 100 }
        isStalled = false
        return "done"
      }
    })
    const exit = machine.run((client) =>
      Effect.gen(function* () {
        const ask = Effect.exit(find(client, machine))
        // Of nobody's scope, so that they outlive the client.
        const fibers = [yield* Effect.forkDetach(ask), yield* Effect.forkDetach(ask)]
        yield* Effect.sleep(50)
        return fibers
      })
    )
    if (Exit.isFailure(exit)) throw new Error(String(exit))
    const ends = exit.value.map((fiber) => String(fiber.pollUnsafe()))
    expect(ends[0]).toBe(String(Exit.succeed(Exit.succeed(Option.none()))))
    expect(ends[1]).toContain("ClientClosed: the client of the cache at /run/cache is closed")
    expect(machine.kernel.nowMillis).toBe(100)
    machine.expectClean()
  })

  test("ends calls that come later", () => {
    const machine = new Machine()
    const exit = machine.run((client) => Effect.succeed(client))
    if (Exit.isFailure(exit)) throw new Error(String(exit))
    const late = Effect.runSyncExit(Effect.scoped(exit.value.findEndpoint(label)))
    expect(failureOf(late)).toMatchObject({ _tag: "ClientClosed" })
  })
})

test("a request that the cache would not accept is not sent, and costs nobody anything", () => {
  const machine = new Machine()
  const large = octets("x".repeat(70_000))
  const exit = machine.run((client) =>
    Effect.gen(function* () {
      expect(yield* Effect.flip(client.findEndpoint(large))).toMatchObject({ _tag: "RequestTooLarge" })
      yield* client.findEndpoint(label)
      expect(yield* Effect.flip(client.findEndpoint(large))).toMatchObject({ _tag: "RequestTooLarge" })
      return yield* client.findEndpoint(label)
    }).pipe(Effect.scoped)
  )
  expect(exit).toEqual(Exit.succeed(Option.none()))
  machine.expectClean()
})

test("settings out of range are refused with their name", () => {
  const machine = new Machine()
  const attempt = (options: object) => failureOf(machine.run(() => Effect.void, options)).message
  expect(attempt({ connectionsMax: 0 })).toBe("connectionsMax is 0: expected a whole number from 1")
  expect(attempt({ answerMillisMax: Number.NaN })).toContain("answerMillisMax is NaN: expected milliseconds above 0")
  expect(attempt({ path: "" })).toBe("the path of the socket is empty")
})
