/**
 * What the daemon's own code costs an operation, without the kernel: the cycle save_endp, save_dest, find_dest of some clients, whose reads are
 * canned and whose sends go nowhere. It shows differences of a few percent, which disappear in the noise where sockets are measured.
 *
 * `bun run benchmark/exchange.ts [CLIENTS] [TURNS]`; each turn is one read of every client. Rounds are about a millisecond long: on a machine with
 * other work the fastest twentieth of them was not interrupted, and varies by 3% between runs where the median varies by half.
 */
import { KernelSystemCalls, Readiness, SocketKind, SystemCalls, type SystemCallsShape } from "@scached/fdpass"
import { EventLoop, noHost } from "@scached/reactor"
import { Effect, Scope } from "effect"
import { ConnectionCache } from "../src/cache/ConnectionCache.ts"
import { Client } from "../src/cache/clients/Client.ts"
import type { ClientContext } from "../src/cache/clients/ClientContext.ts"
import { LimitNotices } from "../src/cache/LimitNotices.ts"
import { defaultCacheSettings } from "../test/support/defaultCacheSettings.ts"

const clientCount = Number(process.argv[2] ?? 64)
const operationsPerCycle = 3
const rounds = 3000
const turns = Number(process.argv[3] ?? Math.ceil(4_000_000 / clientCount))

const list = (...fields: ReadonlyArray<string>): Buffer => Buffer.from(`${fields.join("\0")}\0\0`, "latin1")
const byteOfDescriptor = Buffer.from([0])

/** What one client sends in a cycle, read by read; its first read holds the receipt of the cycle before, which the session skips at first. */
const readsOf = (client: number): ReadonlyArray<Buffer> => {
  const endpoint = `smtp\n[192.0.2.${client}]:25\nclient-${client}-mail.example.com`
  const destination = `smtp\nexample-${client}.com\n*`
  const dummy = list("dummy", "")
  const save = list("request", "save_endp", "ttl", "60", "label", endpoint, "property", "p".repeat(100))
  const bind = list("request", "save_dest", "ttl", "60", "label", destination, "property", "", "label", endpoint)
  return [
    Buffer.concat([dummy, save]),
    byteOfDescriptor,
    bind,
    list("request", "find_dest", "label", destination),
    dummy
  ]
}

const kernel = Effect.runSync(SystemCalls.pipe(Effect.provide(KernelSystemCalls.layer)))

/** Numbers that no descriptor of this process has: closing them costs a system call, and does nothing. */
let unusedNumber = 10_000_000
const unusedDescriptor = () => kernel.adopt(unusedNumber++)

const reads = Array.from({ length: clientCount }, (_, client) => readsOf(client))
const readsPerCycle = 5
let turn = 0
let reader = 0
/** The tokens of what is in the loop's set. Those of the clients come last. */
const tokens: Array<number> = []

const calls: SystemCallsShape = {
  ...kernel,
  epollAdd: (epoll, _, __, token) => {
    if (epoll === loop.epoll) tokens.push(token)
    return 0
  },
  epollModify: () => 0,
  epollRemove: () => 0,
  epollWait: () => {
    reader = 0
    turn++
    return clientCount
  },
  makeReadinessBatch: (capacity) => ({
    capacity,
    token: (index) => tokens.at(index - clientCount) ?? 0,
    readiness: () => 1
  }),
  receive: (_, into) => {
    const bytes = reads[reader++]?.[(turn - 1) % readsPerCycle] ?? byteOfDescriptor
    into.bytes.set(bytes)
    into.truncated = false
    into.putDescriptor(bytes === byteOfDescriptor ? unusedDescriptor() : undefined)
    return bytes.length
  },
  send: (_, bytes) => bytes.length,
  sendDescriptor: () => 1,
  socketKind: () => SocketKind.unixStream,
  look: () => Readiness.writable,
  letGo: (descriptor) => descriptor.close(),
  letGoAll: (descriptors) => {
    for (const descriptor of descriptors) descriptor.close()
  },
  discardUnread: () => 0
}

const loop = new EventLoop(calls, unusedDescriptor(), noHost)
const settings = { current: { ...defaultCacheSettings, ttlSecondsMax: 60 } }
const give = (message: string): never => {
  throw new Error(`the exchange went wrong: ${message}`)
}
const journal: ClientContext["journal"] = { isVerbose: false, info: give, warning: give, verbose: give }
const notices = new LimitNotices(loop, journal, settings)
const cache = new ConnectionCache(
  loop,
  settings,
  { notices, onFreed: () => {}, onLost: give, departureRoom: () => 0 },
  Scope.makeUnsafe()
)
const context: ClientContext = {
  loop,
  cache,
  settings,
  journal,
  notices,
  inspector: { begin: () => give("nobody looks into the cache") },
  onClosed: () => give("a client was closed")
}
for (let client = 0; client < clientCount; client++) {
  const refused = new Client(context, { pid: 1, uid: 0, gid: 0 }).open(unusedDescriptor())
  if (refused !== undefined) throw refused
}

const nanosPerOperation = (count: number): number => {
  const begun = Bun.nanoseconds()
  for (let left = count; left > 0; left--) loop.turn()
  return (Bun.nanoseconds() - begun) / ((count * clientCount * operationsPerCycle) / readsPerCycle)
}

nanosPerOperation(turns / 3)
const measured = Array.from({ length: rounds }, () => nanosPerOperation(turns / rounds)).sort((a, b) => a - b)
/** The round that a share of all rounds is faster than. */
const quantile = (share: number): string => (measured[Math.floor(share * rounds)] ?? 0).toFixed(0)
if (cache.statistics.totals.handedOver < (turns / readsPerCycle) * (clientCount / 2))
  give("too few connections were handed over")
console.log(
  `${clientCount} clients: ${quantile(0.05)} ns an operation (fastest twentieth of ${rounds} rounds; median ${quantile(0.5)})`
)
