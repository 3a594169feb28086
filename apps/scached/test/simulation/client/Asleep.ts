import type * as SimulatedSystemCalls from "@scached/fdpass/testing"
import type { CacheServer } from "../../../src/cache/CacheServer.ts"
import { watchTimes } from "../../../src/cache/watchTimes.ts"
import type { CacheSettings } from "../../../src/settings/CacheSettings.ts"
import type { Model } from "../model/Model.ts"
import type { ModelConnection } from "../model/ModelConnection.ts"
import type { Departures } from "../observer/Departures.ts"
import { describe } from "../words.ts"
import type { Conversation } from "./Conversation.ts"

/** Virtual time in which what has to happen at once must have happened. */
const promptMillis = 500

/** What is known of the daemon when it goes to sleep. */
export interface AsleepContext {
  readonly process: SimulatedSystemCalls.SimulatedProcess
  readonly limits: CacheSettings
  readonly model: Model
  readonly departures: Departures
  readonly conversations: () => ReadonlyArray<Conversation>
  /** The number of the listening socket, and whether accepting fails. */
  readonly listener: () => number | undefined
  readonly isAcceptTroubled: () => boolean
  /**
   * Where system calls take time, a client that has had its share of a turn is seen to owe something one turn later than it does: its
   * deadline is then known to a millisecond only.
   */
  readonly slackMillis: number
  /** Whether it is on its way out, and closes what it likes. */
  readonly isShutDown: () => boolean
  readonly fail: (message: string) => void
}

/** What must hold whenever the daemon is about to wait: all that it can do is done, it counts right, and it will wake up in time. */
export class Asleep {
  readonly #context: AsleepContext
  /** Since when somebody waits at the door. */
  #pendingSinceMillis: number | undefined

  constructor(context: AsleepContext) {
    this.#context = context
  }

  check(nowMillis: number, timeoutMillis: number, server: CacheServer): void {
    const { conversations, departures, model } = this.#context
    const clients = conversations()
    departures.checkAsleep(nowMillis)
    // Nothing is cached any more: all that it waits for is the last word of those who have left.
    if (departures.size > 0 && this.#context.isShutDown()) return
    const wakeMillis = timeoutMillis < 0 ? Number.POSITIVE_INFINITY : nowMillis + timeoutMillis
    const dueMillis = Math.min(
      this.#checkClients(clients, nowMillis),
      this.#checkHeld(nowMillis),
      model.bindingsDueMillis(nowMillis)
    )
    // epoll_wait knows whole milliseconds only, of which one may be there for a rounding error alone.
    if (wakeMillis > dueMillis + 1.000_001)
      this.#fail(`asleep until ${wakeMillis} ms, something is due at ${dueMillis} ms`)
    this.#checkSizes(server, nowMillis)
    if (!this.#context.isShutDown()) this.#checkStatistics(server)
    this.#checkDoor(clients.length, nowMillis)
    this.#checkOpen(clients, server)
  }

  #checkClients(clients: ReadonlyArray<Conversation>, nowMillis: number): number {
    const { slackMillis } = this.#context
    let dueMillis = Number.POSITIVE_INFINITY
    for (const each of clients) {
      each.checkAsleep(nowMillis - slackMillis)
      dueMillis = Math.min(dueMillis, each.dueMillis + slackMillis)
    }
    return dueMillis
  }

  #checkHeld(nowMillis: number): number {
    let dueMillis = Number.POSITIVE_INFINITY
    for (const each of this.#context.model.held) {
      if (each.fate === "cached") {
        dueMillis = Math.min(dueMillis, each.deadlineMillis)
        if (each.deadlineMillis <= nowMillis) this.#fail(`not closed although expired: ${describe(each)}`)
        this.#checkPeer(each, nowMillis)
      } else if (each.fate !== "leased") this.#fail(`not closed: ${describe(each)}`)
    }
    return dueMillis
  }

