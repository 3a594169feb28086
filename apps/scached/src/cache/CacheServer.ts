/**
 * The cache as a scoped service: clients on one side, cached connections on the other, and one Scope over both.
 */
import type { Descriptor, SystemCallError } from "@scached/fdpass"
import { Acceptor, Reactor } from "@scached/reactor"
import { Deferred, Effect, Scope } from "effect"
import type { CacheSettings } from "./CacheSettings.ts"
import { Client, type ClientContext } from "./Client.ts"
import { ConnectionCache } from "./ConnectionCache.ts"
import { Journal } from "./Journal.ts"

/** Peers whose credentials the kernel would not tell. */
const unknownPeer = { pid: 0, uid: -1, gid: -1 } as const

/** A running cache. */
export interface CacheServer {
  /** Succeeds when no client was connected for `idleSecondsMax`; never when that is 0. */
  readonly idle: Effect.Effect<void>
  /** Clients connected now. */
  readonly clients: () => number
  /** What is cached now. */
  readonly sizes: ConnectionCache["sizes"]
}

/**
 * Serves the cache on a listening socket until the current scope closes: it then stops accepting, lets its clients go, and
 * closes all that is cached. The listening socket stays its owner's.
 */
export const make = Effect.fnUntraced(function* (
  listener: Descriptor,
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
      watchIdle()
    }
  }
  yield* Effect.addFinalizer(() =>
    Effect.sync(() => {
      for (const client of clients) client.close("disconnect: the server ends")
      cancelIdle?.()
    })
  )

  const acceptor = Acceptor.open(loop, listener, {
    onSocket: (socket) => {
      const peer = loop.calls.peerCredentials(socket)
      const client = new Client(context, typeof peer === "number" ? unknownPeer : peer)
      cancelIdle?.()
      clients.add(client)
      const refused = client.open(socket)
      if (refused !== undefined) {
        journal.warning(`a client was turned away: ${refused.message}`)
        client.close("turned away")
      }
    },
    onTrouble: (error, retryMillis) => {
      journal.warning(`no new clients for ${retryMillis} ms: ${error.message}`)
    }
  })
  if (!(acceptor instanceof Acceptor)) return yield* acceptor
  yield* Effect.addFinalizer(() => Effect.sync(() => acceptor.close()))
  watchIdle()

  return { idle: Deferred.await(idle), clients: () => clients.size, sizes: cache.sizes }
})
