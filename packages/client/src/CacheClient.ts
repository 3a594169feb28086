/**
 * The client of a connection cache, as an Effect service: owned descriptors go in and come out.
 *
 * @category services
 */
import { type Descriptor, Descriptors, KernelSystemCalls, SystemCalls, type UnsupportedPlatform } from "@scached/fdpass"
import { OctetString, type ReceivedStep, type Request, type TtlSeconds } from "@scached/protocol"
import { Context, Effect, Layer, Option, type Scope } from "effect"
import * as BunReadiness from "./BunReadiness.ts"
import type { ClientError, RequestRefused, SettingsError } from "./ClientError.ts"
import { type ClientOptions, makeSettings } from "./ClientSettings.ts"
import type { Ending } from "./internal/CacheConnection.ts"
import { Client } from "./internal/Client.ts"
import { Readiness } from "./Readiness.ts"

/**
 * A connection to be kept under an endpoint label.
 *
 * @category models
 */
export interface EndpointToSave {
  readonly label: OctetString.OctetString
  readonly properties: OctetString.OctetString
  readonly ttlSeconds: TtlSeconds.TtlSeconds
  readonly descriptor: Descriptor
}

/**
 * A destination label to be bound to an endpoint label.
 *
 * @category models
 */
export type DestinationToSave = Omit<Request.SaveDestination, "_tag">

/**
 * A connection that was found under an endpoint label. Its descriptor is closed with the scope; `descriptor.take()` takes it out.
 *
 * @category models
 */
export interface FoundEndpoint {
  readonly properties: OctetString.OctetString
  readonly descriptor: Descriptor
}

/**
 * A connection that was found through a destination label.
 *
 * @category models
 */
export interface FoundDestination extends FoundEndpoint {
  readonly destinationProperties: OctetString.OctetString
}

/**
 * What a program asks of a cache.
 *
 * Calls at the same time are carried out in their order, as many at a time as there are connections (`connectionsMax`). An
 * interruption gives up the turn, or closes the connection to the cache where the exchange has begun; the next call opens another.
 *
 * @category services
 */
export interface CacheClientShape {
  /**
   * Gives a connection to the cache. On success the descriptor is closed here, since the cache has it; on failure it stays the
   * caller's, and after `SaveUncertain` or an interruption the caller had better close it: the cache may have it too. To save one
   * that is being saved is a defect.
   */
  readonly saveEndpoint: (endpoint: EndpointToSave) => Effect.Effect<void, ClientError>
  /** Takes the oldest connection out that is kept under the label; none where there is none. */
  readonly findEndpoint: (
    label: OctetString.OctetString
  ) => Effect.Effect<Option.Option<FoundEndpoint>, ClientError, Scope.Scope>
  /** Binds a destination to an endpoint. */
  readonly saveDestination: (destination: DestinationToSave) => Effect.Effect<void, ClientError>
  /** Takes a connection out to the first endpoint of the destination that has one. */
  readonly findDestination: (
    label: OctetString.OctetString
  ) => Effect.Effect<Option.Option<FoundDestination>, ClientError, Scope.Scope>
}

/**
 * The service that asks a cache.
 *
 * @category services
 */
export class CacheClient extends Context.Service<CacheClient, CacheClientShape>()("@scached/client/CacheClient") {}

/** Of all clients: over two connections to a cache a descriptor would leave twice before the first answer closes it. */
const descriptorsUnderWay = new WeakSet<Descriptor>()

const orRefused = (refusal: RequestRefused | undefined): Effect.Effect<void, RequestRefused> =>
  refusal === undefined ? Effect.void : Effect.fail(refusal)

const find = <A>(
  client: Client,
  request: Request.FindEndpoint | Request.FindDestination,
  found: (step: ReceivedStep<Descriptor>) => A
): Effect.Effect<Option.Option<A>, ClientError, Scope.Scope> =>
  Effect.flatMap(client.ask(request, undefined, keep), (ending) => {
    if (ending._tag === "Received") return Effect.succeedSome(found(ending))
    return Effect.as(orRefused(client.refusal(ending, request)), Option.none())
  })

/** Binds what was found to the scope before anything else can happen. */
const keep = (ending: Ending): Effect.Effect<Ending, never, Scope.Scope> =>
  ending._tag === "Received" ? Effect.as(Descriptors.scoped(ending.descriptor), ending) : Effect.succeed(ending)

/**
 * Makes a client, which is closed with the scope. It connects with the first request, and closing it waits for what is under way, at most
 * as long as one attempt may take.
 *
 * @category constructors
 */
export const make = Effect.fnUntraced(function* (
  options: ClientOptions
): Effect.fn.Return<CacheClientShape, SettingsError, SystemCalls | Readiness | Scope.Scope> {
  const settings = yield* makeSettings(options)
  const client = new Client(settings, yield* SystemCalls, yield* Readiness)
  yield* Effect.addFinalizer(() => client.close)
  return CacheClient.of({
    saveEndpoint: ({ descriptor, label, properties, ttlSeconds }) => {
      const request = { _tag: "SaveEndpoint", label, properties, ttlSeconds } as const
      const settle = (ending: Ending) =>
        Effect.sync(() => {
          const refusal = client.refusal(ending, request)
          if (refusal === undefined) descriptor.close()
          return refusal
        })
      return Effect.suspend(() => {
        // Whose it is after the first save nobody knows yet: a mistake of the caller, as using a descriptor that is gone.
        if (descriptorsUnderWay.has(descriptor))
          throw new Error("the descriptor is being saved already: await that first")
        descriptorsUnderWay.add(descriptor)
        const asked = Effect.flatMap(client.ask(request, descriptor, settle), orRefused)
        return Effect.ensuring(
          asked,
          Effect.sync(() => descriptorsUnderWay.delete(descriptor))
        )
      })
    },
    findEndpoint: (label) =>
      find(client, { _tag: "FindEndpoint", label }, ({ descriptor, reply }) => ({
        properties: reply.properties,
        descriptor
      })),
    saveDestination: (destination) => {
      const request = { _tag: "SaveDestination", ...destination } as const
      const settle = (ending: Ending) => Effect.succeed(client.refusal(ending, request))
      return Effect.flatMap(client.ask(request, undefined, settle), orRefused)
    },
    findDestination: (label) =>
      find(client, { _tag: "FindDestination", label }, ({ descriptor, reply }) => ({
        properties: reply.properties,
        // The session has read the reply to this very request, which has them.
        destinationProperties: reply._tag === "DestinationReply" ? reply.destinationProperties : OctetString.empty,
        descriptor
      }))
  })
})

/**
 * Provides `CacheClient`, on whatever system calls and event loop there are.
 *
 * @category layers
 */
export const layer = (options: ClientOptions): Layer.Layer<CacheClient, SettingsError, SystemCalls | Readiness> =>
  Layer.effect(CacheClient, make(options))

/**
 * Provides `CacheClient` to an ordinary Bun program: system calls of the kernel, waiting in Bun's own event loop.
 *
 * @category layers
 */
export const layerBun = (options: ClientOptions): Layer.Layer<CacheClient, SettingsError | UnsupportedPlatform> =>
  layer(options).pipe(Layer.provide(BunReadiness.layer), Layer.provide(KernelSystemCalls.layer))
