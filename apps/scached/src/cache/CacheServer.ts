/**
 * The cache as a scoped service: clients on one side, cached connections on the other, and one Scope over both.
 */
import type { Descriptor, SystemCallError } from "@scached/fdpass"
import { Acceptor, Reactor } from "@scached/reactor"
import { Deferred, Effect, Scope } from "effect"
import type { CacheSettings } from "./CacheSettings.ts"
import type { CacheStatistics } from "./CacheStatistics.ts"
import { Client, type ClientContext } from "./Client.ts"
import { ConnectionCache } from "./ConnectionCache.ts"
import { Journal } from "./Journal.ts"

/** Peers whose credentials the kernel would not tell. */
const unknownPeer = { pid: 0, uid: -1, gid: -1 } as const

/** A running cache. */
export interface CacheServer {
  /** Succeeds when no client was connected for `idleSecondsMax`; never when that is 0. */
  readonly idle: Effect.Effect<void>
  /** Succeeds when the first client has connected. */
  readonly used: Effect.Effect<void>
  /** Succeeds when a client has left and none is connected any more. */
  readonly vacated: Effect.Effect<void>
  /** Takes a client's connected socket, as if it had been accepted. */
  readonly admit: (socket: Descriptor) => void
  /** What the cache has done so far. */
  readonly statistics: CacheStatistics
  /** Clients connected now. */
  readonly clients: () => number
  /** What is cached now. */
  readonly sizes: ConnectionCache["sizes"]
}

/**
 * Serves the cache on listening sockets until the current scope closes: it then stops accepting, lets its clients go, and closes
 * all that is cached. The listening sockets stay their owner's.
 */
export const make = Effect.fnUntraced(function* (
  listeners: ReadonlyArray<Descriptor>,
  settings: CacheSettings
): Effect.fn.Return<CacheServer, SystemCallError, Reactor | Journal | Scope.Scope> {
  const loop = yield* Reactor
  const journal = yield* Journal
  const parent = yield* Effect.scope
  // Finalizers run in the reverse order of adding: acceptor, clients, and at last the connections, which are children of this.
  const scope = yield* Scope.fork(parent)
  const cache = new ConnectionCache(loop, scope, settings.ttlSecondsMax)
  yield* Effect.addFinalizer(() => Effect.sync(() => cache.close()))

  const idle = Deferred.makeUnsafe<void>()
  const used = Deferred.makeUnsafe<void>()
  const vacated = Deferred.makeUnsafe<void>()
  let cancelIdle: (() => void) | undefined
  const watchIdle = (): void => {
    if (settings.idleSecondsMax === 0 || clients.size > 0) return
    cancelIdle = loop.at(loop.nowMillis + settings.idleSecondsMax * 1000, () => {
      Deferred.doneUnsafe(idle, Effect.void)
    })
  }

  const clients = new Set<Client>()
  const context: ClientContext = {
    loop,
    cache,
    settings,
    journal,
    onClosed: (client) => {
      clients.delete(client)
      if (clients.size === 0) Deferred.doneUnsafe(vacated, Effect.void)
      watchIdle()
    }
  }
  yield* Effect.addFinalizer(() =>
    Effect.sync(() => {
      for (const client of clients) client.close("disconnect: the server ends")
      cancelIdle?.()
    })
  )

  const admit = (socket: Descriptor): void => {
    const peer = loop.calls.peerCredentials(socket)
    const client = new Client(context, typeof peer === "number" ? unknownPeer : peer)
    cancelIdle?.()
    clients.add(client)
    Deferred.doneUnsafe(used, Effect.void)
    const refused = client.open(socket)
    if (refused === undefined) return
    journal.warning(`a client was turned away: ${refused.message}`)
    client.close("turned away")
  }
  for (const listener of listeners) {
    const acceptor = Acceptor.open(loop, listener, {
      onSocket: admit,
      onTrouble: (error, retryMillis) => {
        journal.warning(`no new clients for ${retryMillis} ms: ${error.message}`)
      }
    })
    if (!(acceptor instanceof Acceptor)) return yield* acceptor
    yield* Effect.addFinalizer(() => Effect.sync(() => acceptor.close()))
  }
  watchIdle()

  return {
    idle: Deferred.await(idle),
    used: Deferred.await(used),
    vacated: Deferred.await(vacated),
    admit,
    statistics: cache.statistics,
    clients: () => clients.size,
    sizes: cache.sizes
  }
})
