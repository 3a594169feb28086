/** How many dead connections one find may meet, on the kernel: the simulation's model knows no such limit. */
import { expect, test } from "bun:test"
import { type Descriptor, KernelSystemCalls, SystemCalls } from "@scached/fdpass"
import { EventLoop, noHost } from "@scached/reactor"
import { Effect, Scope } from "effect"
import { ConnectionCache, deadPerFindMax } from "../../src/cache/ConnectionCache.ts"
import { LimitNotices } from "../../src/cache/LimitNotices.ts"
import { octets } from "../support/CacheClient.ts"
import { defaultCacheSettings } from "../support/defaultCacheSettings.ts"

const calls = Effect.runSync(Effect.provide(SystemCalls, KernelSystemCalls.layer))

const must = <A>(outcome: A | number): Exclude<A, number> => {
  if (typeof outcome === "number") throw new Error(`a call failed with errno ${-outcome}`)
  // The condition has just excluded the number; the compiler does not narrow a type parameter.
  return outcome as Exclude<A, number>
}

test("a find that meets many dead ones gives up, and the next one goes on where it stopped", () => {
  const loop = new EventLoop(calls, must(calls.epollCreate()), noHost)
  const journal = { isVerbose: false, warning: () => {}, info: () => {}, verbose: () => {} }
  const notices = new LimitNotices(loop, journal, { current: defaultCacheSettings })
  const cache = new ConnectionCache(
    loop,
    { current: defaultCacheSettings },
    { notices, onFreed: () => {}, onLost: () => {}, departureRoom: () => 0 },
    Scope.makeUnsafe()
  )
  const far: Array<Descriptor> = []
  for (let count = 0; count <= deadPerFindMax + 1; count++) {
    const [near, other] = must(calls.socketPair())
    cache.saveEndpoint(octets("e"), octets(`${count}`), near, 1)
    far.push(other)
  }
  const living = far.pop()
  for (const each of far) each.close()

  const first = cache.findEndpoint(octets("e"))
  expect([first, cache.sizes.connections, cache.statistics.totals.hungUp]).toEqual([undefined, 2, deadPerFindMax])
  const second = cache.findEndpoint(octets("e"))
  expect(second?.lease.connection.properties).toBe(octets(`${deadPerFindMax + 1}`))
  expect(cache.statistics.totals.hungUp).toBe(deadPerFindMax + 1)

  if (second !== undefined) cache.settle(second)
  living?.close()
  cache.close()
  loop.close()
})
