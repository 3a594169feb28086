/** `status` and `list`, over the service and over the facade. */
import { expect, test } from "bun:test"
import { Effect, Exit } from "effect"
import { openCache } from "../src/index.ts"
import { CacheProcess } from "./support/CacheProcess.ts"
import { find, label, properties, save } from "./support/calls.ts"
import { Machine } from "./support/Machine.ts"

test("status and list tell what the cache tells, and the connection to it goes on", () => {
  const machine = new Machine()
  const exit = machine.run((client) =>
    Effect.gen(function* () {
      yield* save(client, machine, "one")
      yield* save(client, machine, "two")
      const status = yield* client.status
      const entries = yield* client.list
      yield* find(client, machine)
      return [status.gauges, entries, (yield* client.list).length]
    })
  )
  const entry = {
    _tag: "ConnectionEntry",
    label: { octets: label, octetsTotal: label.length },
    propertiesBytes: properties.length,
    ageMillis: 1,
    remainingMillis: 2,
    uses: undefined,
    savedBy: undefined
  }
  if (Exit.isFailure(exit)) throw new Error(String(exit.cause))
  const seen: ReadonlyArray<unknown> = exit.value
  expect(seen).toEqual([{ endpoints: 1 }, [entry, entry], 1])
  expect(machine.cache.accepted).toBe(1)
})

test("a cache that does not know them, or this user, refuses", () => {
  const machine = new Machine({ conduct: { status: 1 } })
  const exit = machine.run((client) =>
    Effect.gen(function* () {
      return [yield* Effect.flip(client.status), yield* Effect.flip(client.list)]
    })
  )
  if (Exit.isFailure(exit)) throw new Error(String(exit.cause))
  expect(exit.value).toMatchObject([
    { _tag: "RequestRefused", request: "status", status: 1 },
    { _tag: "RequestRefused", request: "list", status: 1 }
  ])
  expect(machine.cache.accepted).toBe(1)
  machine.expectClean()
})

test("a program without Effect asks the same", async () => {
  await using process = await CacheProcess.start()
  await using cache = openCache({ path: process.path })
  await cache.saveDestination({ label: "d", endpointLabel: "e", ttlSeconds: 9 })
  const [{ mode, gauges }, entries] = await Promise.all([cache.status(), cache.list()])
  expect([mode, gauges, entries]).toEqual(["test", { endpoints: 0 }, []])
})

test("an abort gives a list up, and the next one is whole", async () => {
  await using process = await CacheProcess.start()
  await using cache = openCache({ path: process.path })
  const listing = cache.list({ signal: AbortSignal.abort(new Error("enough")) })
  await expect(listing).rejects.toThrow("enough")
  expect(await cache.list()).toEqual([])
})
