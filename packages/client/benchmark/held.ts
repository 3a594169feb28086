/**
 * How long the client holds the loop of the program it is in, at a time: processor time of each turn, with many requests at once. In a turn
 * are the client, the collector, whatever else Bun has to do, and the program's own part, which is to ask again.
 *
 * `held.ts PATH`, started by `client.ts` with JSC's log of collections on, and standard error in a file: it grows when the collector is at work.
 */
import { fstatSync } from "node:fs"
import { connect } from "node:net"
import { openCache, type PlainCache } from "../src/index.ts"
import { percentile } from "./percentile.ts"
import { saveAndFind } from "./saveAndFind.ts"

const warmUpMillis = 2000
const measureMillis = 6000
const limitMicros = 1000

/**
 * Processor time of this thread in microseconds, so that a machine that gives the processor to others does not count. The kernel brings
 * a running thread's account up to date when it is asked for the whole process; of the thread alone it tells what stood there last.
 */
const threadMicros = (): number => {
  process.cpuUsage()
  const { user, system } = process.threadCpuUsage()
  return user + system
}

const logBytes = (): number => fstatSync(2).size

const turn = () => new Promise<void>((resolve) => setImmediate(resolve))

/** What the turns of the loop took while workers did their work, one operation after the other each. */
const measureTurns = async (workers: ReadonlyArray<() => Promise<unknown>>) => {
  let isOver = false
  let operations = 0
  const working = workers.map(async (work) => {
    while (!isOver) {
      await work()
      operations++
    }
  })
  const warmUntil = performance.now() + warmUpMillis
  while (performance.now() < warmUntil) await turn()
  const micros: Array<number> = []
  const begun = operations
  let [slow, slowWithCollection] = [0, 0]
  const until = performance.now() + measureMillis
  let logged = logBytes()
  for (let last = threadMicros(); performance.now() < until; last = threadMicros()) {
    await turn()
    const took = threadMicros() - last
    micros.push(took)
    const loggedBefore = logged
    logged = logBytes()
    if (took <= limitMicros) continue
    slow++
    if (logged !== loggedBefore) slowWithCollection++
  }
  const done = operations - begun
  isOver = true
  await Promise.all(working)
  return { micros: micros.sort((left, right) => left - right), operations: done, slow, slowWithCollection }
}

const show = async (what: string, workers: ReadonlyArray<() => Promise<unknown>>): Promise<void> => {
  const { micros, operations, slow, slowWithCollection } = await measureTurns(workers)
  const column = (share: number) => percentile(micros, share).toFixed(0).padStart(7)
  console.log(
    `${what.padEnd(44)}${column(0.5)}${column(0.99)}${column(0.999)}${column(1)}` +
      `${String(micros.length).padStart(10)}${operations.toString().padStart(8)}` +
      `${String(slow).padStart(7)}, in ${slowWithCollection} of them the collector`
  )
}

/** Processor time of calls that are made in one turn, until they have returned their promises. */
const showCalls = async (cache: PlainCache): Promise<void> => {
  const micros: Array<number> = []
  for (let round = 0; round < 30; round++) {
    const before = threadMicros()
    const asked = Array.from({ length: 1000 }, () => cache.findEndpoint("nothing"))
    micros.push((threadMicros() - before) / 1000)
    await Promise.all(asked)
  }
  const last = micros.slice(10).sort((left, right) => left - right)
  console.log(`${"a call itself, a thousand in a row".padEnd(44)}${percentile(last, 0.5).toFixed(1).padStart(7)}`)
}

const [path = ""] = process.argv.slice(2)
const open = (connectionsMax: number) =>
  openCache({ path, connectionsMax, waitingMax: 10_000, answerMillisMax: 60_000 })
const server = Bun.listen({ hostname: "127.0.0.1", port: 0, socket: { data: () => {} } })
const socket = await new Promise<ReturnType<typeof connect>>((resolve) => {
  const connected = connect(server.port, "127.0.0.1", () => resolve(connected))
})
console.log(`\n${"CPU of a turn of the loop, µs".padEnd(44)}    p50    p99  p99.9    max     turns     ops  over 1 ms`)
await show("nothing to do", [])
for (const connectionsMax of [1, 16]) {
  const over = connectionsMax === 1 ? "" : `, ${connectionsMax} connections`
  for (const atOnce of [64, 1000]) {
    await using cache = open(connectionsMax)
    const finds = Array.from({ length: atOnce }, () => () => cache.findEndpoint("nothing"))
    await show(`${atOnce} finds at once${over}`, finds)
    const copies = Array.from({ length: atOnce }, () => cache.copyDescriptor(socket))
    await show(
      `${atOnce} saves and finds at once${over}`,
      copies.map((copy, each) => saveAndFind(cache, `benchmark ${each}`, copy))
    )
  }
}
await using cache = open(1)
await showCalls(cache)
socket.destroy()
server.stop(true)
