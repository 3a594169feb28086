/** The cache for tests of other programs, from their side. */
import { expect, test } from "bun:test"
import { existsSync, readdirSync } from "node:fs"
import { openCache, type PlainCache } from "../../src/index.ts"
import { openMemoryCache } from "../../src/testing/index.ts"

/** A server that says how many lines it has had on this connection. */
const startServer = () => {
  const server = Bun.listen<{ lines: number }>({
    hostname: "127.0.0.1",
    port: 0,
    socket: {
      open: (socket) => {
        socket.data = { lines: 0 }
      },
      data: (socket) => void socket.write(`line ${++socket.data.lines}`)
    }
  })
  return { port: server.port, [Symbol.dispose]: () => server.stop(true) }
}

const save = async (cache: PlainCache, port: number, label: string, ttlSeconds = 60): Promise<void> => {
  const answer = Promise.withResolvers<string>()
  const handler = { data: (_: unknown, bytes: Buffer) => answer.resolve(bytes.toString()) }
  const socket = await Bun.connect({ hostname: "127.0.0.1", port, socket: handler })
  socket.write("hello")
  expect(await answer.promise).toBe("line 1")
  await cache.saveEndpoint({ label, properties: "greeted", ttlSeconds, socket })
}

test("a connection goes in, and comes out with its properties", async () => {
  using memory = openMemoryCache()
  using server = startServer()
  await using cache = openCache({ path: memory.path })
  await save(cache, server.port, "one")
  expect([memory.count("one"), memory.count("another")]).toEqual([1, 0])
  using found = await cache.findEndpoint("one")
  expect([found?.properties, memory.count("one")]).toEqual(["greeted", 0])
  const answer = Promise.withResolvers<string>()
  const socket = await found?.connect({ data: (_, bytes) => answer.resolve(bytes.toString()) })
  socket?.write("hello again")
  expect(await answer.promise).toBe("line 2")
  socket?.end()
  expect(await cache.findEndpoint("one")).toBeUndefined()
})

test("a destination leads to the first of its endpoints that has a connection", async () => {
  using memory = openMemoryCache()
  using server = startServer()
  await using cache = openCache({ path: memory.path })
  for (const endpointLabel of ["empty", "full", "full"]) {
    await cache.saveDestination({ label: "domain", endpointLabel, properties: `by ${endpointLabel}`, ttlSeconds: 60 })
  }
  await save(cache, server.port, "full")
  using found = await cache.findDestination("domain")
  expect([found?.destinationProperties, found?.properties]).toEqual(["by full", "greeted"])
  expect(await cache.findDestination("domain")).toBeUndefined()
})

test("what has had its time is gone, by a clock of the test's", async () => {
  let nowMillis = 0
  using memory = openMemoryCache({ nowMillis: () => nowMillis, ttlSecondsMax: 30 })
  using server = startServer()
  await using cache = openCache({ path: memory.path })
  await save(cache, server.port, "short", 10)
  await save(cache, server.port, "limited", 60)
  nowMillis = 10_000
  expect([memory.count("short"), memory.count("limited")]).toEqual([0, 1])
  nowMillis = 30_000
  expect(await cache.findEndpoint("limited")).toBeUndefined()
})

test("a client survives the loss of its connection, and what was cleared is not found", async () => {
  using memory = openMemoryCache()
  using server = startServer()
  await using cache = openCache({ path: memory.path })
  await save(cache, server.port, "one")
  memory.disconnect()
  expect(memory.count("one")).toBe(1)
  memory.clear()
  expect(await cache.findEndpoint("one")).toBeUndefined()
})

test("many clients at once get what they saved", async () => {
  using memory = openMemoryCache()
  using server = startServer()
  const labels = Array.from({ length: 30 }, (_, index) => `label ${index}`)
  const seen = await Promise.all(
    labels.map(async (label) => {
      await using cache = openCache({ path: memory.path })
      await save(cache, server.port, label)
      using found = await cache.findEndpoint(label)
      return found?.properties
    })
  )
  expect(seen).toEqual(labels.map(() => "greeted"))
})

test("nothing is left behind", async () => {
  const count = () => readdirSync("/proc/self/fd").length
  const use = async () => {
    using memory = openMemoryCache()
    using server = startServer()
    await using cache = openCache({ path: memory.path })
    await save(cache, server.port, "one")
    return memory.path
  }
  await use()
  const before = count()
  const path = await use()
  while (count() > before) await new Promise<void>((resolve) => setImmediate(resolve))
  expect(existsSync(path)).toBe(false)
})

test("status and list are refused, as by scache(8), and the client goes on", async () => {
  using memory = openMemoryCache()
  await using cache = openCache({ path: memory.path })
  await expect(cache.status()).rejects.toMatchObject({ _tag: "RequestRefused", status: 1 })
  await expect(cache.list()).rejects.toMatchObject({ _tag: "RequestRefused", status: 1 })
  expect(await cache.findEndpoint("nothing")).toBeUndefined()
})
