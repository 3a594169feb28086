/** Descriptors are shared by need: cached connections give way to clients, and come back when those leave. */
import { expect, test } from "bun:test"
import type { Descriptor } from "@scached/fdpass"
import * as SimulatedSystemCalls from "@scached/fdpass/testing"
import { Reactor, Reactors } from "@scached/reactor"
import { Effect } from "effect"
import * as CacheServer from "../../src/cache/CacheServer.ts"
import { Journal } from "../../src/log/Journal.ts"
import { ownDescriptors } from "../../src/settings/CacheSettings.ts"
import { budgetOf, neededFor } from "../../src/settings/DescriptorBudget.ts"
import { defaultCacheSettings } from "../support/defaultCacheSettings.ts"

const path = "/run/cache"

test("cached connections are evicted for clients, and there is room for them again when those have left", () => {
  const kernel = new SimulatedSystemCalls.SimulatedKernel({ seed: 1 })
  const daemon = kernel.process("scached")
  const user = kernel.process("user")
  const listener = daemon.calls.socket()
  if (typeof listener === "number") throw new Error("no listener")
  daemon.calls.bind(listener, path)
  daemon.calls.listen(listener, 32)
  const come = (): Descriptor => {
    const socket = user.calls.socket()
    if (typeof socket === "number") throw new Error("no socket")
    expect(user.calls.connect(socket, path)).toBe(0)
    return socket
  }
  const cached: Array<number> = []
  const served: Array<number> = []
  const program = Effect.gen(function* () {
    const loop = yield* Reactor
    const fiber = yield* Effect.fiber
    const settings = {
      ...defaultCacheSettings,
      descriptorsMax: ownDescriptors + 32,
      connectionsMax: 28,
      clientsMax: 14,
      ttlSecondsMax: 100
    }
    const server = yield* CacheServer.make([listener], settings)
    const saver = come()
    let millis = 0
    const later = (work: () => void) => loop.at(++millis, work)
    const save = (label: string) => {
      later(() =>
        user.calls.send(saver, Buffer.from(`request\0save_endp\0ttl\x0050\0label\0${label}\0property\0p\0\0`))
      )
      later(() => {
        const connection = user.connection(label)
        user.calls.sendDescriptor(saver, connection)
        connection.close()
      })
    }
    const note = () =>
      later(() => {
        cached.push(server.sizes.connections)
        served.push(server.clients())
      })
    for (let index = 0; index < 20; index++) save(`label ${index % 4}`)
    note()
    const others: Array<Descriptor> = []
    later(() => {
      for (let index = 0; index < 8; index++) others.push(come())
    })
    later(() => {})
    note()
    later(() => {
      for (const each of others) each.close()
    })
    later(() => {})
    for (let index = 0; index < 5; index++) save(`label ${index}`)
    note()
    later(() => fiber.interruptUnsafe())
    yield* Effect.never
  }).pipe(
    Effect.scoped,
    Effect.provideService(Journal, { info: () => {}, warning: () => {}, verbose: () => {}, isVerbose: false })
  )
  Reactors.runSimulated(program, daemon.calls)
  expect(served).toEqual([1, 9, 1])
  // 32 less two for each of 8 clients, which are set apart together; less two for each of 16, where one stays all the same; and as before.
  expect(cached).toEqual([16, 1, 6])
  expect([kernel.violations, daemon.openDescriptors().length]).toEqual([[], 1])
})

test("the table of docs/limits.md", () => {
  const rows = [256, 1024, 4096, 65_536, 524_288].map((descriptors) => {
    const { clients, connections } = budgetOf(descriptors)
    return [descriptors, clients, connections, neededFor(clients, connections) <= descriptors]
  })
  expect(rows).toEqual([
    [256, 84, 168, true],
    [1024, 420, 840, true],
    [4096, 1764, 3528, true],
    [65_536, 10_000, 57_288, true],
    [524_288, 10_000, 100_000, true]
  ])
})
