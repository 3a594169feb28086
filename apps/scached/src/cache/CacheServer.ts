/**
 * The cache as a scoped service: clients on one side, cached connections on the other, and one Scope over both.
 */
import type { Descriptor, PeerCredentials, SystemCallError } from "@scached/fdpass"
import { type IdleState, Reactor } from "@scached/reactor"
import { Deferred, Effect, Scope } from "effect"
import { Journal } from "../log/Journal.ts"
import { printableLabel } from "../log/printable.ts"
import { WarningLimit } from "../log/WarningLimit.ts"
import { type CacheSettings, ownDescriptors, perClient, type SettingsInForce } from "../settings/CacheSettings.ts"
import type { CacheStatistics } from "./CacheStatistics.ts"
import { ConnectionCache } from "./ConnectionCache.ts"
import { Admission } from "./clients/Admission.ts"
import { Client } from "./clients/Client.ts"
import type { ClientContext } from "./clients/ClientContext.ts"
import { IdleExit } from "./clients/IdleExit.ts"
import { Inspector, type ProgramFacts } from "./inspection/Inspector.ts"
import { LimitNotices } from "./LimitNotices.ts"
import { Occupancy } from "./Occupancy.ts"

/** Clients for which descriptors are set apart at a time. */
const sharedStep = 8

/** A running cache. */
export interface CacheServer {
  /**
   * Succeeds when no client has been connected for `idleSecondsMax`, and none waits to be accepted; never when that is 0. From then on
   * no client is accepted: new clients wait for the next server of the listening sockets.
   */
  readonly idle: Effect.Effect<void>
  /**
   * Run this after `idle` if no other server will use the listening sockets, once no client can find them any more: serves the clients that have
   * connected until then, to their end.
   */
  readonly serveLast: Effect.Effect<void>
  /** Succeeds when the first client has connected. */
  readonly used: Effect.Effect<void>
  /** Succeeds when a client has left and none is connected any more. */
  readonly vacated: Effect.Effect<void>
  /** Takes a client's connected socket, of which there is no other copy, as if it had been accepted. */
  readonly admit: (socket: Descriptor) => void
  /**
   * Accepts the programs that pass clients at a listening socket, as long as there are slots; the listening socket stays its owner's. Each
   * accepted program takes a slot until `arrived`.
   */
  readonly acceptAt: (listener: Descriptor, onSocket: (socket: Descriptor) => void) => SystemCallError | undefined
  /** To be called once for each that was accepted by `acceptAt`, when it is closed, and before its client is admitted. */
  readonly arrived: () => void
  /** Whether the peer of a socket may connect; where it may not, the socket is closed. */
  readonly admits: (socket: Descriptor) => boolean
  /** Replaces the settings: all that runs goes by the new ones. */
  readonly change: (settings: CacheSettings) => void
  /** What the cache has done so far. */
  readonly statistics: CacheStatistics
  /** How often each limit was reached so far. */
  readonly limitsReached: LimitNotices["counts"]
  /** Clients connected now. */
  readonly clients: () => number
  /** Cached connections that the kernel watches, and descriptors that are held back. */
  readonly watched: () => number
  readonly reserved: () => number
  /** What is cached now. */
  readonly sizes: ConnectionCache["sizes"]
  /** The settings in force. */
  readonly settings: SettingsInForce
  /** All that there is to know of it at this moment. */
  readonly status: Inspector["status"]
}

const noFacts: ProgramFacts = { version: "", mode: "serve", processId: 0, settings: () => ({}) }

/**
 * Serves the cache on listening sockets until the current scope closes: it then stops accepting, lets its clients go, and closes
 * all that is cached. The listening sockets stay their owner's.
 */
