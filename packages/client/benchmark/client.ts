/**
 * What a client costs the program it is in: `bun run benchmark [PATH]`, with the path of a cache's socket, or with a small one of its own.
 *
 * Printed are round trips (a find that finds nothing; a save and a find of a connection), how long the event loop of the program is
 * held at a time by them, and how often an idle program, and one that waits for an answer, is woken.
 */
import { readFileSync } from "node:fs"
import { connect } from "node:net"
import { openCache, type PlainCache } from "../src/index.ts"
import { CacheProcess } from "../test/support/CacheProcess.ts"

const rounds = 10_000

const percentile = (sorted: ReadonlyArray<number>, share: number): number =>
  sorted[Math.min(sorted.length - 1, Math.floor(sorted.length * share))] ?? 0

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

/** The time between two turns of the loop, while the operation goes on and on: what anybody else in the program would feel. */
const measureLoop = async (what: string, operation: (() => Promise<unknown>) | undefined): Promise<void> => {
  const millis: Array<number> = []
  let isOver = false
  const busy = (async () => {
    while (!isOver && operation !== undefined) await operation()
  })()
  let lastMillis = performance.now()
  for (let turn = 0; turn < rounds; turn++) {
    await new Promise((resolve) => setImmediate(resolve))
    const nowMillis = performance.now()
    millis.push(nowMillis - lastMillis)
    lastMillis = nowMillis
  }
  isOver = true
  await busy
  show(what, millis)
}

const wakeUps = async (what: string): Promise<void> => {
  const count = () => Number(/^voluntary_ctxt_switches:\s+(\d+)/m.exec(readFileSync("/proc/self/status", "utf8"))?.[1])
  Bun.gc(true)
  await Bun.sleep(2000)
  const before = count()
  await Bun.sleep(10_000)
  console.log(`${what.padEnd(44)} ${((count() - before) / 10).toFixed(1)} wake-ups a second`)
}

const saveAndFind = (cache: PlainCache, descriptor: Parameters<PlainCache["copyDescriptor"]>[0]) => {
  let held = cache.copyDescriptor(descriptor)
  return async () => {
    await cache.saveEndpoint({ label: "benchmark", ttlSeconds: 60, descriptor: held })
    const found = await cache.findEndpoint("benchmark")
    if (found === undefined) throw new Error("what was saved is not there: does somebody else use this cache?")
    held = found.descriptor.take()
  }
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
  const both = saveAndFind(cache, socket)
  for (let round = 0; round < 2000; round++) await both()
  await measure("a find that finds nothing", find)
  await measure("a save and a find", both)
  await measureLoop("between turns of the loop, nothing to do", undefined)
  await measureLoop("between turns of the loop, while finding", find)
  await measureLoop("between turns of the loop, saving and finding", both)
  socket.destroy()
  server.stop(true)
  await wakeUps("with an idle cache")
}
await using stalled = await CacheProcess.start("stalled")
const waiting = openCache({ path: stalled.path, answerMillisMax: 600_000, attemptsMax: 1 })
const controller = new AbortController()
const answer = waiting.findEndpoint("nothing", { signal: controller.signal }).catch(() => {})
await wakeUps("while an answer does not come")
controller.abort()
await answer
