import type { Descriptor } from "@scached/fdpass"
import { Channel } from "@scached/reactor"
import { type Bound, ConnectionStore, type Evicted, type Refused, type Saved } from "@scached/store"
import { CachedDescriptor } from "../../../src/cache/CachedDescriptor.ts"
import { ConnectionCache } from "../../../src/cache/ConnectionCache.ts"
import { Client } from "../../../src/cache/clients/Client.ts"
import { Departure } from "../../../src/cache/farewell/Departure.ts"
import type { Decision, Gone, Saving } from "../client/Admission.ts"

/** What is heard of the daemon that no system call tells. */
export interface Listener {
  /** It has begun to watch the socket of a client. */
  readonly opens: (channel: Channel) => void
  /** It makes an answer, which leaves before `made` or later. */
  readonly makes: (channel: Channel, bytes: Uint8Array) => void
  readonly made: (channel: Channel) => void
  /** It lets a client wait that has had its share of the turn, and goes on with it, or with the one whose last bytes it has just sent. */
  readonly pauses: (channel: Channel) => void
  readonly resumes: (channel: Channel) => void
  readonly drains: () => void
  /** It puts this descriptor back into its place in the cache. */
  readonly putsBack: (descriptor: Descriptor) => void
  /** It begins to say this on a connection that has left the cache. */
  readonly departs: (descriptor: Descriptor, octets: Uint8Array) => void
  /** Its store has decided about a save. */
  readonly decides: (decision: Decision) => void
  readonly numberOf: (descriptor: Descriptor) => number
}

const goneOf =
  (listener: Listener) =>
  (evicted: Evicted<unknown>): Gone => {
    const { cause } = evicted
    if (evicted._tag === "EvictedBinding") {
      return { cause, label: evicted.destinationLabel, endpointLabel: evicted.endpointLabel }
    }
    const { value } = evicted.connection
    if (!(value instanceof CachedDescriptor)) throw new TypeError("the store holds something else than descriptors")
    return { cause, number: listener.numberOf(value.descriptor) }
  }

const decisionOf = (
  listener: Listener,
  saving: Saving,
  outcome: Saved<unknown> | Bound<unknown> | Refused<unknown>
): Decision => ({
  saving,
  refusedFor: outcome._tag === "Refused" ? outcome.limit : undefined,
  evicted: outcome.evicted.map(goneOf(listener))
})

/** Lets somebody listen to the daemon's own classes for the time of a run. */
export const overhear = <A>(listener: Listener, run: () => A): A => {
  const channel = Channel.prototype
  const store = ConnectionStore.prototype
  const cache = ConnectionCache.prototype
  const client = Client.prototype
  const { open } = Channel
  const { pause, resume, send } = channel
  const { saveDestination, saveEndpoint } = store
  const { putBack } = cache
  const departure = Departure.prototype
  const { start } = departure
  const { onDrained } = client
  Channel.open = function (this: typeof Channel, ...given: Parameters<typeof open>) {
    const opened = open.apply(this, given)
    if (opened instanceof Channel) listener.opens(opened)
    return opened
  }
  channel.send = function (this: Channel, bytes) {
    listener.makes(this, bytes)
    const isTaken = send.call(this, bytes)
    listener.made(this)
    return isTaken
  }
  channel.pause = function (this: Channel) {
    listener.pauses(this)
    pause.call(this)
  }
  channel.resume = function (this: Channel) {
    listener.resumes(this)
    resume.call(this)
  }
  client.onDrained = function (this: Client) {
    listener.drains()
    onDrained.call(this)
  }
  cache.putBack = function (this: ConnectionCache, found) {
    listener.putsBack(found.lease.value.descriptor)
    putBack.call(this, found)
  }
  departure.start = function (this: Departure) {
    listener.departs(this.descriptor, this.farewell.octets)
    start.call(this)
  }
  store.saveEndpoint = function (this: ConnectionStore<unknown>, label, properties, value, ttlMillis, nowMillis) {
    const outcome = saveEndpoint.call(this, label, properties, value, ttlMillis, nowMillis)
    listener.decides(decisionOf(listener, { label, properties, endpointLabel: undefined }, outcome))
    return outcome
  }
  store.saveDestination = function (
    this: ConnectionStore<unknown>,
    label,
    properties,
    endpointLabel,
    ttlMillis,
    nowMillis
  ) {
    const outcome = saveDestination.call(this, label, properties, endpointLabel, ttlMillis, nowMillis)
    listener.decides(decisionOf(listener, { label, properties, endpointLabel }, outcome))
    return outcome
  }
  try {
    return run()
  } finally {
    Object.assign(Channel, { open })
    Object.assign(channel, { pause, resume, send })
    Object.assign(store, { saveDestination, saveEndpoint })
    Object.assign(cache, { putBack })
    Object.assign(departure, { start })
    Object.assign(client, { onDrained })
  }
}
