import type { PeerCredentials } from "@scached/fdpass"
import { CacheEntry, CacheEvent, type OctetString, type Request } from "@scached/protocol"
import type { EventLoop } from "@scached/reactor"
import type { CachedConnection, Evicted } from "@scached/store"
import type { SettingsInForce } from "../../settings/CacheSettings.ts"
import { limitParameters } from "../../settings/parameters.ts"
import type { CachedDescriptor } from "../CachedDescriptor.ts"
import type { Found } from "../ConnectionCache.ts"

type Octets = OctetString.OctetString

/** Bytes of events in one turn. What is more is counted as lost. */
const turnBytesMax = 65_536

const saverOf = ({ pid, uid }: PeerCredentials): CacheEntry.Saver => ({ processId: pid, userId: uid })

const parameterOf = (cause: string): string => limitParameters.find(({ kind }) => kind === cause)?.name ?? cause

/** One that watches, from the feed's point of view. */
export class Watcher {
  readonly #send: (text: string) => boolean
  readonly #lostText: (lost: number) => string
  #lost = 0

  /** `send` answers false, and sends nothing, where too much of what was sent before has not been read. */
  constructor(send: (text: string) => boolean, lostText: (lost: number) => string) {
    this.#send = send
    this.#lostText = lostText
  }

  /** Tells a turn's events, `count` of them, and that `leftOut` more were not written. */
  deliver(text: string, count: number, leftOut: number): void {
    const lost = this.#lost + leftOut
    if (this.#send(lost === 0 ? text : this.#lostText(lost) + text)) this.#lost = 0
    else this.#lost = lost + count
  }

  /** It has read what was sent: it hears at once how much it has missed. */
  drained(): void {
    if (this.#lost > 0 && this.#send(this.#lostText(this.#lost))) this.#lost = 0
  }
}

/**
 * Sends events to the clients that watch, in one write a turn. While no client watches, an event costs one check of `isWatched`; check it
 * before each call.
 */
export class EventFeed {
  isWatched = false
  readonly #loop: EventLoop
  readonly #settings: SettingsInForce
  readonly #watchers = new Set<Watcher>()
  #text = ""
  #count = 0
  #leftOut = 0
  #atMillis = 0

  constructor(loop: EventLoop, settings: SettingsInForce) {
    this.#loop = loop
    this.#settings = settings
  }

  get watchers(): number {
    return this.#watchers.size
  }

  watch(send: (text: string) => boolean): Watcher {
    const watcher = new Watcher(send, (lost) => CacheEvent.encode("lost", this.#loop.calls.wallMillis(), { lost }))
    this.#watchers.add(watcher)
    this.isWatched = true
    return watcher
  }

  unwatch(watcher: Watcher): void {
    this.#watchers.delete(watcher)
    this.isWatched = this.#watchers.size > 0
  }

  /** A save was carried out, or there was no room. */
  saved(request: Request.SaveEndpoint | Request.SaveDestination, isSaved: boolean, peer: PeerCredentials): void {
    const client = saverOf(peer)
    const label = CacheEntry.listedLabel(request._tag === "SaveEndpoint" ? request.label : request.endpointLabel)
    const destination = request._tag === "SaveEndpoint" ? undefined : CacheEntry.listedLabel(request.label)
    if (!isSaved) this.#tell("refused", { label, destination, reason: "no room", client })
    else this.#tell(destination === undefined ? "saved" : "bound", { label, destination, client })
  }

  /** A find has brought a connection, or nothing. */
  looked(
    request: Request.FindEndpoint | Request.FindDestination,
    found: Found | undefined,
    peer: PeerCredentials
  ): void {
    const asked = CacheEntry.listedLabel(request.label)
    const destination = request._tag === "FindDestination" ? asked : undefined
    const client = saverOf(peer)
    if (found !== undefined) this.#ofConnection("found", found.lease.connection, { destination, client })
    else this.#tell("missed", { label: destination === undefined ? asked : undefined, destination, client })
  }

  /** A hand-over has ended. */
  handOver(kind: "handed over" | "put back", found: Found, peer: PeerCredentials): void {
    this.#ofConnection(kind, found.lease.connection, { client: saverOf(peer) })
  }

  expired(connection: CachedConnection<CachedDescriptor, Octets>): void {
    this.#ofConnection("expired", connection, {})
  }

  evicted(evicted: Evicted<CachedDescriptor, Octets>): void {
    const reason = parameterOf(evicted.cause)
    if (evicted._tag === "EvictedBinding") {
      const { destinationLabel, endpointLabel } = evicted
      const label = CacheEntry.listedLabel(endpointLabel)
      return this.#tell("evicted", { label, destination: CacheEntry.listedLabel(destinationLabel), reason })
    }
    if (evicted.cause === "expired") this.#ofConnection("expired", evicted.connection, {})
    else this.#ofConnection("evicted", evicted.connection, { reason })
  }

  /** The far end of a cached connection has left or spoken, or the connection has failed. */
  stirred(kind: "hung up" | "spoke" | "failed", connection: CachedConnection<CachedDescriptor, Octets>): void {
    this.#ofConnection(kind, connection, {})
  }

  /** A client, or a request of one, was refused. */
  refused(reason: string, peer: PeerCredentials): void {
    this.#tell("refused", { reason, client: saverOf(peer) })
  }

  /** A client was disconnected for what it owed. */
  timedOut(reason: string, peer: PeerCredentials): void {
    this.#tell("timed out", { reason, client: saverOf(peer) })
  }

  #ofConnection(
    kind: CacheEvent.CacheEventKind,
    { endpointLabel, value }: CachedConnection<CachedDescriptor, Octets>,
    details: CacheEvent.CacheEventDetails
  ): void {
    const ageMillis = this.#loop.nowMillis - value.sinceMillis
    this.#tell(kind, { ...details, label: CacheEntry.listedLabel(endpointLabel), ageMillis })
  }

  #tell(kind: CacheEvent.CacheEventKind, details: CacheEvent.CacheEventDetails): void {
    if (this.#count === 0 && this.#leftOut === 0) {
      this.#atMillis = this.#loop.calls.wallMillis()
      this.#loop.defer(() => this.#flush())
    }
    // With room for the event that says how many were lost, in the smallest scached_output_limit.
    if (this.#text.length > Math.min(turnBytesMax, this.#settings.current.outputBytesMax / 2)) this.#leftOut++
    else {
      this.#text += CacheEvent.encode(kind, this.#atMillis, details)
      this.#count++
    }
  }

  #flush(): void {
    const [text, count, leftOut] = [this.#text, this.#count, this.#leftOut]
    this.#text = ""
    this.#count = 0
    this.#leftOut = 0
    for (const watcher of this.#watchers) watcher.deliver(text, count, leftOut)
  }
}
