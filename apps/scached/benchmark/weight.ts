/**
 * What a cached connection weighs: its texts, its places in the store's lists, its descriptor and its watch, each connection under a label of its
 * own, which is the heaviest case. The kernel's part, the socket itself, is not in it.
 *
 * `bun run benchmark/weight.ts [CONNECTIONS]`
 */
import { heapStats } from "bun:jsc"
import { KernelSystemCalls, SocketKind, SystemCalls, type SystemCallsShape } from "@scached/fdpass"
import { OctetString } from "@scached/protocol"
import { EventLoop, noHost } from "@scached/reactor"
import { Effect, Scope } from "effect"
import { ConnectionCache } from "../src/cache/ConnectionCache.ts"
import { LimitNotices } from "../src/cache/LimitNotices.ts"
import { defaultCacheSettings } from "../test/support/defaultCacheSettings.ts"

const connections = Number(process.argv[2] ?? 50_000)
const labelOctets = 60
const propertiesOctets = 100

const octets = (text: string): OctetString.OctetString => {
  // As it comes from the wire: characters of their own, no part of a longer text.
  const bytes = Buffer.from(text, "latin1")
  return Effect.runSync(Effect.fromResult(OctetString.make(bytes.toString("latin1"))))
}
const kernel = Effect.runSync(SystemCalls.pipe(Effect.provide(KernelSystemCalls.layer)))
const calls: SystemCallsShape = {
  ...kernel,
  epollAdd: () => 0,
  epollModify: () => 0,
  epollRemove: () => 0,
  epollWait: () => 0,
  look: () => 0,
  socketKind: () => SocketKind.unixStream,
  letGo: (descriptor) => void descriptor.surrender()
}
const loop = new EventLoop(calls, kernel.adopt(10_000_000), noHost)
const settings = { current: { ...defaultCacheSettings, ttlSecondsMax: 3600, connectionsMax: connections } }
const give = (message: string): never => {
  throw new Error(message)
}
const notices = new LimitNotices(loop, { isVerbose: false, info: give, warning: give, verbose: give }, settings)
const cache = new ConnectionCache(
  loop,
  settings,
  { notices, onFreed: () => {}, onLost: give, departureRoom: () => 0 },
  Scope.makeUnsafe()
)

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
