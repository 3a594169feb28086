/**
 * The client of a connection cache for programs without Effect: promises, strings, and the sockets of Bun.
 *
 * @category facade
 */
import type { Socket as NodeSocket } from "node:net"
import type { FarewellName } from "@scached/farewell"
import { Descriptor, Descriptors, KernelSystemCalls, SystemCalls } from "@scached/fdpass"
import {
  type CacheEntry,
  type CacheStatus,
  OctetString,
  type ReceivedStep,
  type Request,
  TtlSeconds
} from "@scached/protocol"
import type { Socket as BunSocket, SocketHandler } from "bun"
import { Effect, Layer, Result } from "effect"
import * as BunReadiness from "./BunReadiness.ts"
import * as BunSockets from "./BunSockets.ts"
import { ArgumentInvalid } from "./ClientError.ts"
import type { ClientOptions } from "./ClientSettings.ts"
import { Call, type CallEnd } from "./internal/Call.ts"
import { type Client, makeClient } from "./internal/Client.ts"
import { farewellWord } from "./internal/farewellWord.ts"
import { closerOfForgotten } from "./internal/forgotten.ts"

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
  /**
   * What the cache says on the connection before it closes it, whatever its own rules are: the farewell of a protocol, 1 to 64 octets, or nothing.
   * A cache that does not know this attribute, scache(8) for instance, ignores it.
   */
  readonly farewell?: FarewellName | "none" | Uint8Array
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

type Found = ReceivedStep<Descriptor>

/**
 * A connection that came out of the cache. It is this program's: to be made a socket of, to be taken as a descriptor, or to be closed,
 * which `using` does unless it went elsewhere before.
 *
 * @category models
 */
export class FoundConnection implements Disposable {
  readonly #calls: SystemCalls["Service"]
  readonly #letGo: (descriptor: Descriptor) => void
  /** The open connection; `descriptor.take()` takes it out of here. */
  readonly descriptor: Descriptor
  /** What was saved with the connection, byte for byte. */
  readonly propertiesBytes: Uint8Array
  /** What was saved with the binding that led to it, byte for byte; empty when it was found by its endpoint. */
  readonly destinationPropertiesBytes: Uint8Array

  /** Made by `PlainCache`. Closes the connection, and warns, where this value and its descriptor are forgotten. */
  constructor(calls: SystemCalls["Service"], letGo: (descriptor: Descriptor) => void, { descriptor, reply }: Found) {
    this.#calls = calls
    this.#letGo = letGo
    this.descriptor = descriptor
    Descriptors.onForgotten(descriptor, closerOfForgotten(letGo))
    this.propertiesBytes = OctetString.toBytes(reply.properties)
    this.destinationPropertiesBytes =
      reply._tag === "DestinationReply" ? OctetString.toBytes(reply.destinationProperties) : new Uint8Array()
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

  /** Closes the connection, unless it was given away before. This does not block, even if the connection was set to linger. */
  [Symbol.dispose](): void {
    if (this.descriptor.isOwned) this.#letGo(this.descriptor)
  }
}

/** A call whose end a promise tells. What was found becomes its caller's in the same breath. */
class PlainCall<A> extends Call {
  readonly #answers = Promise.withResolvers<A>()
  readonly #valueOf: (end: CallEnd) => A
  #stopListening: (() => void) | undefined

  constructor(
    request: Request.Request | Request.Inspection,
    cargo: Descriptor | undefined,
    valueOf: (end: CallEnd) => A
  ) {
    super(request, cargo)
    this.#valueOf = valueOf
  }

  ended(end: CallEnd): void {
    this.#stopListening?.()
    switch (end._tag) {
      case "Received":
      case "Answered":
      case "Reported":
      case "Listed":
        return this.#answers.resolve(this.#valueOf(end))
      case "Defect":
        return this.#answers.reject(end.cause)
      default:
        return this.#answers.reject(end)
    }
  }

  askOf(client: Client, signal: AbortSignal | undefined): Promise<A> {
    if (signal !== undefined) this.#listen(client, signal)
    if (signal?.aborted !== true) client.ask(this)
    return this.#answers.promise
  }

