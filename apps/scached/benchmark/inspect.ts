/**
 * What looking into the cache costs: the parts of a list, each of which is a turn's work while clients wait, and an event while somebody watches.
 *
 * `bun run benchmark/inspect.ts [CONNECTIONS]`
 */
import { OctetString, TtlSeconds } from "@scached/protocol"
import { Effect } from "effect"
import { ListReport } from "../src/cache/inspection/ListReport.ts"
import { makeIdleCache } from "./idleCache.ts"

const connections = Number(process.argv[2] ?? 100_000)
const lists = 15
const events = 200_000

const octets = (text: string): OctetString.OctetString => Effect.runSync(Effect.fromResult(OctetString.make(text)))
const { cache, kernel, loop, settings } = makeIdleCache(connections)
const peer = { pid: 4_711, uid: 89, gid: 89 }
const owner = cache.ownerFor(peer)

loop.turn()
for (let id = 0; id < connections; id++) {
  const label = octets(`smtp\nexample-${id}.com\n192.0.2.${id % 256}\n25`)
  const properties = octets(`dest=example-${id}.com\nreuse_count=${id % 20}\nfeatures=4711\n`)
  cache.saveEndpoint(label, properties, kernel.adopt(10_000_001 + id), 3600, owner)
}

/** The milliseconds of each part of one list. */
const partsOf = (): ReadonlyArray<number> => {
  const report = new ListReport(cache.walk(), () => loop.nowMillis, settings.current.outputBytesMax)
  const parts: Array<number> = []
  for (let isOver = false; !isOver; ) {
    const begun = Bun.nanoseconds()
    isOver = report.next().isLast
    parts.push((Bun.nanoseconds() - begun) / 1e6)
  }
  return parts
}

const sorted = (numbers: ReadonlyArray<number>) => numbers.toSorted((one, other) => one - other)
const runs = Array.from({ length: lists }, partsOf)
const totals = sorted(runs.map((parts) => parts.reduce((sum, each) => sum + each, 0)))
const parts = sorted(runs.flat())
const at = (numbers: ReadonlyArray<number>, share: number) =>
  (numbers[Math.floor((numbers.length - 1) * share)] ?? 0).toFixed(2)
console.log(
  `a list of ${connections}: ${at(totals, 0.5)} ms (median of ${lists}) in ${runs[0]?.length} parts of ${at(parts, 0.5)} ms, p99 ${at(parts, 0.99)}, longest ${at(parts, 1)}`
)

const request = {
  _tag: "SaveEndpoint",
  label: octets("smtp\nexample.com\n"),
  properties: octets("p"),
  ttlSeconds: TtlSeconds.max
} as const
const nanosPerEvent = (): number => {
  const begun = Bun.nanoseconds()
  for (let left = events; left > 0; left--) {
    if (cache.events.isWatched) cache.events.saved(request, true, peer)
    if (left % 64 === 0) loop.turn()
  }
  return (Bun.nanoseconds() - begun) / events
}
const unwatched = sorted(Array.from({ length: 9 }, nanosPerEvent))
cache.events.watch(() => true)
const watched = sorted(Array.from({ length: 9 }, nanosPerEvent))
console.log(
  `an event: ${at(unwatched, 0.5)} ns while nobody watches, ${at(watched, 0.5)} ns with one watcher (64 a turn, turns included)`
)
