import { type Descriptor, isConnection, type PeerCredentials } from "@scached/fdpass"
import type { OctetString } from "@scached/protocol"
import { type EventLoop, type IdleInterest, type IdleState, IdleWatcher, idleStateOf } from "@scached/reactor"
import {
  type CachedConnection,
  ConnectionStore,
  type Evicted,
  type Lease,
  type StoreLimits,
  type StoreWalk
} from "@scached/store"
import type { Effect, Scope } from "effect"
import type { SettingsInForce, WatchMode } from "../settings/CacheSettings.ts"
import { CachedDescriptor, type CachedDescriptorOwner } from "./CachedDescriptor.ts"
import type { CacheObserver } from "./CacheObserver.ts"
import { CacheStatistics } from "./CacheStatistics.ts"
import { ExpirySlots, type Leaving } from "./expiry/ExpirySlots.ts"
import { FarewellKeeper } from "./farewell/FarewellKeeper.ts"
import { EventFeed } from "./inspection/EventFeed.ts"
import { limitsOf } from "./limitsOf.ts"
import { watchTimes } from "./watchTimes.ts"

type Octets = OctetString.OctetString

/** Connections with dead peers that one find may meet before it gives up: the watch has the others out within a few turns. */
export const deadPerFindMax = 64

/** Why a descriptor is not kept, in words. */
export const unwatchable =
  "is no stream socket of the UNIX or internet families, or has SO_RCVLOWAT above 1: whether its far end lives cannot be watched"

/** Turns that it takes to make a cache smaller are short ones. */
const shrinkEntriesMax = 256

const interestOf: Readonly<Record<WatchMode, IdleInterest>> = {
  data: "hang-up or bytes",
  hangup: "hang-up",
  off: "nothing"
}

/** What those who watch hear of a connection that is no longer of use. */
const eventOfLost: Readonly<Partial<Record<IdleState, "hung up" | "spoke">>> = { closed: "hung up", bytes: "spoke" }

/** A connection that was found: its own properties and, when it was found by destination, those of the binding. */
export interface Found {
  readonly lease: Lease<CachedDescriptor, Octets>
  readonly destinationProperties: Octets | undefined
}

/**
 * The store with its descriptors: the store says which connection a client gets, the Scopes of the expiry slots close what no client has asked
 * for.
 */
export class ConnectionCache {
  readonly statistics: CacheStatistics
  /** Those that have left and are not closed yet, since farewell is said on them. */
  readonly departures: FarewellKeeper
  readonly events: EventFeed
  readonly #store: ConnectionStore<CachedDescriptor, Octets>
  readonly #loop: EventLoop
  readonly #settings: SettingsInForce
  readonly #observer: CacheObserver
  readonly #watcher: IdleWatcher
  readonly #owner: CachedDescriptorOwner
  readonly #slots: ExpirySlots
  #cancelExpiry: (() => void) | undefined
  #expiryMillis = Number.POSITIVE_INFINITY
  /** How many connections the descriptors have room for beside the clients of the moment. */
  #roomMax = Number.MAX_SAFE_INTEGER
  /** The limit on ttls of which it was said that a client asks for more. */
  #shorteningNoticed: number | undefined
  #isShrinking = false
  #isClosed = false

  /** What is cached is closed with `scope` at the latest. */
  constructor(loop: EventLoop, settings: SettingsInForce, observer: CacheObserver, scope: Scope.Scope) {
    this.#loop = loop
    this.#settings = settings
    this.#observer = observer
    this.events = new EventFeed(loop, settings)
    this.#store = new ConnectionStore(limitsOf(settings.current))
    this.#watcher = new IdleWatcher(loop, { interest: interestOf[settings.current.watch], ...watchTimes })
    this.#owner = this.ownerFor(undefined)
    this.#slots = new ExpirySlots(scope, (members, leaving) => this.#left(members, leaving))
    this.statistics = new CacheStatistics(loop.calls.wallMillis())
    this.departures = new FarewellKeeper({
      loop,
      settings,
      counts: this.statistics.farewells,
      room: observer.departureRoom,
      onFreed: observer.onFreed
    })
  }

