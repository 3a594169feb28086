/**
 * The client of a connection cache for programs without Effect: promises, strings, and the sockets of Bun.
 *
 * @category facade
 */
import type { Socket as NodeSocket } from "node:net"
import { type Descriptor, KernelSystemCalls, SystemCalls } from "@scached/fdpass"
import { OctetString, TtlSeconds } from "@scached/protocol"
import type { Socket as BunSocket, SocketHandler } from "bun"
import { Effect, Layer, ManagedRuntime, Option, Result, type Scope } from "effect"
import * as BunReadiness from "./BunReadiness.ts"
import * as BunSockets from "./BunSockets.ts"
import { CacheClient, type CacheClientShape, type FoundDestination, type FoundEndpoint, layer } from "./CacheClient.ts"
import type { ClientError } from "./ClientError.ts"
import type { ClientOptions } from "./ClientSettings.ts"

/**
 * A label or properties: a string stands for its UTF-8 bytes; neither may hold a NUL byte.
 *
 * @category models
 */
export type Octets = string | Uint8Array

/**
 * What a call may be told beside its request. Aborting gives up the turn, or breaks the exchange off.
 *
 * @category models
 */
export interface CallOptions {
  readonly signal?: AbortSignal
}

/**
 * A connection to be kept: as a descriptor, or as the socket that this program has talked over so far.
 *
 * @category models
 */
export type PlainEndpointToSave = {
  readonly label: Octets
  /** Whatever the next user should know of the connection; empty unless told otherwise. */
  readonly properties?: Octets
  /** Whole seconds, from 1 to 2147483647. */
  readonly ttlSeconds: number
} & ({ readonly descriptor: Descriptor } | { readonly socket: BunSockets.RuntimeSocket })

/**
 * A destination label to be bound to an endpoint label.
 *
 * @category models
 */
export interface PlainDestinationToSave {
  readonly label: Octets
  readonly properties?: Octets
  readonly endpointLabel: Octets
  readonly ttlSeconds: number
}

/**
 * A connection that came out of the cache. It is this program's: to be made a socket of, to be taken as a descriptor, or to be closed,
 * which `using` does unless it went elsewhere before.
 *
 * @category models
 */
export class FoundConnection implements Disposable {
  readonly #calls: SystemCalls["Service"]
  /** The open connection; `descriptor.take()` takes it out of here. */
  readonly descriptor: Descriptor
  /** What was saved with the connection, byte for byte. */
  readonly propertiesBytes: Uint8Array
  /** What was saved with the binding that led to it, byte for byte; empty when it was found by its endpoint. */
  readonly destinationPropertiesBytes: Uint8Array

  /** Made by `PlainCache`. */
  constructor(calls: SystemCalls["Service"], found: FoundEndpoint | FoundDestination) {
    this.#calls = calls
    this.descriptor = found.descriptor.take()
    this.propertiesBytes = OctetString.toBytes(found.properties)
    this.destinationPropertiesBytes =
      "destinationProperties" in found ? OctetString.toBytes(found.destinationProperties) : new Uint8Array()
  }

  /** The properties read as UTF-8; what is none becomes U+FFFD. */
  get properties(): string {
    return new TextDecoder().decode(this.propertiesBytes)
  }

  /** The binding's properties read as UTF-8. */
  get destinationProperties(): string {
    return new TextDecoder().decode(this.destinationPropertiesBytes)
  }