  /** Nothing that has expired is left at this moment, so that all must agree, and no limit be exceeded. */
  #checkSizes({ sizes }: CacheServer, nowMillis: number): void {
    const { limits, model } = this.#context
    const due = model.sizes(nowMillis)
    if (sizes.connections !== due.connections || sizes.leases !== due.leases) {
      this.#fail(
        `says it has ${sizes.connections} connections and ${sizes.leases} leases, must be ${due.connections} and ${due.leases}`
      )
    }
    for (const key of ["endpoints", "destinations", "bindings", "textBytes"] as const) {
      if (sizes[key] !== due[key]) this.#fail(`says it has ${sizes[key]} ${key}, must be ${due[key]}`)
    }
    this.#bounded("connections", sizes.connections + sizes.leases, limits.connectionsMax)
    this.#bounded("bindings", sizes.bindings, limits.bindingsMax)
    this.#bounded("bytes of text", sizes.textBytes, limits.textBytesMax)
  }

  #bounded(what: string, count: number, limit: number | "unlimited"): void {
    if (limit !== "unlimited" && count > limit) this.#fail(`has ${count} ${what} where ${limit} is the limit`)
  }

  /** The daemon's own figures are what has happened. */
  #checkStatistics({ statistics: { totals } }: CacheServer): void {
    const { counts, lookups } = this.#context.model
    const died = totals.hungUp + totals.spoke + totals.failed
    const either = Math.min(counts.expiredOrDead, Math.max(0, died - counts.dead))
    this.#counted("savedEndpoints", totals.savedEndpoints, counts.saved)
    this.#counted("savedDestinations", totals.savedDestinations, counts.bindingsSaved)
    this.#counted("handedOver", totals.handedOver, counts["handed over"])
    // One that comes back too late is neither.
    this.#counted("putBack", totals.putBack, counts.putBack - counts.late)
    this.#counted("expired", totals.expired, counts.expired - counts.late - either)
    this.#counted("hungUp, spoke or failed", died, counts.dead + either)
    this.#counted("evictedConnections", totals.evictedConnections, counts.evicted)
    this.#counted("evictedBindings", totals.evictedBindings, counts.bindingsEvicted)
    this.#counted("refusedSaves", totals.refusedSaves, counts.refused)
    this.#counted("hits by endpoint", totals.endpoints.hits, lookups.FindEndpoint.hits)
    this.#counted("misses by endpoint", totals.endpoints.misses, lookups.FindEndpoint.misses)
    this.#counted("hits by destination", totals.destinations.hits, lookups.FindDestination.hits)
    this.#counted("misses by destination", totals.destinations.misses, lookups.FindDestination.misses)
  }

  #counted(what: string, count: number, due: number): void {
    if (count !== due) this.#fail(`its statistics say ${count} ${what}, must be ${due}`)
  }

  /** Each descriptor that is open must be known. */
  #checkOpen(clients: ReadonlyArray<Conversation>, server: CacheServer): void {
    const { connections, leases } = server.sizes
    const strays = clients.filter(({ input }) => input.incoming !== undefined).length
    const { openCount } = this.#context.process
    // The listener, the loop's set, and that of idle connections.
    const due = 3 + server.reserved() + clients.length + connections + leases + strays + this.#context.departures.size
    if (openCount === due) return
    this.#fail(
      `${openCount} descriptors are open, must be ${due}: ${clients.length} clients, ${connections} cached, ${leases} leased`
    )
  }

  /** A cached connection whose peer has ended it leaves with the next look at the latest. */
  #checkPeer(connection: ModelConnection, now: number): void {
    if (connection.isUnwatched || !this.#context.model.isDisturbed(connection)) return
    connection.deadSinceMillis ??= now
    const { afterMillis, looks } = watchTimes
    const watchedSince = connection.restsSinceMillis + 1.5 * afterMillis
    if (now > Math.max(connection.deadSinceMillis, watchedSince) + looks.everyMillis + promptMillis)
      this.#fail(
        `still cached although its peer has ended it at ${connection.deadSinceMillis} ms: ${describe(connection)}`
      )
  }

  /** No more clients than may be, and nobody waits while there is a place. */
  #checkDoor(clients: number, now: number): void {
    const { clientsMax } = this.#context.limits
    if (clients > clientsMax) this.#fail(`${clients} clients are served, at most ${clientsMax} may be`)
    const listener = this.#context.listener()
    const file = listener === undefined ? undefined : this.#context.process.fileOf(listener)
    const isWaiting = file !== undefined && "pendingCount" in file && Number(file.pendingCount) > 0
    if (!isWaiting || this.#context.isAcceptTroubled() || clients === clientsMax) this.#pendingSinceMillis = undefined
    else this.#pendingSinceMillis ??= now
    if (now > (this.#pendingSinceMillis ?? now) + promptMillis)
      this.#fail("a client waits although there is a place for it")
  }

  #fail(message: string): void {
    this.#context.fail(message)
  }
}