export const make = Effect.fnUntraced(function* (
  listeners: ReadonlyArray<Descriptor>,
  initial: CacheSettings,
  facts: ProgramFacts = noFacts
): Effect.fn.Return<CacheServer, SystemCallError, Reactor | Journal | Scope.Scope> {
  const loop = yield* Reactor
  const settings = { current: initial }
  const occupancy = new Occupancy()
  const warnings = new WarningLimit(loop, yield* Journal, settings)
  yield* Effect.addFinalizer(() => Effect.sync(() => warnings.close()))
  const { journal } = warnings
  const notices = new LimitNotices(loop, journal, settings)
  // It closes after all finalizers that are added below: clients put back what they hold before.
  const connections = yield* Scope.fork(yield* Effect.scope)
  const observer = {
    notices,
    onFreed: occupancy.descriptorFreed,
    onShortened: (ttlSeconds: number, ttlSecondsMax: number) =>
      journal.warning(
        `a client asked for a ttl of ${ttlSeconds} s and got ${ttlSecondsMax} s (connection_cache_ttl_limit): raise it if connections are to stay longer`
      ),
    departureRoom: (): number => descriptorRoom() + cache.departures.size - perClient - occupancy.taken,
    onLost: (label: string, state: IdleState) => {
      if (journal.isVerbose) journal.verbose(`label="${printableLabel(label)}": its peer is gone or spoke: ${state}`)
    }
  }
  const cache = new ConnectionCache(loop, settings, observer, connections)
  const { statistics } = cache
  const descriptorRoom = (): number => {
    const { connections, leases } = cache.sizes
    const kept = ownDescriptors + connections + leases + occupancy.taken + loop.closesUnderWay + cache.departures.size
    return settings.current.descriptorsMax - kept
  }
  const isBatching = loop.batchCalls(initial.batching, descriptorRoom)
  if (initial.batching === "always" && !isBatching) {
    journal.warning(
      "there is no io_uring here, or it may not be used: system calls are made one by one (scached_io_uring)"
    )
  }
  // Finalizers run in the reverse order of adding: acceptors, clients, which put back what they hold, and at last the connections.
  yield* Effect.addFinalizer(() =>
    Effect.gen(function* () {
      const before = statistics.farewells.copy()
      yield* cache.close()
      // The report has come before: its last interval ends with the clients.
      for (const line of statistics.farewells.linesSince(before)) journal.info(line)
    })
  )

  let claimed = 0
  // Clients have the first claim on descriptors: what they leave is for connections, in steps, so that few clients change nothing.
  const share = (): void => {
    const claims = perClient * Math.ceil((occupancy.taken + 1) / sharedStep) * sharedStep
    if (claims === claimed) return
    claimed = claims
    cache.leaveRoom(settings.current.descriptorsMax - ownDescriptors - claimed)
    cache.departures.giveWay()
  }
  // Before the others: they may accept a client that needs the room.
  occupancy.observe({ consider: share })

  const used = Deferred.makeUnsafe<void>()
  const vacated = Deferred.makeUnsafe<void>()
  const clients = new Set<Client>()
  loop.onClosesWaiting = (count) =>
    journal.warning(
      `${count} descriptors received from clients are still waiting to be closed, because they arrive too fast or their file systems do not respond; until then each counts against RLIMIT_NOFILE`
    )
  const inspector = new Inspector({
    loop,
    cache,
    settings,
    notices,
    facts,
    isBatching,
    gauges: () => ({
      clients: clients.size,
      clients_on_their_way: occupancy.onTheirWay,
      clients_leaving: occupancy.leaving,
      reserved_descriptors: door.reserve.size,
      closes_under_way: loop.calls.closesUnderWay()
    }),
    suppressedWarnings: () => warnings.suppressed
  })
  const context: ClientContext = {
    inspector,
    loop,
    cache,
    settings,
    journal,
    notices,
    onClosed: (client) => {
      clients.delete(client)
      occupancy.clients = clients.size
      if (clients.size === 0) Deferred.doneUnsafe(vacated, Effect.void)
      occupancy.vacated()
    }
  }
  const enter = (socket: Descriptor, peer: PeerCredentials): void => {
    const client = new Client(context, peer)
    clients.add(client)
    occupancy.clients = clients.size
    statistics.count("clients")
    occupancy.changed()
    Deferred.doneUnsafe(used, Effect.void)
    const refused = client.open(socket)
    if (refused === undefined) return
    journal.warning(`a client was turned away: ${refused.message}`)
    client.close("turned away")
  }
  const door = new Admission({ loop, settings, journal, notices, statistics, events: cache.events, occupancy, enter })
  const idleExit = new IdleExit(loop, settings, door, occupancy)
  const expecting = (difference: 1 | -1): void => {
    occupancy.onTheirWay += difference
    occupancy.changed()
  }
  yield* Effect.addFinalizer(() =>
    Effect.sync(() => {
      idleExit.close()
      for (const client of clients) client.close("disconnect: the server ends")
    })
  )
  yield* Effect.addFinalizer(() => Effect.sync(() => door.close()))
  for (const listener of listeners) {
    const refused = door.add(listener)
    if (refused !== undefined) return yield* refused
  }
  idleExit.consider()

  return {
    idle: idleExit.over,
    serveLast: idleExit.serveLast,
    used: Deferred.await(used),
    vacated: Deferred.await(vacated),
    admit: (socket) => {
      // As the accepted ones have it.
      loop.calls.keepUrgent(socket)
      loop.calls.plainMessages(socket)
      door.admit(socket)
    },
    acceptAt: (listener, onSocket) =>
      door.add(listener, (socket) => {
        expecting(1)
        onSocket(socket)
      }),
    arrived: () => expecting(-1),
    admits: (socket) => door.checked(socket) !== undefined,
    change: (changed) => {
      settings.current = changed
      cache.settingsChanged()
      for (const client of clients) client.settingsChanged()
      occupancy.changed()
    },
    settings,
    statistics,
    limitsReached: notices.counts,
    clients: () => clients.size,
    watched: () => cache.watched,
    reserved: () => door.reserve.size,
    sizes: cache.sizes,
    status: () => inspector.status()
  }
})
