/**
 * What a cached connection weighs: its texts, its places in the store's lists, its descriptor and its watch, each connection under a label of its
 * own, which is the heaviest case. The kernel's part, the socket itself, is not in it.
 *
 * `bun run benchmark/weight.ts [CONNECTIONS]`
 */
import { heapStats } from "bun:jsc"
import { OctetString } from "@scached/protocol"
import { Effect } from "effect"
import { makeIdleCache } from "./idleCache.ts"

const connections = Number(process.argv[2] ?? 50_000)
const labelOctets = 60
const propertiesOctets = 100

const octets = (text: string): OctetString.OctetString => {
  // As it comes from the wire: characters of their own, no part of a longer text.
  const bytes = Buffer.from(text, "latin1")
  return Effect.runSync(Effect.fromResult(OctetString.make(bytes.toString("latin1"))))
}
const { cache, kernel, loop } = makeIdleCache(connections)

const heapBytes = (): number => {
  Bun.gc(true)
  Bun.gc(true)
  return heapStats().heapSize
}

const save = (count: number): void => {
  for (let id = 0; id < count; id++) {
    const label = octets(`smtp\nexample-${id}.com`.padEnd(labelOctets, "."))
    const properties = octets(`connection ${id}`.padEnd(propertiesOctets, "."))
    cache.saveEndpoint(label, properties, kernel.adopt(10_000_001 + id), 3600)
  }
}

loop.turn()
const before = heapBytes()
save(connections)
const rested = heapBytes()
while (cache.watched < connections) {
  loop.defer(() => {})
  loop.turn()
}
const watched = heapBytes()
const each = (bytes: number): string => ((bytes - before) / connections).toFixed(0)
console.log(
  `${each(rested)} bytes a connection (label ${labelOctets}, properties ${propertiesOctets}); ${each(watched)} once it is watched`
)
process.exit(0)
