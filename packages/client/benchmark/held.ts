/**
 * How long the client holds the loop of the program it is in, at a time: processor time of each turn, with many requests at once. In a turn
 * are the client, the collector, whatever else Bun has to do, and the program's own part, which is to ask again. A machine that has other
 * things to do is in it as well, hence the lines of a program that does nothing, and of one that is as busy without a client.
 *
 * `held.ts PATH`, started by `client.ts` with JSC's log of collections on, and standard error in a file: it grows when the collector is at work.
 */
import { fstatSync, readFileSync } from "node:fs"
import { connect } from "node:net"
import { openCache, type PlainCache } from "../src/index.ts"
import { EchoProgram } from "./EchoProgram.ts"
import { type Load, workers } from "./Load.ts"
import { percentile } from "./percentile.ts"
import { saveAndFind } from "./saveAndFind.ts"

const warmUpMillis = 1000
const countMillis = 2000
const measureMillis = 4000
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

/** Each collection ends with a line of its own. */
const collectionCount = (): number => readFileSync("/proc/self/fd/2", "utf8").split("GC END!").length - 1

/** In each turn of the loop, until a time has passed; without a promise for each, since it is garbage that is looked for. */
const inEachTurn = (millis: number, look: () => void): Promise<void> =>
  new Promise((resolve) => {
    const untilMillis = performance.now() + millis
    const next = () => {
      look()
      if (performance.now() < untilMillis) setImmediate(next)
      else resolve()
    }
    setImmediate(next)
  })

/** How many collections there were, and operations, while nobody looked at the turns: to look leaves garbage too. */
const countCollections = async (load: Load) => {
  const [collectionsBefore, operationsBefore] = [collectionCount(), load.operations()]
  await Bun.sleep(countMillis)
  return { collections: collectionCount() - collectionsBefore, counted: load.operations() - operationsBefore }
}

/** What the turns of the loop took under a load. */
const measureTurns = async (load: Load) => {
  const micros: Array<number> = []
  const begun = load.operations()
  let [slow, slowWithCollection] = [0, 0]
  let logged = logBytes()
  let last = threadMicros()
  await inEachTurn(measureMillis, () => {
    const took = threadMicros() - last
    micros.push(took)
    const loggedBefore = logged
    logged = logBytes()
    if (took > limitMicros) {
      slow++
      if (logged !== loggedBefore) slowWithCollection++
    }
    last = threadMicros()
  })
  const operations = load.operations() - begun
  return { micros: micros.sort((left, right) => left - right), operations, slow, slowWithCollection }
}

/** Returns how many operations there were in a second. */
const show = async (what: string, load: Load): Promise<number> => {
  await Bun.sleep(warmUpMillis)
  const { collections, counted } = await countCollections(load)
  const { micros, operations, slow, slowWithCollection } = await measureTurns(load)
  await load.stop()
  const column = (share: number) => percentile(micros, share).toFixed(0).padStart(7)
  const count = (number: number) => number.toString().padStart(8)
  const aMillion = counted === 0 ? "-" : ((collections / counted) * 1e6).toFixed(0)
  console.log(
    `${what.padEnd(44)}${column(0.5)}${column(0.99)}${column(0.999)}${column(1)}${count(micros.length)}` +
      `${count(operations)}${count(slow)}${count(slowWithCollection)}${aMillion.padStart(12)}`
  )
  return operations / (measureMillis / 1000)
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
const [before, above] = ["".padEnd(44), "over 1 ms".padStart(53)]
console.log(`\n${before}${above}, with a  collections`)
console.log(
  `${"CPU of a turn of the loop, µs".padEnd(44)}    p50    p99  p99.9    max   turns     ops          collection  a million ops`
)
await using echoes = await EchoProgram.start()
await show("nothing to do", workers([]))
for (const connectionsMax of [1, 16]) {
  const over = connectionsMax === 1 ? "" : `, ${connectionsMax} connections`
  for (const atOnce of [64, 1000]) {
    await using cache = open(connectionsMax)
    const finds = Array.from({ length: atOnce }, () => () => cache.findEndpoint("nothing"))
    const perSecond = await show(`${atOnce} finds at once${over}`, workers(finds))
    if (connectionsMax === 1) await show(`  as many echoes, without a client`, echoes.load(atOnce, perSecond))
    const copies = Array.from({ length: atOnce }, () => cache.copyDescriptor(socket))
    const pairs = copies.map((copy, each) => saveAndFind(cache, `benchmark ${each}`, copy))
    await show(`${atOnce} saves and finds at once${over}`, workers(pairs))
  }
}
await using cache = open(1)
await showCalls(cache)
socket.destroy()
server.stop(true)
