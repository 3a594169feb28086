/**
 * A connection cache within the process of a test: whatever opens a client at its path finds a cache there, without a daemon.
 *
 * @category testing
 */
import { mkdtempSync, rmSync } from "node:fs"
import { tmpdir } from "node:os"
import { join } from "node:path"
import { type Descriptor, Errno, KernelSystemCalls, SystemCalls, systemCallError } from "@scached/fdpass"
import { OctetString } from "@scached/protocol"
import { Effect, Layer, Result } from "effect"
import * as BunReadiness from "../BunReadiness.ts"
import { Readiness } from "../Readiness.ts"
import { Shelf } from "./Shelf.ts"
import { Visit, type VisitSurroundings } from "./Visit.ts"

/**
 * What a cache for tests may be told.
 *
 * @category models
 */
export interface MemoryCacheOptions {
  /** The longest time that anything is kept, whatever a client asks for; as long as is asked for, unless told otherwise. */
  readonly ttlSecondsMax?: number
  /** The time by which things expire, in milliseconds: for tests that do not wait. The kernel's clock, unless told otherwise. */
  readonly nowMillis?: () => number
}

const backlog = 128
const bufferBytes = 16_384

const services = Effect.all([SystemCalls, Readiness]).pipe(
  Effect.provide(Layer.provideMerge(BunReadiness.layer, KernelSystemCalls.layer))
)

/** The descriptor of a call that went well. */
const made = (operation: string, outcome: Descriptor | number): Descriptor => {
  if (typeof outcome === "number") throw systemCallError(operation, outcome)
  return outcome
}

/**
 * A cache that lives in this process, to be disposed of at the end of a test; until then it keeps the process alive.
 *
 * It speaks the protocol over a UNIX socket, so that the client under test does all that it does in life, and is simple otherwise: it has no
 * limits, and probes nothing.
 *
 * @category testing
 */
export class MemoryCache implements Disposable {
  /** Where clients connect. */
  readonly path: string
  readonly #calls: SystemCalls["Service"]
  readonly #readiness: Readiness["Service"]
  readonly #directory: string
  readonly #listener: Descriptor
  readonly #nowMillis: () => number
  readonly #shelf = new Shelf()
  readonly #visits = new Set<Visit>()
  readonly #surroundings: VisitSurroundings
  #wait: Disposable | undefined

  /** Made by `openMemoryCache`. */
  constructor({ nowMillis, ttlSecondsMax = Number.POSITIVE_INFINITY }: MemoryCacheOptions) {
    const [calls, readiness] = Effect.runSync(services)
    this.#calls = calls
    this.#readiness = readiness
    this.#nowMillis = nowMillis ?? calls.monotonicMillis
    this.#listener = made("socket", calls.socket())
    this.#directory = mkdtempSync(join(tmpdir(), "scached-"))
    this.path = join(this.#directory, "cache")
    this.#surroundings = {
      calls,
      readiness,
      shelf: this.#shelf,
      buffer: calls.makeReceiveBuffer(bufferBytes),
      ttlSecondsMax,
      expire: () => this.#expire(),
      onLeave: (visit) => void this.#visits.delete(visit)
    }
    const bound = calls.bind(this.#listener, this.path, 0o600)
    const outcome = bound < 0 ? bound : calls.listen(this.#listener, backlog)
    if (outcome < 0) {
      this[Symbol.dispose]()
      throw systemCallError("bind", outcome, this.path)
    }
    this.#accept()
  }

  /** How many connections are kept under a label now. */
  count(label: string): number {
    this.#expire()
    return this.#shelf.count(Result.getOrThrow(OctetString.fromUtf8(label)))
  }

  /** Closes all that is kept, and forgets all destinations. */
  clear(): void {
    for (const { descriptor } of this.#shelf.expire(Number.POSITIVE_INFINITY)) this.#calls.letGo(descriptor)
  }

  /** Ends all connections to clients, as the end of a daemon does; what is kept stays. */
  disconnect(): void {
    for (const visit of [...this.#visits]) visit.leave()
  }

  /** Closes all that is kept, the connections to clients and the socket. */
  [Symbol.dispose](): void {
    if (!this.#listener.isOwned) return
    this.#wait?.[Symbol.dispose]()
    this.disconnect()
    this.clear()
    this.#listener.close()
    rmSync(this.#directory, { recursive: true, force: true })
  }

  #expire(): number {
    const nowMillis = this.#nowMillis()
    for (const { descriptor } of this.#shelf.expire(nowMillis)) this.#calls.letGo(descriptor)
    return nowMillis
  }

  readonly #accept = (): void => {
    for (;;) {
      const accepted = this.#calls.accept(this.#listener)
      if (typeof accepted === "number") {
        if (accepted === -Errno.EINTR || accepted === -Errno.ECONNABORTED) continue
        this.#wait = this.#readiness.until(this.#listener, "readable", this.#accept)
        return
      }
      const visit = new Visit(this.#surroundings, accepted)
      this.#visits.add(visit)
      visit.go()
    }
  }
}

/**
 * Opens a cache within this process; to be disposed of, or held with `using`. Throws `UnsupportedPlatform`, or `SystemCallError` where there
 * is no descriptor left.
 *
 * @category testing
 */
export const openMemoryCache = (options: MemoryCacheOptions = {}): MemoryCache => new MemoryCache(options)
