/**
 * The client of a connection cache, as an Effect service: owned descriptors go in and come out.
 *
 * @category services
 */
import { Farewell } from "@scached/farewell"
import { type Descriptor, KernelSystemCalls, type SystemCalls, type UnsupportedPlatform } from "@scached/fdpass"
import {
  type CacheEntry,
  type CacheStatus,
  OctetString,
  type ReceivedStep,
  type Request,
  type TtlSeconds
} from "@scached/protocol"
import { Context, Effect, Layer, Option, Result, type Scope } from "effect"
import * as BunReadiness from "./BunReadiness.ts"
import type { ClientError, SettingsError } from "./ClientError.ts"
import type { ClientOptions } from "./ClientSettings.ts"
import { Call, type CallEnd } from "./internal/Call.ts"
import { type Client, makeClient } from "./internal/Client.ts"
import type { Readiness } from "./Readiness.ts"

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
  /**
   * What the cache says on the connection before it closes it, whatever its own rules are. A cache that does not know this attribute, scache(8) for
   * instance, ignores it.
   */
  readonly farewell?: Farewell.Farewell | "none"
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
  /**
   * Tells what the cache has counted, how much it holds, its limits and its settings. A cache refuses it, with `RequestRefused` of status 1,
   * unless this process runs as root or as the cache's own user; so does scache(8), which does not know it.
   */
  readonly status: Effect.Effect<CacheStatus.CacheStatus, ClientError>
  /** Tells all that is cached, to those who may ask for the status. The whole list must come in the time of one answer. */
  readonly list: Effect.Effect<ReadonlyArray<CacheEntry.CacheEntry>, ClientError>
}

/**
 * The service that asks a cache.
 *
 * @category services
 */
export class CacheClient extends Context.Service<CacheClient, CacheClientShape>()("@scached/client/CacheClient") {}

type Received = ReceivedStep<Descriptor>

/** A call whose end an effect waits for. What was found is kept here until it is taken. */
class EffectCall extends Call {
  #end: CallEnd | undefined
  #resume: ((effect: Effect.Effect<void, ClientError>) => void) | undefined

  ended(end: CallEnd): void {
    this.#end = end
    this.#resume?.(outcomeOf(end))
  }

  /** Completes when the call has ended. */
  readonly answer = Effect.callback<void, ClientError>((resume) => {
    if (this.#end === undefined) this.#resume = resume
    else resume(outcomeOf(this.#end))
  })

  takeEnd(): CallEnd | undefined {
    const end = this.#end
    this.#end = undefined
    return end
  }

  takeFound(): Received | undefined {
    const end = this.takeEnd()
    return end?._tag === "Received" ? end : undefined
  }
}

const outcomeOf = (end: CallEnd): Effect.Effect<void, ClientError> => {
  switch (end._tag) {
    case "Received":
    case "Answered":
    case "Reported":
    case "Listed":
      return Effect.void
    case "Defect":
      return Effect.die(end.cause)
    default:
      return Effect.fail(end)
  }
}

/** Asks, and gives what was found to `use`. All but `use` can be interrupted: what was found has an owner at any moment. */
const ask = <A, R>(
  client: Client,
  request: Request.Request,
  cargo: Descriptor | undefined,
  use: (found: Received | undefined) => Effect.Effect<A, never, R>
): Effect.Effect<A, ClientError, R> =>
  Effect.uninterruptibleMask((restore) =>
    Effect.suspend(() => {
      const call = new EffectCall(request, cargo)
      client.ask(call)
      return restore(call.answer).pipe(
        Effect.onError(() =>
          Effect.sync(() => {
            client.takeBack(call)
            // The interruption came between the answer and the next step.
            const untaken = call.takeFound()?.descriptor
            if (untaken !== undefined) client.letGo(untaken)
          })
        ),
        Effect.flatMap(() => use(call.takeFound()))
      )
    })
  )

/** Asks for what the cache tells of itself, and takes the end of the exchange for it. */
const look = <A>(
  client: Client,
  request: Request.Inspection,
  valueOf: (end: CallEnd | undefined) => A | undefined
): Effect.Effect<A, ClientError> =>
  Effect.suspend(() => {
    const call = new EffectCall(request, undefined)
    client.ask(call)
    return call.answer.pipe(
      Effect.onInterrupt(() => Effect.sync(() => client.takeBack(call))),
      Effect.flatMap(() => {
        const value = valueOf(call.takeEnd())
        return value === undefined
          ? Effect.die(new Error(`another answer than to ${request._tag}`))
          : Effect.succeed(value)
      })
    )
  })

/** As any descriptor in a scope, but its close does not block: its maker may have set it to linger. */
const scopedFound = (client: Client, descriptor: Descriptor): Effect.Effect<Descriptor, never, Scope.Scope> =>
  Effect.acquireRelease(Effect.succeed(descriptor), (held) =>
    Effect.sync(() => {
      if (held.isOwned) client.letGo(held)
    })
  )

const saved = () => Effect.void

const find = <A>(
  client: Client,
  request: Request.FindEndpoint | Request.FindDestination,
  foundOf: (found: Received) => A
): Effect.Effect<Option.Option<A>, ClientError, Scope.Scope> =>
  ask(client, request, undefined, (found) =>
    found === undefined
      ? Effect.succeedNone
      : Effect.as(scopedFound(client, found.descriptor), Option.some(foundOf(found)))
  )

// Printable ASCII: it is never refused.
const wordOf = (word: string): OctetString.OctetString => Result.getOrThrow(OctetString.make(word))

const farewellOf = (farewell: EndpointToSave["farewell"]): Pick<Request.SaveEndpoint, "farewell"> => {
  if (farewell === undefined) return {}
  return { farewell: wordOf(farewell === "none" ? farewell : Farewell.format(farewell)) }
}

/**
 * Makes a client, which is closed with the scope. It connects with the first request, and closing it waits for what is under way, at most
 * as long as one attempt may take.
 *
 * @category constructors
 */
export const make = Effect.fnUntraced(function* (
  options: ClientOptions
): Effect.fn.Return<CacheClientShape, SettingsError, SystemCalls | Readiness | Scope.Scope> {
  const client = yield* makeClient(options)
  yield* Effect.addFinalizer(() => Effect.callback<void>((resume) => client.close(() => resume(Effect.void))))
  return CacheClient.of({
    saveEndpoint: ({ descriptor, farewell, label, properties, ttlSeconds }) =>
      ask(client, { _tag: "SaveEndpoint", label, properties, ttlSeconds, ...farewellOf(farewell) }, descriptor, saved),
    findEndpoint: (label) =>
      find(client, { _tag: "FindEndpoint", label }, ({ descriptor, reply }) => ({
        properties: reply.properties,
        descriptor
      })),
    saveDestination: (destination) => ask(client, { _tag: "SaveDestination", ...destination }, undefined, saved),
    findDestination: (label) =>
      find(client, { _tag: "FindDestination", label }, ({ descriptor, reply }) => ({
        properties: reply.properties,
        // The session has read the reply to this very request, which has them.
        destinationProperties: reply._tag === "DestinationReply" ? reply.destinationProperties : OctetString.empty,
        descriptor
      })),
    status: look(client, { _tag: "Status" }, (end) => (end?._tag === "Reported" ? end.status : undefined)),
    list: look(client, { _tag: "List" }, (end) => (end?._tag === "Listed" ? end.entries : undefined))
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
