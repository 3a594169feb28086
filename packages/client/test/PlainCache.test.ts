import { afterAll, beforeAll, describe, expect, test } from "bun:test"
import { readdirSync, readFileSync, readlinkSync } from "node:fs"
import { connect as connectNode, createServer, type Server, type Socket } from "node:net"
import { openCache, type PlainCache, type PlainEndpointToSave } from "../src/index.ts"
import { CacheProcess } from "./support/CacheProcess.ts"

let cacheProcess: CacheProcess
let server: Server
let port = 0
/** The ports of those whose connections have ended, as the server noticed. */
const ended = new Set<number | undefined>()

beforeAll(async () => {
  cacheProcess = await CacheProcess.start()
  server = createServer((socket) => {
    socket.on("data", (bytes) => socket.write(`echo of ${bytes}`))
    const { remotePort } = socket
    for (const event of ["end", "error"]) socket.on(event, () => ended.add(remotePort))
  })
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve))
  const address = server.address()
  port = typeof address === "object" && address !== null ? address.port : 0
})

afterAll(async () => {
  server.close()
  await cacheProcess[Symbol.asyncDispose]()
})

const open = (): PlainCache => openCache({ path: cacheProcess.path })

const nodeSocket = () =>
  new Promise<Socket>((resolve) => {
    const socket = connectNode(port, "127.0.0.1", () => resolve(socket))
  })

const bunSocket = () => Bun.connect({ hostname: "127.0.0.1", port, socket: { data: () => {} } })

const save = (cache: PlainCache, label: string, socket: Extract<PlainEndpointToSave, { socket: unknown }>["socket"]) =>
  cache.saveEndpoint({ label, properties: "grüße", ttlSeconds: 60, socket })

describe("a socket that was saved", () => {
  for (const [kind, make] of [
    ["of Bun", bunSocket],
    ["of node:net", nodeSocket]
  ] as const) {
    test(`${kind} goes on as one of Bun, or of node:net, and the server notices nothing`, async () => {
      await using cache = open()
      const socket = await make()
      const { localPort } = socket
      await save(cache, kind, socket)
      using first = await cache.findEndpoint(kind)
      expect(first?.properties).toBe("grüße")
      const answer = Promise.withResolvers<string>()
      const next = await first?.connect({ data: (_, bytes) => answer.resolve(bytes.toString()) })
      next?.write("one")
      expect(await answer.promise).toBe("echo of one")
      if (next === undefined) throw new Error("nothing was found")

      await save(cache, kind, next)
      using second = await cache.findEndpoint(kind)
      const last = second?.toNodeSocket()
      const text = new Promise<string>((resolve) => last?.once("data", (bytes) => resolve(String(bytes))))
      last?.write("two")
      expect(await text).toBe("echo of two")
      expect(ended.has(localPort)).toBe(false)
      // The first end that the server sees is this one.
      last?.end()
      while (!ended.has(localPort)) await new Promise((resolve) => setImmediate(resolve))
    })
  }

  test("is still the program's when it could not be saved, and goes on", async () => {
    await using cache = openCache({ path: `${cacheProcess.path}.nobody`, attemptsMax: 1 })
    const answer = Promise.withResolvers<string>()
    const socket = await Bun.connect({
      hostname: "127.0.0.1",
      port,
      socket: { data: (_, bytes) => answer.resolve(bytes.toString()) }
    })
    const before = openCount()
    await expect(save(cache, "label", socket)).rejects.toMatchObject({ _tag: "CacheUnavailable", attempts: 1 })
    expect(openCount()).toBe(before)
    socket.write("one")
    expect(await answer.promise).toBe("echo of one")
    socket.close()
  })

  test("must be connected", async () => {
    await using cache = open()
    const socket = await bunSocket()
    socket.close()
    await expect(save(cache, "label", socket)).rejects.toThrow("it is not connected yet, or closed already")
    const another = await nodeSocket()
    another.destroy()
    await expect(save(cache, "label", another)).rejects.toThrow("it is not connected yet, or closed already")
  })
})

describe("a descriptor", () => {
  test("is consumed by a save, and closed with what was found unless it is taken", async () => {
    await using cache = open()
    const socket = await bunSocket()
    const before = openCount()
    const descriptor = cache.copyDescriptor(socket)
    expect(openCount()).toBe(before + 1)
    await cache.saveEndpoint({ label: "descriptor", ttlSeconds: 60, descriptor })
    expect(descriptor.isOwned).toBe(false)
    await cache.saveEndpoint({ label: "descriptor", ttlSeconds: 60, descriptor: cache.copyDescriptor(socket) })
    const connected = openCount()
    {
      using found = await cache.findEndpoint("descriptor")
      expect(found?.properties).toBe("")
      expect(openCount()).toBe(connected + 1)
    }
    expect(openCount()).toBe(connected)
    const taken = (await cache.findEndpoint("descriptor"))?.descriptor.take()
    expect(openCount()).toBe(connected + 1)
    taken?.close()
    expect(await cache.findEndpoint("descriptor")).toBeUndefined()
    socket.close()
  })

  test("is found through a destination, with the properties of both, byte for byte", async () => {
    await using cache = open()
    const bytes = new Uint8Array([1, 10, 0xff, 0xfe])
    const destination = { label: "example.org", endpointLabel: bytes, ttlSeconds: 60 }
    await cache.saveDestination({ ...destination, properties: new Uint8Array([0xe9]) })
    const socket = await nodeSocket()
    await cache.saveEndpoint({ label: bytes, properties: bytes, ttlSeconds: 60, socket })
    using found = await cache.findDestination("example.org")
    expect(found?.propertiesBytes).toEqual(bytes)
    expect(found?.destinationPropertiesBytes).toEqual(new Uint8Array([0xe9]))
    expect(found?.destinationProperties).toBe("\ufffd")
  })
})

