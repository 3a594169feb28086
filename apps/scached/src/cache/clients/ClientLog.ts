import type { PeerCredentials } from "@scached/fdpass"
import { Request } from "@scached/protocol"
import type { Journal } from "../../log/Journal.ts"
import { printableLabel } from "../../log/printable.ts"

/** Malformed requests of one client that are logged one by one. */
const complaintsMax = 5

/** What is logged of one client, under its name. */
export class ClientLog {
  readonly #journal: Journal["Service"]
  readonly #peer: PeerCredentials
  #complaints = 0

  constructor(journal: Journal["Service"], peer: PeerCredentials) {
    this.#journal = journal
    this.#peer = peer
  }

  warning(message: string): void {
    this.#journal.warning(`${this.#name}: ${message}`)
  }

  /** A warning of which a client gets only so many. */
  complain(message: string): void {
    this.#complaints++
    if (this.#complaints > complaintsMax) return
    const last = this.#complaints === complaintsMax ? "; more of this client will not be logged" : ""
    this.warning(`${message}${last}`)
  }

  verbose(message: string): void {
    if (this.#journal.isVerbose) this.#journal.verbose(`${this.#name}: ${message}`)
  }

  verboseRequest(request: Request.Request, outcome: string): void {
    if (!this.#journal.isVerbose) return
    this.verbose(`${Request.wireName(request)} label="${printableLabel(request.label)}": ${outcome}`)
  }

  get #name(): string {
    return `client pid=${this.#peer.pid} uid=${this.#peer.uid}`
  }
}
