/**
 * What one request leaves to the garbage collector: `bun benchmark/garbage.ts [PATH]`, with the path of a cache's socket, or with a small
 * one of its own.
 *
 * Nothing is collected meanwhile, so that what the heap has grown by is what was made: the program starts itself anew for that. Bun's own
 * part is in it, and what the loop of the benchmark makes, which the first line shows.
 */
import { connect } from "node:net"
import { Effect, ManagedRuntime } from "effect"
import { CacheClient, CacheClients, openCache } from "../src/index.ts"
import { CacheProcess } from "../test/support/CacheProcess.ts"
import { octets } from "../test/support/octets.ts"
import { percentile } from "./percentile.ts"
import { saveAndFind } from "./saveAndFind.ts"

const rounds = 3
const roundRequests = 1000

/** Bytes a request, the median of some rounds. */
const measure = async (
  what: string,
  requestsEach: number,
  atOnce: number,
  ask: (worker: number) => Promise<unknown>
) => {
  const round = async () => {
    const before = process.memoryUsage().heapUsed
    const times = roundRequests / requestsEach / atOnce
    await Promise.all(
      Array.from({ length: atOnce }, async (_, worker) => {
        for (let time = 0; time < times; time++) await ask(worker)
      })
    )
    return (process.memoryUsage().heapUsed - before) / roundRequests
  }
  // Until the engine has compiled what it wanted to.
  for (let count = 0; count < 3; count++) await round()
  const bytes: Array<number> = []
  for (let count = 0; count < rounds; count++) bytes.push(await round())
  const median = percentile(
    bytes.sort((left, right) => left - right),
    0.5
  )
  console.log(`${what.padEnd(44)}${median.toFixed(0).padStart(7)}`)
}

const measureAll = async (path: string): Promise<void> => {
  const server = Bun.listen({ hostname: "127.0.0.1", port: 0, socket: { data: () => {} } })
  const socket = await new Promise<ReturnType<typeof connect>>((resolve) => {
    const connected = connect(server.port, "127.0.0.1", () => resolve(connected))
  })
  await using cache = openCache({ path })
  const effects = ManagedRuntime.make(CacheClients.layerBun({ path }))
  const label = octets("nothing")
  const findEffect = Effect.scoped(Effect.flatMap(CacheClient, (client) => client.findEndpoint(label)))
  const pairs = Array.from({ length: 20 }, (_, each) =>
    saveAndFind(cache, `benchmark ${each}`, cache.copyDescriptor(socket))
  )
  console.log("\ngarbage a request, bytes")
  await measure("a turn of the loop, and no request", 1, 1, () => new Promise((resolve) => setImmediate(resolve)))
  for (const atOnce of [1, 20]) {
    const atATime = atOnce === 1 ? "" : `, ${atOnce} at once`
    await measure(`a find that finds nothing${atATime}`, 1, atOnce, () => cache.findEndpoint("nothing"))
    await measure(`the same with Effect${atATime}`, 1, atOnce, () => effects.runPromise(findEffect))
    await measure(`a save, or the find of what was saved${atATime}`, 2, atOnce, async (worker) => pairs[worker]?.())
  }
  await effects.dispose()
  socket.destroy()
  server.stop(true)
}

const [given] = process.argv.slice(2)
if (process.env["BUN_JSC_useGC"] === "0") await measureAll(given ?? "")
else {
  // A cache of its own may collect.
  await using own = given === undefined ? await CacheProcess.start() : undefined
  const child = Bun.spawn([process.execPath, import.meta.path, given ?? own?.path ?? ""], {
    stdio: ["ignore", "inherit", "inherit"],
    env: { ...process.env, BUN_JSC_useGC: "0" }
  })
  process.exitCode = await child.exited
}
