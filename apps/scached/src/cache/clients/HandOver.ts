import type { PeerCredentials } from "@scached/fdpass"
import type { ConnectionCache, Found } from "../ConnectionCache.ts"

/** The connection that a client has found: leased until the client has it, or until it goes back into the cache. */
export class HandOver {
  readonly #cache: ConnectionCache
  readonly #peer: PeerCredentials
  #found: Found | undefined

  constructor(cache: ConnectionCache, peer: PeerCredentials) {
    this.#cache = cache
    this.#peer = peer
  }

  get found(): Found | undefined {
    return this.#found
  }

  begin(found: Found | undefined): void {
    this.#found = found
  }

  /** The client has the connection, or may have used it. */
  settle(): void {
    const found = this.#end("handed over")
    if (found !== undefined) this.#cache.settle(found)
  }

  /** The client cannot have the connection. */
  putBack(): void {
    const found = this.#end("put back")
    if (found !== undefined) this.#cache.putBack(found)
  }

  #end(end: "handed over" | "put back"): Found | undefined {
    const found = this.#found
    this.#found = undefined
    const { events } = this.#cache
    if (events.isWatched && found !== undefined) events.handOver(end, found, this.#peer)
    return found
  }
}
