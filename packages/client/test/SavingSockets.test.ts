/** What becomes of a socket while it is being saved, and of what cannot be a socket. */
import { afterAll, beforeAll, describe, expect, test } from "bun:test"
import { openSync, readdirSync, readlinkSync } from "node:fs"
import { createServer, type Server, type Socket } from "node:net"
import { type Descriptor, Errno, KernelSystemCalls, SystemCalls, type SystemCallsShape } from "@scached/fdpass"
import { Effect } from "effect"
import { BunSockets, openCache, type PlainCache } from "../src/index.ts"
import { CacheProcess } from "./support/CacheProcess.ts"
import { until } from "./support/until.ts"

const calls = Effect.runSync(SystemCalls.pipe(Effect.provide(KernelSystemCalls.layer)))

let cacheProcess: CacheProcess
let stalled: CacheProcess
let server: Server
let port = 0
/** The server's ends, by the port of the other one. */
const accepted = new Map<number | undefined, Socket>()

beforeAll(async () => {
  ;[cacheProcess, stalled] = await Promise.all([CacheProcess.start(), CacheProcess.start("stalled")])
  server = createServer((socket) => {
    socket.on("error", () => {})
    accepted.set(socket.remotePort, socket)
  })
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve))
  const address = server.address()
  port = typeof address === "object" && address !== null ? address.port : 0
})

afterAll(async () => {
  for (const socket of accepted.values()) socket.destroy()
  server.close()
  await cacheProcess[Symbol.asyncDispose]()
  await stalled[Symbol.asyncDispose]()
})

const turn = () => new Promise<void>((resolve) => setImmediate(resolve))

const nodeSocket = async () => {
  const { connect } = await import("node:net")
  const socket = await new Promise<Socket>((resolve) => {
    const made = connect(port, "127.0.0.1", () => resolve(made))
  })
  await until(() => accepted.has(socket.localPort))
  return socket
}

const save = (cache: PlainCache, label: string, socket: BunSockets.RuntimeSocket, options?: { signal: AbortSignal }) =>
  cache.saveEndpoint({ label, ttlSeconds: 60, socket }, options)

/** How many connections there are under a label; they are closed. */
const countOf = async (cache: PlainCache, label: string): Promise<number> => {
  for (let count = 0; ; count++) {
    using found = await cache.findEndpoint(label)
    if (found === undefined) return count
  }
}

describe("what is being saved is not saved again", () => {
  test("a socket, by any client", async () => {
    await using one = openCache({ path: cacheProcess.path })
    await using another = openCache({ path: cacheProcess.path })
    const socket = await nodeSocket()
    const first = save(one, "socket twice", socket)
    await expect(save(another, "socket twice", socket)).rejects.toMatchObject({
      _tag: "SocketUnfit",
      why: "being saved"
    })
    await first
    expect(await countOf(one, "socket twice")).toBe(1)
  })

  test("a socket is copied where no descriptor can be passed, as while others have too many in flight", async () => {
    const busy: SystemCallsShape = { ...calls, sendDescriptor: () => -Errno.ETOOMANYREFS }
    const socket = await nodeSocket()
    const copy = BunSockets.copyDescriptor(busy, socket)
    if (copy instanceof Error) throw copy
    expect(calls.socketCookie(copy)).toBeGreaterThan(0)
    copy.close()
    socket.destroy()
  })

  test("a socket that could not be saved may be saved again", async () => {
    await using nobody = openCache({ path: `${cacheProcess.path}.nobody`, attemptsMax: 1 })
    await using cache = openCache({ path: cacheProcess.path })
    const socket = await nodeSocket()
    await expect(save(nobody, "again", socket)).rejects.toMatchObject({ _tag: "CacheUnavailable" })
    await save(cache, "again", socket)
    expect(await countOf(cache, "again")).toBe(1)
  })
})