  /** Goes on with it as a socket of Bun, which owns the connection from then on. */
  connect(handler: SocketHandler<undefined>): Promise<BunSocket<undefined>> {
    return BunSockets.connect(this.#calls, this.descriptor, handler, undefined)
  }

  /** Goes on with it as a socket of `node:net`, which owns the connection from then on; what Bun refuses is closed, and emits `error`. */
  toNodeSocket(): NodeSocket {
    return BunSockets.connectNodeSocket(this.#calls, this.descriptor)
  }

  /** Closes the connection, unless it went elsewhere before. */
  [Symbol.dispose](): void {
    if (this.descriptor.isOwned) this.descriptor.close()
  }
}

const octetsOf = (octets: Octets): OctetString.OctetString =>
  Result.getOrThrow(typeof octets === "string" ? OctetString.fromUtf8(octets) : OctetString.fromBytes(octets))

/** Of all clients: a socket that is saved twice at once is copied twice, and two others would be given its connection. */
const socketsUnderWay = new WeakSet<BunSockets.RuntimeSocket>()

const ttlOf = (seconds: number): TtlSeconds.TtlSeconds => Result.getOrThrow(TtlSeconds.make(seconds))

/**
 * A client of a cache. Its methods reject with the errors of `ClientError`, and with `InvalidOctets` or `InvalidTtl` for what the
 * protocol cannot carry.
 *
 * It connects with the first request. While nothing is under way it does not keep the program alive.
 *
 * @category facade
 */
export class PlainCache implements AsyncDisposable {
  readonly #runtime: ManagedRuntime.ManagedRuntime<CacheClient | SystemCalls, unknown>
  readonly #client: CacheClientShape
  readonly #calls: SystemCalls["Service"]

  /** Throws `SettingInvalid`, `SocketPathInvalid` or `UnsupportedPlatform`. */
  constructor(options: ClientOptions) {
    const client = layer(options).pipe(Layer.provide(BunReadiness.layer), Layer.provideMerge(KernelSystemCalls.layer))
    this.#runtime = ManagedRuntime.make(client)
    this.#client = this.#runtime.runSync(CacheClient)
    this.#calls = this.#runtime.runSync(SystemCalls)
  }

  /**
   * Gives a connection to the cache. On success the descriptor or the socket is closed here; on failure it stays yours, and a
   * socket goes on reading. After `SaveUncertain` or an abort close it: the cache may have it too.
   */
  async saveEndpoint(endpoint: PlainEndpointToSave, options?: CallOptions): Promise<void> {
    const request = {
      label: octetsOf(endpoint.label),
      properties: octetsOf(endpoint.properties ?? ""),
      ttlSeconds: ttlOf(endpoint.ttlSeconds)
    }
    if ("descriptor" in endpoint) {
      return this.#run(this.#client.saveEndpoint({ ...request, descriptor: endpoint.descriptor }), options)
    }
    const { socket } = endpoint
    if (socketsUnderWay.has(socket)) throw new BunSockets.SocketUnfit({ why: "being saved" })
    const descriptor = this.copyDescriptor(socket)
    const resume = BunSockets.pause(socket)
    socketsUnderWay.add(socket)
    try {
      await this.#run(this.#client.saveEndpoint({ ...request, descriptor }), options)
    } catch (error) {
      // An abort that came too late: it is saved.
      if (!descriptor.isOwned) BunSockets.release(socket)
      else {
        descriptor.close()
        resume()
      }
      throw error
    } finally {
      socketsUnderWay.delete(socket)
    }
    BunSockets.release(socket)
  }

  /** Takes the oldest connection out that is kept under the label; undefined where there is none. */
  findEndpoint(label: Octets, options?: CallOptions): Promise<FoundConnection | undefined> {
    return this.#find((client) => client.findEndpoint(octetsOf(label)), options)
  }

  /** Binds a destination to an endpoint. */
  async saveDestination(destination: PlainDestinationToSave, options?: CallOptions): Promise<void> {
    const request = {
      label: octetsOf(destination.label),
      properties: octetsOf(destination.properties ?? ""),
      endpointLabel: octetsOf(destination.endpointLabel),
      ttlSeconds: ttlOf(destination.ttlSeconds)
    }
    return this.#run(this.#client.saveDestination(request), options)
  }

  /** Takes a connection out to the first endpoint of the destination that has one; undefined where there is none. */
  findDestination(label: Octets, options?: CallOptions): Promise<FoundConnection | undefined> {
    return this.#find((client) => client.findDestination(octetsOf(label)), options)
  }

  /** A copy of a socket's descriptor, yours to close; throws `SocketUnfit` or `SystemCallError`. The socket goes on as before. */
  copyDescriptor(socket: BunSockets.RuntimeSocket): Descriptor {
    const copy = BunSockets.copyDescriptor(this.#calls, socket)
    if (copy instanceof Error) throw copy
    return copy
  }

  /** Turns away what waits, lets what is under way come to its end, and closes the connections to the cache. */
  close(): Promise<void> {
    return this.#runtime.dispose()
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.close()
  }

  async #find(
    find: (
      client: CacheClientShape
    ) => Effect.Effect<Option.Option<FoundEndpoint | FoundDestination>, ClientError, Scope.Scope>,
    options: CallOptions | undefined
  ): Promise<FoundConnection | undefined> {
    let taken: FoundConnection | undefined
    const take = (found: Option.Option<FoundEndpoint | FoundDestination>) =>
      Effect.sync(() => {
        if (Option.isSome(found)) taken = new FoundConnection(this.#calls, found.value)
      })
    // Out of the scope and into the object that the caller gets, with no point between at which an abort could lose it.
    const moved = Effect.uninterruptibleMask((restore) => Effect.flatMap(restore(find(this.#client)), take))
    try {
      await this.#run(Effect.scoped(moved), options)
    } catch (error) {
      taken?.[Symbol.dispose]()
      throw error
    }
    return taken
  }

  async #run<A>(effect: Effect.Effect<A, ClientError>, options: CallOptions | undefined): Promise<A> {
    const signal = options?.signal
    try {
      return await Effect.runPromise(effect, signal === undefined ? {} : { signal })
    } catch (error) {
      signal?.throwIfAborted()
      throw error
    }
  }
}

/**
 * Makes a client of the cache at a path; to be closed, or held with `await using`.
 *
 * @category facade
 */
export const openCache = (options: ClientOptions): PlainCache => new PlainCache(options)
