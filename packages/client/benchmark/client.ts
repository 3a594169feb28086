/**
 * What a client costs the program it is in: `bun run benchmark [PATH]`, with the path of a cache's socket, or with a small one of its own.
 *
 * Printed are round trips (a find that finds nothing; a save and a find of a connection), what a request leaves to the garbage collector,
 * how long the event loop of the program is held at a time by many of them, and how often an idle program, and one that waits for an
 * answer, is woken and what it burns meanwhile.
 */
import { closeSync, mkdtempSync, openSync, readFileSync, rmSync } from "node:fs"
import { connect } from "node:net"
import { tmpdir } from "node:os"
import { join } from "node:path"
import { openCache } from "../src/index.ts"
import { CacheProcess } from "../test/support/CacheProcess.ts"
import { percentile } from "./percentile.ts"
import { saveAndFind } from "./saveAndFind.ts"

const rounds = 10_000

const show = (what: string, millis: ReadonlyArray<number>, more = ""): void => {
  const sorted = [...millis].sort((left, right) => left - right)
  const micros = (share: number) => `${(percentile(sorted, share) * 1000).toFixed(0).padStart(7)}`
  console.log(`${what.padEnd(44)} p50 ${micros(0.5)}  p99 ${micros(0.99)}  max ${micros(1)} µs ${more}`)
}

const measure = async (what: string, operation: () => Promise<unknown>): Promise<void> => {
  const millis: Array<number> = []
  const before = process.cpuUsage()
  for (let round = 0; round < rounds; round++) {
    const beginMillis = performance.now()
    await operation()
    millis.push(performance.now() - beginMillis)
  }
  const { user, system } = process.cpuUsage(before)
  show(what, millis, `${((user + system) / rounds).toFixed(0)} µs of CPU`)
}

const wakeUps = async (what: string): Promise<void> => {
  const count = () => Number(/^voluntary_ctxt_switches:\s+(\d+)/m.exec(readFileSync("/proc/self/status", "utf8"))?.[1])
  Bun.gc(true)
  await Bun.sleep(2000)
  const before = count()
  const cpuBefore = process.cpuUsage()
  await Bun.sleep(10_000)
  const { user, system } = process.cpuUsage(cpuBefore)
  const wakes = `${((count() - before) / 10).toFixed(1)} wake-ups a second`
  console.log(`${what.padEnd(44)} ${wakes}, ${((user + system) / 10_000).toFixed(1)} ms of CPU a second`)
}

/** In a process of its own, whose heap only grows. */
const measureGarbage = async (path: string): Promise<void> => {
  const command = [process.execPath, join(import.meta.dir, "garbage.ts"), path]
  const child = Bun.spawn(command, { stdio: ["ignore", "inherit", "inherit"] })
  if ((await child.exited) !== 0) throw new Error("garbage.ts failed")
}

/** How long the loop is held, in a process of its own, whose collections are logged. */
const measureHeld = async (path: string): Promise<void> => {
  const directory = mkdtempSync(join(tmpdir(), "scached-client-"))
  const log = openSync(join(directory, "collections"), "a+")
  const child = Bun.spawn([process.execPath, join(import.meta.dir, "held.ts"), path], {
    stdio: ["ignore", "inherit", log],
    env: { ...process.env, BUN_JSC_logGC: "1" }
  })
  const code = await child.exited
  const text = readFileSync(join(directory, "collections"), "utf8")
  closeSync(log)
  rmSync(directory, { recursive: true })
  if (code !== 0) throw new Error(`held.ts ended with ${code}: ${text.slice(-2000)}`)
  const pauses = [...text.matchAll(/ p=([\d.]+)ms/g)].map(([, millis]) => Number(millis))
  show(
    "pauses of the collector in all of these",
    pauses.sort((left, right) => left - right),
    `${pauses.length} pauses`
  )
}

const [given] = process.argv.slice(2)
await wakeUps("Bun, with nothing of ours")
await using own = await CacheProcess.start()
const path = given ?? own.path
{
  await using cache = openCache({ path })
  const server = Bun.listen({ hostname: "127.0.0.1", port: 0, socket: { data: () => {} } })
  const socket = await new Promise<ReturnType<typeof connect>>((resolve) => {
    const connected = connect(server.port, "127.0.0.1", () => resolve(connected))
  })
  const find = () => cache.findEndpoint("nothing")
  const both = saveAndFind(cache, "benchmark", cache.copyDescriptor(socket))
  for (let round = 0; round < 2000; round++) await both()
  await measure("a find that finds nothing", find)
  await measure("a save and a find", both)
  socket.destroy()
  server.stop(true)
  await measureGarbage(path)
  await measureHeld(path)
  await wakeUps("with an idle cache")
}
await using stalled = await CacheProcess.start("stalled")
const waiting = openCache({ path: stalled.path, answerMillisMax: 600_000, attemptsMax: 1 })
const controller = new AbortController()
const answer = waiting.findEndpoint("nothing", { signal: controller.signal }).catch(() => {})
await wakeUps("while an answer does not come")
controller.abort()
await answer
