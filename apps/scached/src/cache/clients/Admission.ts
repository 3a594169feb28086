import type { Descriptor, PeerCredentials, SystemCallError } from "@scached/fdpass"
import { Acceptor, DescriptorReserve, type EventLoop } from "@scached/reactor"
import type { Journal } from "../../log/Journal.ts"
import type { SettingsInForce } from "../../settings/CacheSettings.ts"
import type { CacheStatistics } from "../CacheStatistics.ts"
import type { EventFeed } from "../inspection/EventFeed.ts"
import type { LimitNotices } from "../LimitNotices.ts"
import type { Occupancy } from "../Occupancy.ts"

/** Peers whose credentials the kernel would not tell. */
const unknownPeer: PeerCredentials = { pid: 0, uid: -1, gid: -1 }

/**
 * Descriptors that are held back, and made full again before a client is accepted: what the log or a client's descriptor needs is there
 * although everything else is taken.
 */
export const reservedDescriptors = 8

/** What a door belongs to. */
export interface DoorOwner {
  readonly loop: EventLoop
  readonly settings: SettingsInForce
  readonly journal: Journal["Service"]
  readonly notices: LimitNotices
  readonly statistics: CacheStatistics
  readonly events: EventFeed
  readonly occupancy: Occupancy
  readonly enter: (socket: Descriptor, peer: PeerCredentials) => void
}

/**
 * Admits clients: checks their users, and limits their number.
 *
 * No client is accepted while all slots are taken: new ones wait in the backlog, and are accepted as soon as a client leaves. A stranger is
 * disconnected before a byte is read from it or sent to it.
 */
export class Admission {
  readonly reserve: DescriptorReserve
  readonly #owner: DoorOwner
  readonly #acceptors: Array<Acceptor> = []
  #isFull = false
  #isClosed = false

  constructor(owner: DoorOwner) {
    this.#owner = owner
    owner.occupancy.observe(this)
    this.reserve = DescriptorReserve.open(owner.loop.calls, reservedDescriptors)
    if (this.reserve.isFull) return
    // It would never be full later either, and it would keep all clients from being accepted.
    this.reserve.close()
    owner.journal.warning(
      `there is no room for ${reservedDescriptors} descriptors in reserve, so the log may fail when clients have taken all: raise RLIMIT_NOFILE`
    )
  }

  /** Accepts connections at a listening socket, which its owner keeps. Accepted sockets become clients, unless `onSocket` takes them. */
  add(listener: Descriptor, onSocket: (socket: Descriptor) => void = this.admit): SystemCallError | undefined {
    const { journal, loop } = this.#owner
    const { calls } = loop
    if (calls.passesDescriptors(listener) === 0) {
      journal.warning(
        "no descriptor can be passed to the listening socket, so every save will fail: SO_PASSRIGHTS was switched off by the process that made it " +
          "(systemd: AcceptFileDescriptors=no)"
      )
    }
    // Those that wait to be accepted have the options from before.
    const hadOptions = calls.plainMessages(listener) > 0
    const handler = {
      onSocket: (socket: Descriptor) => {
        if (hadOptions) calls.plainMessages(socket)
        onSocket(socket)
      },
      onTrouble: (error: SystemCallError, retryMillis: number) =>
        journal.warning(
          `no new clients for want of descriptors or memory, tried again every ${retryMillis} ms: ${error.message}`
        ),
      onRelief: () => journal.info("new clients are accepted again")
    }
    const options = this.reserve.isFull ? { reserve: this.reserve } : {}
    const acceptor = Acceptor.open(loop, listener, handler, options)
    if (!(acceptor instanceof Acceptor)) return acceptor
    this.#acceptors.push(acceptor)
    return undefined
  }

  /** Lets a client in, or sends it away: a stranger, or one more than may be inside that cannot wait. */
  readonly admit = (socket: Descriptor): void => {
    const peer = this.checked(socket)
    if (peer === undefined) return
    const { enter, journal, notices, occupancy, settings } = this.#owner
    if (occupancy.taken >= settings.current.clientsMax) {
      notices.reached("clientsMax")
      journal.warning(
        `a client was turned away: all ${settings.current.clientsMax} slots are taken (scached_client_limit)`
      )
      return this.#sendAway(socket)
    }
    enter(socket, peer)
    this.consider()
  }

  /** Who is at the other end; a stranger is sent away. */
  readonly checked = (socket: Descriptor): PeerCredentials | undefined => {
    const { events, journal, loop, settings, statistics } = this.#owner
    const found = loop.calls.peerCredentials(socket)
    const peer = typeof found === "number" ? unknownPeer : found
    if (settings.current.access?.admitsAt(socket, peer, loop.calls) !== false) return peer
    statistics.count("strangers")
    if (events.isWatched) events.refused("user", peer)
    journal.warning(
      `client pid=${peer.pid} uid=${peer.uid} gid=${peer.gid}: refused, its user may not connect; see scached_allow_users`
    )
    this.#sendAway(socket)
    return undefined
  }

  /** Whether clients can come in at once. */
  get isOpen(): boolean {
    return !this.#isClosed && !this.#isFull && this.#acceptors.every(({ isResting }) => !isResting)
  }

  /** Stops or goes on accepting, by how many are inside. */
  consider(): void {
    const { notices, occupancy, settings } = this.#owner
    const isFull = occupancy.taken >= settings.current.clientsMax
    if (this.#isClosed || isFull === this.#isFull) return
    this.#isFull = isFull
    if (isFull) notices.reached("clientsMax")
    for (const acceptor of this.#acceptors) {
      if (isFull) acceptor.pause()
      else acceptor.resume()
    }
  }

  /** A descriptor of this process is free again. */
  readonly descriptorFreed = (): void => {
    for (const acceptor of this.#acceptors) acceptor.descriptorFreed()
  }

  /** Accepts the clients that wait at this moment, as far as there are slots. */
  acceptWaiting(): void {
    for (const acceptor of this.#acceptors) acceptor.onReady()
  }

  /** Accepts no more clients: new ones wait for the next server of the listening sockets. */
  pause(): void {
    for (const acceptor of this.#acceptors) acceptor.pause()
  }

  /** Accepts again after `pause`, as far as there are places. */
  resume(): void {
    if (!this.#isFull) for (const acceptor of this.#acceptors) acceptor.resume()
  }

  close(): void {
    this.#isClosed = true
    for (const acceptor of this.#acceptors) acceptor.close()
    this.reserve.close()
  }

  #sendAway(socket: Descriptor): void {
    // What it has sent may hold many descriptors. Until they are gone it takes a place, so that those who do this are so many and no more.
    const { loop, occupancy } = this.#owner
    const before = occupancy.leaving++
    let isWaiting = false
    loop.discard(socket, () => {
      occupancy.leaving--
      if (isWaiting) occupancy.vacated()
    })
    isWaiting = occupancy.leaving > before
    if (isWaiting) this.consider()
  }
}