test("what the protocol cannot carry is refused with a reason", async () => {
  await using cache = open()
  const socket = await bunSocket()
  await expect(cache.findEndpoint("a\0b")).rejects.toThrow("octet 1 is NUL")
  await expect(cache.saveEndpoint({ label: "a", ttlSeconds: 0, socket })).rejects.toThrow('bad ttl "0"')
  expect(() => openCache({ path: cacheProcess.path, attemptsMax: 0 })).toThrow("attemptsMax is 0")
  expect(() => openCache({ path: "" })).toThrow("the path of the socket is empty")
  socket.close()
})

test("a call is aborted by its signal, with the signal's reason", async () => {
  await using stalled = await CacheProcess.start("stalled")
  const before = cacheSockets()
  const cache = openCache({ path: stalled.path })
  const controller = new AbortController()
  const call = cache.findEndpoint("label", { signal: controller.signal })
  await new Promise((resolve) => setImmediate(resolve))
  controller.abort(new Error("no longer wanted"))
  await expect(call).rejects.toThrow("no longer wanted")
  await cache.close()
  await cache.close()
  expect(madeSince(before)).toEqual([])
  await expect(cache.findEndpoint("label")).rejects.toMatchObject({ _tag: "ClientClosed" })
})

test("a call that is aborted before it is made is not made, and one in line leaves it", async () => {
  await using stalled = await CacheProcess.start("stalled")
  await using cache = openCache({ path: stalled.path, waitingMax: 1, answerMillisMax: 50, attemptsMax: 1 })
  const before = cacheSockets()
  await expect(cache.findEndpoint("label", { signal: AbortSignal.abort(new Error("never wanted")) })).rejects.toThrow(
    "never wanted"
  )
  expect(madeSince(before)).toEqual([])
  const first = cache.findEndpoint("first")
  const controller = new AbortController()
  const second = cache.findEndpoint("second", { signal: controller.signal })
  await expect(cache.findEndpoint("no room")).rejects.toMatchObject({ _tag: "CacheBusy" })
  controller.abort(new Error("no longer wanted"))
  await expect(second).rejects.toThrow("no longer wanted")
  // There is room again, and the end of the first is the cache's.
  const third = cache.findEndpoint("third")
  await expect(first).rejects.toMatchObject({ _tag: "CacheUnavailable", attempts: 1 })
  await expect(third).rejects.toMatchObject({ _tag: "CacheUnavailable", attempts: 0 })
})

test("to save a descriptor that is gone is a mistake of the caller's, and hinders nobody", async () => {
  await using cache = open()
  const socket = await bunSocket()
  const descriptor = cache.copyDescriptor(socket)
  descriptor.close()
  const save = cache.saveEndpoint({ label: "gone", ttlSeconds: 60, descriptor })
  const find = cache.findEndpoint("nothing")
  await expect(save).rejects.toMatchObject({ name: "DescriptorMisuse" })
  expect(await find).toBeUndefined()
  socket.close()
})

test("its sockets are non-blocking and not inherited by children", async () => {
  const before = cacheSockets()
  await using cache = open()
  await cache.findEndpoint("nothing")
  const ours = madeSince(before)
  expect(ours.length).toBe(1)
  for (const number of ours) {
    const flags = /^flags:\s*([0-7]+)$/m.exec(readFileSync(`/proc/self/fdinfo/${number}`, "utf8"))?.[1] ?? ""
    expect(Number.parseInt(flags, 8) & 0o2004000).toBe(0o2004000)
  }
})

/** The rows of the kernel's TCP table: the remote port of a connection by its inode. */
const remotePorts = (): ReadonlyMap<string, number> =>
  new Map(
    readFileSync("/proc/self/net/tcp", "utf8")
      .split("\n")
      .slice(1)
      .map((row) => row.trim().split(/\s+/))
      .map(([, , remote = "", , , , , , , inode = ""]) => [`socket:[${inode}]`, Number.parseInt(remote.slice(-4), 16)])
  )

/**
 * How many descriptors this process has of its ends of connections to the server. The server's own ends are in this process too: it
 * accepts and closes them when it gets to it.
 */
const openCount = (): number => {
  const ports = remotePorts()
  return [...sockets().values()].filter((socket) => ports.get(socket) === port).length
}

/** The sockets of this process that are no TCP connections: those to caches are among them. */
const cacheSockets = (): ReadonlyMap<string, string> => {
  const ports = remotePorts()
  return new Map([...sockets()].filter(([, socket]) => !ports.has(socket)))
}

/** The numbers of those that were not there before. Others may have been closed meanwhile: what earlier tests left to Bun. */
const madeSince = (before: ReadonlyMap<string, string>): ReadonlyArray<string> => {
  const known = new Set(before.values())
  return [...cacheSockets()].filter(([, socket]) => !known.has(socket)).map(([number]) => number)
}

/** The sockets of this process, by number. */
const sockets = (): ReadonlyMap<string, string> =>
  new Map(
    readdirSync("/proc/self/fd").flatMap((number) => {
      try {
        const link = readlinkSync(`/proc/self/fd/${number}`)
        return link.startsWith("socket:") ? [[number, link] as const] : []
      } catch {
        // The listing's own, closed already.
        return []
      }
    })
  )
