/** What `@scached/client` says, Postfix's own scache(8) understands, and the other way round. */
import { expect } from "bun:test"
import { join } from "node:path"
import { openCache, type PlainCache } from "@scached/client"
import { SystemCalls } from "@scached/fdpass"
import { Effect } from "effect"
import * as MarkedConnection from "../src/MarkedConnection.ts"
import * as ScacheProcess from "../src/ScacheProcess.ts"
import * as TempDirectory from "../src/TempDirectory.ts"
import { labTest } from "./labTest.ts"

/** A client of a scache, and the mark of what it finds next. */
const startClient = Effect.gen(function* () {
  const calls = yield* SystemCalls
  const socketPath = join(yield* TempDirectory.make, "scache")
  yield* ScacheProcess.start({ socketPath, ttlLimitSeconds: 100 })
  const open = Effect.acquireRelease(
    Effect.sync(() => openCache({ path: socketPath })),
    (cache) => Effect.promise(() => cache.close())
  )
  const markOf = async (found: ReturnType<PlainCache["findEndpoint"]>) => {
    const connection = await found
    if (connection === undefined) return undefined
    const { properties, destinationProperties } = connection
    return [MarkedConnection.closeAndTellMark(calls, connection.descriptor.take()), properties, destinationProperties]
  }
  return { socketPath, cache: yield* open, another: yield* open, markOf }
})

labTest("a client saves in scache and finds there, the oldest first", {}, () =>
  Effect.gen(function* () {
    const { cache, another, markOf } = yield* startClient
    const [first, second] = [yield* MarkedConnection.make, yield* MarkedConnection.make]
    yield* Effect.promise(async () => {
      const label = "smtp\n[192.0.2.1]:25\n*"
      await cache.saveEndpoint({ label, properties: "grüße", ttlSeconds: 50, descriptor: first.near })
      await cache.saveEndpoint({ label, ttlSeconds: 50, descriptor: second.near })
      expect([first.near.isOwned, second.near.isOwned]).toEqual([false, false])
      expect(await markOf(another.findEndpoint(label))).toEqual([first.mark, "grüße", ""])
      expect(await markOf(cache.findEndpoint(label))).toEqual([second.mark, "", ""])
      expect(await markOf(cache.findEndpoint(label))).toBeUndefined()
    })
  })
)

labTest("a client binds a destination in scache and finds through it", {}, () =>
  Effect.gen(function* () {
    const { cache, another, markOf } = yield* startClient
    const connection = yield* MarkedConnection.make
    yield* Effect.promise(async () => {
      await cache.saveDestination({ label: "example.org", properties: "by mx", endpointLabel: "host", ttlSeconds: 50 })
      expect(await markOf(another.findDestination("example.org"))).toBeUndefined()
      await cache.saveEndpoint({ label: "host", properties: "idle", ttlSeconds: 50, descriptor: connection.near })
      expect(await markOf(another.findDestination("example.org"))).toEqual([connection.mark, "idle", "by mx"])
    })
  })
)

labTest("many calls at the same time are answered by scache in turn", {}, () =>
  Effect.gen(function* () {
    const { cache, markOf } = yield* startClient
    const connections = yield* Effect.forEach(Array.from({ length: 50 }), () => MarkedConnection.make)
    yield* Effect.promise(async () => {
      const save = ({ near }: MarkedConnection.MarkedConnection) =>
        cache.saveEndpoint({ label: "host", ttlSeconds: 50, descriptor: near })
      await Promise.all(connections.map(save))
      const found = await Promise.all(connections.map(() => markOf(cache.findEndpoint("host"))))
      expect(found.map((each) => each?.[0])).toEqual(connections.map(({ mark }) => mark))
    })
  })
)

labTest("a client whose scache was replaced goes on with the new one, at once", {}, () =>
  Effect.gen(function* () {
    const calls = yield* SystemCalls
    const socketPath = join(yield* TempDirectory.make, "scache")
    const cache = yield* Effect.acquireRelease(
      // Without patience: a pause would fail the test.
      Effect.sync(() => openCache({ path: socketPath, attemptsMax: 1, restMillis: Number.POSITIVE_INFINITY })),
      (each) => Effect.promise(() => each.close())
    )
    for (let generation = 0; generation < 2; generation++) {
      yield* Effect.scoped(
        Effect.gen(function* () {
          yield* ScacheProcess.start({ socketPath, ttlLimitSeconds: 100 })
          const connection = yield* MarkedConnection.make
          yield* Effect.promise(() =>
            cache.saveEndpoint({ label: "host", ttlSeconds: 50, descriptor: connection.near })
          )
          const found = yield* Effect.promise(() => cache.findEndpoint("host"))
          if (found === undefined) throw new Error("what was saved is not there")
          expect(MarkedConnection.closeAndTellMark(calls, found.descriptor.take())).toBe(connection.mark)
        })
      )
    }
  })
)