  #listen(client: Client, signal: AbortSignal): void {
    const abort = () => {
      client.takeBack(this)
      this.#answers.reject(signal.reason)
    }
    if (signal.aborted) return abort()
    signal.addEventListener("abort", abort, { once: true })
    this.#stopListening = () => signal.removeEventListener("abort", abort)
  }
}

const nothing = (): void => {}

const otherAnswer = (): Error => new Error("the cache's answer belongs to another request")

const statusOf = (end: CallEnd): CacheStatus.CacheStatus => {
  if (end._tag !== "Reported") throw otherAnswer()
  return end.status
}

const entriesOf = (end: CallEnd): ReadonlyArray<CacheEntry.CacheEntry> => {
  if (end._tag !== "Listed") throw otherAnswer()
  return end.entries
}

const octetsOf = (argument: string, octets: Octets): OctetString.OctetString => {
  if (octets instanceof Uint8Array) return Result.getOrThrow(OctetString.fromBytes(octets))
  if (typeof octets !== "string") {
    throw new ArgumentInvalid({ argument, found: octets, expected: "a string or a Uint8Array" })
  }
  // ASCII is its own UTF-8, and what most labels are: no bytes need be made of it.
  const isAscii = Buffer.byteLength(octets) === octets.length
  return Result.getOrThrow(isAscii ? OctetString.make(octets) : OctetString.fromUtf8(octets))
}

/** From a program without types, `socket.fd` for instance. */
const unfitDescriptor = (found: unknown): ArgumentInvalid =>
  new ArgumentInvalid({ argument: "descriptor", found, expected: "a Descriptor: see copyDescriptor" })

/** Of all clients: a socket that is saved twice at once is copied twice, and two others would be given its connection. */
const socketsUnderWay = new WeakSet<BunSockets.RuntimeSocket>()

const ttlOf = (seconds: number): TtlSeconds.TtlSeconds => Result.getOrThrow(TtlSeconds.make(seconds))

/**
 * A client of a cache. Its methods reject with the errors of `ClientError`, with `InvalidOctets` or `InvalidTtl` for what the
 * protocol cannot carry, and with `ArgumentInvalid` for what is of another type than they take.
 *
 * It connects with the first request. While nothing is under way it does not keep the program alive.
 *
 * @category facade
 */
export class PlainCache implements AsyncDisposable {
  readonly #client: Client
  readonly #calls: SystemCalls["Service"]
  #closed: Promise<void> | undefined

  /** Throws `OptionsInvalid`, `OptionUnknown`, `SettingInvalid`, `SocketPathInvalid` or `UnsupportedPlatform`. */
  constructor(options: ClientOptions) {
    const services = Layer.provideMerge(BunReadiness.layer, KernelSystemCalls.layer)
    const made = Effect.runSync(Effect.all([makeClient(options), SystemCalls]).pipe(Effect.provide(services)))
    this.#client = made[0]
    this.#calls = made[1]
  }

