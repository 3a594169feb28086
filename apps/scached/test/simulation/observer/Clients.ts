import type { PeerCredentials } from "@scached/fdpass"
import type * as SimulatedSystemCalls from "@scached/fdpass/testing"
import type { CacheSettings } from "../../../src/settings/CacheSettings.ts"
import type { Conversation } from "../client/Conversation.ts"
import type { ModelConnection } from "../model/ModelConnection.ts"

/** The daemon's clients: their conversations by name until they connect, and by the number of their socket from then on. */
export class Clients {
  readonly #process: SimulatedSystemCalls.SimulatedProcess
  readonly #limits: CacheSettings
  readonly #expected = new Map<string, Conversation>()
  readonly #sockets = new Map<number, Conversation>()

  constructor(process: SimulatedSystemCalls.SimulatedProcess, limits: CacheSettings) {
    this.#process = process
    this.#limits = limits
  }

  /** A client is about to connect. */
  expect(conversation: Conversation): void {
    this.#expected.set(conversation.name, conversation)
  }

  /** The daemon has accepted a socket. The kernel labels the socket with the name of the process that connected it. */
  accepted({ label, number }: { readonly label: string; readonly number: number }): void {
    const conversation = this.#expected.get(label.replace(/^.*, from /, ""))
    if (conversation === undefined) throw new Error(`no client is known of "${label}"`)
    conversation.acceptedAtMillis = this.#process.kernel.nowMillis
    this.admit(conversation)
    this.#sockets.set(number, conversation)
  }

  /** The daemon has closed the socket. */
  left(number: number): void {
    this.#sockets.delete(number)
  }

  /** The client of a socket; undefined where the descriptor is none. */
  find(number: number): Conversation | undefined {
    return this.#sockets.get(number)
  }

  /** The client of a socket that must be one. */
  at(number: number): Conversation {
    const conversation = this.#sockets.get(number)
    if (conversation === undefined) throw new Error(`descriptor ${number} belongs to no client`)
    return conversation
  }

  /** Those that are not connected yet, or not any more, among them. */
  get all(): Iterable<Conversation> {
    return this.#expected.values()
  }

  connected(): IterableIterator<Conversation> {
    return this.#sockets.values()
  }

  /** The client to which a connection is being handed over. */
  holderOf(connection: ModelConnection | undefined): Conversation | undefined {
    return [...this.connected()].find(({ lease }) => lease !== undefined && lease === connection)
  }

  /** Decides whether a client may come in, by what the daemon is told of it. */
  admit(conversation: Conversation | undefined, told?: PeerCredentials): void {
    const process = this.#process.kernel.processOf(conversation?.name ?? "")
    if (process === undefined) return
    const isAdmitted = this.#limits.access?.admits(told ?? process.credentials, () => process.groups)
    if (isAdmitted === false) conversation?.refuse()
  }

  /** The settings have changed, and with them who may be connected. */
  readmit(): void {
    for (const conversation of this.connected()) {
      const process = this.#process.kernel.processOf(conversation.name)
      if (conversation.isClosed || process === undefined) continue
      const isAdmitted = this.#limits.access?.admits(process.credentials, () => process.groups)
      if (isAdmitted === false) conversation.mustClose ??= "its user may no longer connect"
    }
  }
}
