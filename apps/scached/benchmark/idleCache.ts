/** A cache whose sockets are never ready and whose descriptors are no open ones: what the benchmarks measure is the daemon's own part. */
import { KernelSystemCalls, SocketKind, SystemCalls, type SystemCallsShape } from "@scached/fdpass"
import { EventLoop, noHost } from "@scached/reactor"
import { Effect, Scope } from "effect"
import { ConnectionCache } from "../src/cache/ConnectionCache.ts"
import { LimitNotices } from "../src/cache/LimitNotices.ts"
import { defaultCacheSettings } from "../test/support/defaultCacheSettings.ts"

const give = (message: string): never => {
  throw new Error(message)
}

export const makeIdleCache = (connectionsMax: number) => {
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
  const settings = { current: { ...defaultCacheSettings, ttlSecondsMax: 3600, connectionsMax } }
  const notices = new LimitNotices(loop, { isVerbose: false, info: give, warning: give, verbose: give }, settings)
  const observer = { notices, onFreed: () => {}, onLost: give, departureRoom: () => 0 }
  return { kernel, loop, settings, cache: new ConnectionCache(loop, settings, observer, Scope.makeUnsafe()) }
}
