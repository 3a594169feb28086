import type { Farewell } from "@scached/farewell"
import type { Descriptor, PeerCredentials, SystemCalls } from "@scached/fdpass"
import type { OctetString } from "@scached/protocol"
import { type EventLoop, IdleConnection, type IdleState } from "@scached/reactor"
import type { CachedConnection } from "@scached/store"
import type { ExpirySlot } from "./expiry/ExpirySlot.ts"

/** What the cached descriptors of one client share, so that none carries it: a field more costs 32 bytes a connection. */
export interface CachedDescriptorOwner {
  readonly parting: Parting
  /** The same with nothing to be said; undefined where that is so already. */
  readonly silent: CachedDescriptorOwner | undefined
  /** The process that saved them; undefined if it is not known. */
  readonly savedBy: PeerCredentials | undefined
  readonly calls: SystemCalls["Service"]
  /** The peer of a connection at rest has left, or said something unasked. */
  readonly onStirred: (
    connection: CachedConnection<CachedDescriptor, OctetString.OctetString>,
    state: IdleState
  ) => void
}

/** What is said before a connection is closed: what the rules say for its label, what its client has asked for, or nothing. */
export type Parting = Farewell.Farewell | "by rule" | "silent"

/**
 * A descriptor in the cache: in the Scope of its expiry slot while it rests, and its client's during a hand-over. `Descriptor` itself sees to it
 * that it is closed once.
 */
export class CachedDescriptor extends IdleConnection {
  /** Where it is in the store, once it was saved. */
  connection: CachedConnection<CachedDescriptor, OctetString.OctetString> | undefined = undefined
  /** Kept by the expiry slots, as the next one is: undefined during a hand-over. */
  slot: ExpirySlot | undefined = undefined
  slotIndex = 0
  #owner: CachedDescriptorOwner

  constructor(descriptor: Descriptor, owner: CachedDescriptorOwner) {
    super(descriptor)
    this.#owner = owner
  }

  get savedBy(): PeerCredentials | undefined {
    return this.#owner.savedBy
  }

  get parting(): Parting {
    return this.#owner.parting
  }

  /** Its descriptor was sent to a client, which may be using it, whatever the outcome: no farewell is written to it any more. */
  silence(): void {
    if (this.#owner.silent !== undefined) this.#owner = this.#owner.silent
  }

  onStirred(state: IdleState): void {
    if (this.connection !== undefined) this.#owner.onStirred(this.connection, state)
  }

  /** Ends its rest: to be called before the descriptor leaves, since a copy elsewhere would keep it in the kernel's set. */
  stopWatching(): void {
    this.stop()
  }

  /** Closes the cache's copy, without waiting. A copy that was handed over lives on with its new owner. */
  close(): void {
    this.stopWatching()
    this.#owner.calls.letGo(this.descriptor)
  }

  /** The same where many may be due together: in one of the next turns of the loop, if this one has closed enough. */
  deferClose(loop: EventLoop, onClosed: () => void): void {
    this.stopWatching()
    loop.deferClose(this.descriptor, onClosed)
  }

  /** The same, along with others of this turn of the loop. */
  closeLater(loop: EventLoop, onClosed: () => void): void {
    this.stopWatching()
    loop.letGo(this.descriptor, onClosed)
  }
}