  /**
   * Gives a connection to the cache. On success the descriptor or the socket is closed here; on failure it stays yours, and a
   * socket goes on reading. After `SaveUncertain` or an abort close it: the cache may have it too.
   */
  async saveEndpoint(endpoint: PlainEndpointToSave, { signal }: CallOptions = {}): Promise<void> {
    const request: Request.SaveEndpoint = {
      _tag: "SaveEndpoint",
      label: octetsOf("label", endpoint.label),
      properties: octetsOf("properties", endpoint.properties ?? ""),
      ttlSeconds: ttlOf(endpoint.ttlSeconds),
      ...(endpoint.farewell === undefined ? {} : { farewell: farewellWord(endpoint.farewell) })
    }
    if ("descriptor" in endpoint) {
      const { descriptor } = endpoint
      if (!(descriptor instanceof Descriptor)) throw unfitDescriptor(descriptor)
      return new PlainCall(request, descriptor, nothing).askOf(this.#client, signal)
    }
    const { socket } = endpoint
    if (typeof socket !== "object" || socket === null) {
      throw new ArgumentInvalid({ argument: "socket", found: socket, expected: "a connected socket, or a descriptor" })
    }
    if (socketsUnderWay.has(socket)) throw new BunSockets.SocketUnfit({ why: "being saved" })
    const descriptor = this.copyDescriptor(socket)
    const resume = BunSockets.pause(socket)
    socketsUnderWay.add(socket)
    try {
      await new PlainCall(request, descriptor, nothing).askOf(this.#client, signal)
    } catch (error) {
      descriptor.close()
      resume()
      throw error
    } finally {
      socketsUnderWay.delete(socket)
    }
    BunSockets.release(socket)
  }

  /** Takes the oldest connection out that is kept under the label; undefined where there is none. */
  findEndpoint(label: Octets, options?: CallOptions): Promise<FoundConnection | undefined> {
    return this.#find("FindEndpoint", label, options)
  }

  /** Binds a destination to an endpoint. */
  async saveDestination(destination: PlainDestinationToSave, { signal }: CallOptions = {}): Promise<void> {
    const request: Request.SaveDestination = {
      _tag: "SaveDestination",
      label: octetsOf("label", destination.label),
      properties: octetsOf("properties", destination.properties ?? ""),
      endpointLabel: octetsOf("endpointLabel", destination.endpointLabel),
      ttlSeconds: ttlOf(destination.ttlSeconds)
    }
    return new PlainCall(request, undefined, nothing).askOf(this.#client, signal)
  }

  /** Takes a connection out to the first endpoint of the destination that has one; undefined where there is none. */
  findDestination(label: Octets, options?: CallOptions): Promise<FoundConnection | undefined> {
    return this.#find("FindDestination", label, options)
  }

  /**
   * Tells what the cache has counted, how much it holds, its limits and its settings. A cache refuses it, with `RequestRefused` of status 1,
   * unless this process runs as root or as the cache's own user; so does scache(8), which does not know it.
   */
  status({ signal }: CallOptions = {}): Promise<CacheStatus.CacheStatus> {
    return new PlainCall({ _tag: "Status" }, undefined, statusOf).askOf(this.#client, signal)
  }

  /** Tells all that is cached, to those who may ask for the status. The whole list must come in the time of one answer. */
  list({ signal }: CallOptions = {}): Promise<ReadonlyArray<CacheEntry.CacheEntry>> {
    return new PlainCall({ _tag: "List" }, undefined, entriesOf).askOf(this.#client, signal)
  }

  /** A copy of a socket's descriptor, yours to close; throws `SocketUnfit` or `SystemCallError`. The socket goes on as before. */
  copyDescriptor(socket: BunSockets.RuntimeSocket): Descriptor {
    const copy = BunSockets.copyDescriptor(this.#calls, socket)
    if (copy instanceof Error) throw copy
    return copy
  }

  /** Turns away what waits, lets what is under way come to its end, and closes the connections to the cache. */
  close(): Promise<void> {
    this.#closed ??= new Promise((resolve) => this.#client.close(resolve))
    return this.#closed
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.close()
  }

  /** Not `async`: to pass a promise through another one takes three microtasks, and objects for each. */
  #find(
    tag: "FindEndpoint" | "FindDestination",
    label: Octets,
    options: CallOptions | undefined
  ): Promise<FoundConnection | undefined> {
    try {
      const request = { _tag: tag, label: octetsOf("label", label) }
      return new PlainCall(request, undefined, this.#foundOf).askOf(this.#client, options?.signal)
    } catch (error) {
      return Promise.reject(error)
    }
  }

  readonly #foundOf = (end: CallEnd): FoundConnection | undefined =>
    end._tag === "Received" ? new FoundConnection(this.#calls, this.#client.letGo, end) : undefined
}

/**
 * Makes a client of the cache at a path; to be closed, or held with `await using`.
 *
 * @category facade
 */
export const openCache = (options: ClientOptions): PlainCache => new PlainCache(options)