  get sizes(): ConnectionStore<CachedDescriptor, Octets>["sizes"] {
    return this.#store.sizes
  }

  /** How many connections may be cached at this moment, with the descriptors that clients leave. */
  get connectionsMax(): number {
    return Number(this.#limits.connectionsMax)
  }

  /** What the connections share that one client saves. */
  ownerFor(savedBy: PeerCredentials | undefined): CachedDescriptorOwner {
    const silent: CachedDescriptorOwner = {
      savedBy,
      parting: "silent",
      silent: undefined,
      calls: this.#loop.calls,
      onStirred: (connection, state) => {
        if (this.#store.remove(connection)) this.#lose(connection, state)
      }
    }
    return { ...silent, parting: "by rule", silent }
  }

  /** Begins a walk over all that is cached. */
  walk(): StoreWalk<CachedDescriptor, Octets> {
    return this.#store.walk()
  }

  /** Connections whose peers are watched, by looks or by the kernel. */
  get watched(): number {
    return this.#watcher.lookedAt + this.#watcher.watched
  }

  /** Goes by the present settings: what is too many leaves bit by bit. */
  settingsChanged(): void {
    this.#store.changeLimits(this.#limits)
    this.#watcher.setInterest(interestOf[this.#settings.current.watch])
    this.#shrink()
  }

  /**
   * Whether a descriptor can be watched as the settings ask for, and so be kept. Asked here, since it costs nothing: the look at the find needs the
   * same answer, and the descriptor remembers it.
   */
  canWatch(descriptor: Descriptor): boolean {
    return this.#settings.current.watch === "off" || isConnection(this.#loop.calls.socketKind(descriptor))
  }

  /**
   * Keeps a connection, whose descriptor is the cache's from then on; false when there is no room for it, and it was closed. `owner` is what
   * `ownerFor` gave for the client that saves it.
   */
  saveEndpoint(
    label: Octets,
    properties: Octets,
    descriptor: Descriptor,
    ttlSeconds: number,
    owner: CachedDescriptorOwner = this.#owner
  ): boolean {
    const cached = new CachedDescriptor(descriptor, owner)
    const saved = this.#store.saveEndpoint(label, properties, cached, this.#ttlMillis(ttlSeconds), this.#loop.nowMillis)
    if (saved.evicted.length > 0) this.#makeRoom(saved.evicted)
    if (saved._tag === "Refused") {
      this.#observer.notices.reached(saved.limit)
      this.statistics.count("refusedSaves")
      cached.close()
      return false
    }
    this.#slots.put(cached, saved.connection.deadlineMillis, this.#loop.nowMillis)
    this.#rest(saved.connection)
    this.statistics.savedEndpoint(this.#store.sizes)
    this.#scheduleExpiry()
    return true
  }

  findEndpoint(label: Octets): Found | undefined {
    for (let left = deadPerFindMax; left > 0; left--) {
      const lease = this.#store.findEndpoint(label, this.#loop.nowMillis)
      if (lease === undefined) break
      if (!this.#isAlive(lease)) continue
      this.statistics.lookedUpEndpoint(true)
      return { lease, destinationProperties: undefined }
    }
    this.statistics.lookedUpEndpoint(false)
    return undefined
  }

  /** False when there is no room for it. */
  saveDestination(label: Octets, properties: Octets, endpointLabel: Octets, ttlSeconds: number): boolean {
    const ttlMillis = this.#ttlMillis(ttlSeconds)
    const bound = this.#store.saveDestination(label, properties, endpointLabel, ttlMillis, this.#loop.nowMillis)
    if (bound.evicted.length > 0) this.#makeRoom(bound.evicted)
    if (bound._tag === "Refused") {
      this.#observer.notices.reached(bound.limit)
      this.statistics.count("refusedSaves")
      return false
    }
    this.statistics.savedDestination(this.#store.sizes)
    this.#scheduleExpiry()
    return true
  }

  findDestination(label: Octets): Found | undefined {
    for (let left = deadPerFindMax; left > 0; left--) {
      const found = this.#store.findDestination(label, this.#loop.nowMillis)
      if (found === undefined) break
      if (!this.#isAlive(found.lease)) continue
      this.statistics.lookedUpDestination(true)
      return found
    }
    this.statistics.lookedUpDestination(false)
    return undefined
  }

  /** The hand-over is complete: the client has its copy, ours is closed. */
  settle(found: Found): void {
    found.lease.commit()
    this.statistics.count("handedOver")
    found.lease.value.closeLater(this.#loop, this.#observer.onFreed)
  }

  /** The hand-over failed: the connection returns to its place, or is closed when its time is over. */
  putBack({ lease }: Found): void {
    if (!lease.putBack(this.#loop.nowMillis)) {
      this.#slots.leave([lease.value], "late")
      return this.#observer.onFreed()
    }
    this.statistics.count("putBack")
    this.#slots.put(lease.value, lease.connection.deadlineMillis, this.#loop.nowMillis)
    this.#rest(lease.connection)
    this.#scheduleExpiry()
    // Limits may have been lowered meanwhile, and what is leased could not be evicted.
    this.#shrink()
  }

  /**
   * Leaves so many descriptors to connections from now on: what is cached beyond them is evicted within this call, since a client waits for the
   * room.
   */
  leaveRoom(connectionsMax: number): void {
    const before = this.#limits.connectionsMax
    this.#roomMax = connectionsMax
    const { connectionsMax: after } = this.#limits
    if (after === before) return
    this.#store.changeLimits(this.#limits)
    while (this.#store.isExceeded) {
      const evicted = this.#store.shrink(this.#loop.nowMillis, shrinkEntriesMax)
      // What is being handed over cannot be evicted: it goes by itself, or when it is put back.
      if (evicted.length === 0) break
      this.#closeEvicted(evicted)
    }
  }

  /**
   * Empties the cache, and waits for the last words of far ends, less than a second. A descriptor that the store does not know of is closed with
   * the Scope.
   */
  close(): Effect.Effect<void> {
    this.#isClosed = true
    this.#cancelExpiry?.()
    this.#cancelExpiry = undefined
    const connections = this.#store.drain().values()
    return this.departures.finish(() => {
      const { done, value } = connections.next()
      if (value !== undefined) this.#slots.leave([value.value], "emptied")
      if (done === true) this.#watcher.close()
      return done !== true
    })
  }

  /** Begins to watch a connection's peer. */
  #rest(connection: CachedConnection<CachedDescriptor, Octets>): void {
    const cached = connection.value
    cached.connection = connection
    this.#watcher.rest(cached)
  }

  /** The last look before a connection is offered; one that is dead is closed. */
  #isAlive(lease: Lease<CachedDescriptor, Octets>): boolean {
    const { connection, value } = lease
    value.stopWatching()
    this.#slots.take(value)
    const { watch } = this.#settings.current
    if (watch === "off") return true
    // With it each cycle of save and find takes 0.8 µs more, for what a peer hardly does to a connection that was in use a moment ago.
    const hasRested = this.#loop.nowMillis - value.sinceMillis >= watchTimes.afterMillis
    const state = idleStateOf(this.#loop.calls, value.descriptor, hasRested)
    if (state === "idle" || state === "unknown" || (state === "bytes" && watch === "hangup")) return true
    lease.commit()
    this.#lose(connection, state)
    return false
  }

  #lose(connection: CachedConnection<CachedDescriptor, Octets>, state: IdleState): void {
    this.statistics.lost(state)
    if (this.events.isWatched) this.events.stirred(eventOfLost[state] ?? "failed", connection)
    this.#observer.onLost(connection.endpointLabel, state)
    this.#slots.take(connection.value)
    connection.value.deferClose(this.#loop, this.#observer.onFreed)
  }

  #makeRoom(evicted: ReadonlyArray<Evicted<CachedDescriptor, Octets>>): void {
    for (const { cause } of evicted) if (cause !== "expired") this.#observer.notices.reached(cause)
    this.#closeEvicted(evicted)
  }

  #closeEvicted(evicted: ReadonlyArray<Evicted<CachedDescriptor, Octets>>): void {
    const leaving: Array<CachedDescriptor> = []
    for (const each of evicted) {
      if (this.events.isWatched) this.events.evicted(each)
      if (each._tag === "EvictedBinding") this.statistics.count("evictedBindings")
      else {
        if (each.cause === "expired") this.statistics.count("expired")
        else this.statistics.count("evictedConnections")
        leaving.push(each.connection.value)
      }
    }
    if (leaving.length > 0) this.#slots.leave(leaving, "evicted")
    else this.#observer.onFreed()
  }

  /** The finalizer of a slot's Scope. */
  #left(members: ReadonlyArray<CachedDescriptor>, leaving: Leaving): void {
    for (const cached of members) this.#leave(cached, leaving)
    if (leaving === "expired") this.statistics.count("expired", members.length)
    if (leaving === "evicted") this.#observer.onFreed()
  }

  /** Ends a connection that was of use until now: with a farewell, where there is one for it. */
  #leave(cached: CachedDescriptor, leaving: Leaving): void {
    const { connection } = cached
    const isExpired = leaving === "expired"
    cached.stopWatching()
    if (connection !== undefined) {
      this.#store.remove(connection)
      if (isExpired && this.events.isWatched) this.events.expired(connection)
      if (leaving !== "forgotten" && this.departures.take(cached, connection.endpointLabel)) return
    }
    // What was evicted makes room for what is there already, so that its close cannot wait.
    if (isExpired) cached.deferClose(this.#loop, this.#observer.onFreed)
    else cached.close()
  }

  get #limits(): StoreLimits {
    const limits = limitsOf(this.#settings.current)
    const isEnough = typeof limits.connectionsMax === "number" && limits.connectionsMax <= this.#roomMax
    return isEnough ? limits : { ...limits, connectionsMax: Math.max(1, this.#roomMax) }
  }

  #shrink(): void {
    if (this.#isShrinking || this.#isClosed || !this.#store.isExceeded) return
    this.#isShrinking = true
    this.#loop.postpone(() => {
      this.#isShrinking = false
      if (this.#isClosed) return
      this.#closeEvicted(this.#store.shrink(this.#loop.nowMillis, shrinkEntriesMax))
      this.#shrink()
    })
  }

  #ttlMillis(ttlSeconds: number): number {
    const { ttlSecondsMax } = this.#settings.current
    if (ttlSeconds <= ttlSecondsMax) return ttlSeconds * 1000
    this.statistics.count("shortenedTtls")
    if (this.#shorteningNoticed !== ttlSecondsMax) {
      this.#shorteningNoticed = ttlSecondsMax
      this.#observer.onShortened?.(ttlSeconds, ttlSecondsMax)
    }
    return ttlSecondsMax * 1000
  }

  #scheduleExpiry(): void {
    const never = Number.POSITIVE_INFINITY
    const next = Math.min(this.#store.nextDeadlineMillis ?? never, this.#slots.nextMillis ?? never)
    // A timer that is armed too early is left alone: it finds nothing to do, once, and is armed again.
    if (next >= this.#expiryMillis) return
    this.#cancelExpiry?.()
    this.#expiryMillis = next
    this.#cancelExpiry = this.#loop.at(next, () => this.#expire())
  }

  #expire(): void {
    this.#cancelExpiry = undefined
    this.#expiryMillis = Number.POSITIVE_INFINITY
    // A bounded share a turn: 100,000 connections that expire together must not stop the clients.
    const expired = this.#store.expire(this.#loop.nowMillis)
    if (expired.length > 0)
      this.#slots.leave(
        expired.map(({ value }) => value),
        "expired"
      )
    this.#slots.closeDue(this.#loop.nowMillis)
    this.#scheduleExpiry()
  }
}