describe("a socket of node:net leaves what arrives to whoever goes on", () => {
  /** Begins a save that does not end before it is aborted, and waits until the kernel has bytes for the socket. */
  const saveMeanwhile = async (cache: PlainCache, socket: Socket) => {
    const controller = new AbortController()
    const aborted = save(cache, "label", socket, { signal: controller.signal })
    aborted.catch(() => {})
    await turn()
    accepted.get(socket.localPort)?.write("421 bye")
    const copy = cache.copyDescriptor(socket)
    return { controller, aborted, copy }
  }

  /** Reads from a copy what the kernel has for the connection: what the runtime has read is not there any more. */
  const readFrom = async (copy: Descriptor): Promise<string> => {
    const buffer = calls.makeReceiveBuffer(64)
    for (;;) {
      const count = calls.receive(copy, buffer)
      if (count > 0) return Buffer.from(buffer.bytes.subarray(0, count)).toString()
      await turn()
    }
  }

  for (const [name, prepare] of [
    ["that nobody reads", () => {}],
    ["with a listener", (socket: Socket) => socket.on("data", () => {})],
    ["that is read on demand", (socket: Socket) => socket.on("readable", () => {})]
  ] as const) {
    // If Bun reads the bytes, the copy never gets them, and the test runs into its time limit.
    test(`${name}, while it is being saved`, async () => {
      await using cache = openCache({ path: stalled.path, answerMillisMax: 60_000 })
      const socket = await nodeSocket()
      prepare(socket)
      const { controller, aborted, copy } = await saveMeanwhile(cache, socket)
      // Turns in which Bun would have read them.
      for (let turns = 0; turns < 20; turns++) await turn()
      expect(socket.bytesRead).toBe(0)
      expect(await readFrom(copy)).toBe("421 bye")
      copy.close()
      controller.abort()
      await expect(aborted).rejects.toThrow()
      socket.destroy()
    })
  }

  test("and has it itself when it was not saved, however it was read before", async () => {
    for (const reading of ["as it comes", "on demand", "not yet"] as const) {
      await using cache = openCache({ path: stalled.path, answerMillisMax: 60_000 })
      const socket = await nodeSocket()
      let got = ""
      const listen = () => socket.on("data", (bytes) => (got += bytes))
      if (reading === "as it comes") listen()
      if (reading === "on demand") socket.on("readable", () => (got += socket.read() ?? ""))
      const { controller, aborted, copy } = await saveMeanwhile(cache, socket)
      copy.close()
      controller.abort(new Error("no longer wanted"))
      await expect(aborted).rejects.toThrow("no longer wanted")
      if (reading === "not yet") {
        // Nobody listens yet: nothing may be thrown away meanwhile.
        for (let turns = 0; turns < 20; turns++) await turn()
        listen()
      }
      await until(() => got === "421 bye")
      socket.destroy()
    }
  })
})

test("a socket of node:net with output that the kernel has not taken is refused, and keeps it", async () => {
  await using cache = openCache({ path: cacheProcess.path })
  const socket = await nodeSocket()
  const size = 20_000_000
  const peer = accepted.get(socket.localPort)
  peer?.pause()
  socket.write(Buffer.alloc(size))
  await expect(save(cache, "unsent", socket)).rejects.toMatchObject({ _tag: "SocketUnfit", why: "unsent output" })
  expect(await countOf(cache, "unsent")).toBe(0)
  let arrived = 0
  peer?.on("data", (bytes) => {
    arrived += bytes.length
  })
  peer?.resume()
  await until(() => arrived === size)
  // Now it has gone out, and the socket may go as well.
  await until(() => socket.writableLength === 0)
  await save(cache, "sent", socket)
  expect(await countOf(cache, "sent")).toBe(1)
})

test("what Bun refuses to make a socket of is closed, in both ways", async () => {
  await using cache = openCache({ path: cacheProcess.path })
  const file = import.meta.path
  const openFiles = () =>
    readdirSync("/proc/self/fd").filter((number) => {
      try {
        return readlinkSync(`/proc/self/fd/${number}`) === file
      } catch {
        // The listing's own, closed already.
        return false
      }
    }).length
  const findFile = async () => {
    await cache.saveEndpoint({ label: "file", ttlSeconds: 60, descriptor: calls.adopt(openSync(file, "r")) })
    const found = await cache.findEndpoint("file")
    if (found === undefined) throw new Error("nothing was found")
    expect(openFiles()).toBe(1)
    return found
  }
  const ofNode = (await findFile()).toNodeSocket()
  const error = await new Promise<Error>((resolve) => ofNode.once("error", resolve))
  expect(error).toMatchObject({ code: "ECONNREFUSED" })
  expect(openFiles()).toBe(0)
  await expect((await findFile()).connect({ data: () => {} })).rejects.toThrow()
  expect(openFiles()).toBe(0)
})

test("an option that is undefined is one that was not told", async () => {
  const absent: object = { answerMillisMax: undefined, attemptsMax: undefined, connectionsMax: undefined }
  await using cache = openCache({ path: cacheProcess.path, ...absent })
  expect(await cache.findEndpoint("nothing")).toBeUndefined()
})
