import { type Descriptor, SystemCalls, UnixSocket } from "@scached/fdpass"
import { Reply, Request, type RequestTooLarge } from "@scached/protocol"
import { Clock, Effect, Exit } from "effect"
import {
  AnswerTimeout,
  type AttemptFailure,
  CacheBusy,
  CacheUnavailable,
  ClientClosed,
  type ClientError,
  RequestRefused,
  SaveUncertain
} from "../ClientError.ts"
import type { ClientSettings } from "../ClientSettings.ts"
import type { Readiness } from "../Readiness.ts"
import { CacheConnection, type Ending } from "./CacheConnection.ts"
import { Pace } from "./Pace.ts"
import { Rest } from "./Rest.ts"
import { type Ticket, Turns } from "./Turns.ts"

const nanosPerMilli = 1_000_000

const monotonicMillis = Effect.map(Clock.Clock, (clock) => Number(clock.monotonicTimeNanosUnsafe()) / nanosPerMilli)

/** Room for one connection to the cache. */
interface Place {
  connection: CacheConnection | undefined
}

/** What the client is made of: places for connections, turns, and patience with a cache that is out of reach. */
export class Client {
  readonly #settings: ClientSettings
  readonly #calls: SystemCalls["Service"]
  readonly #readiness: Readiness["Service"]
  readonly #pace = new Pace()
  readonly #places: ReadonlyArray<Place>
  readonly #turns: Turns<Place>
  readonly #rest: Rest
  #isClosed = false

  constructor(settings: ClientSettings, calls: SystemCalls["Service"], readiness: Readiness["Service"]) {
    this.#settings = settings
    this.#calls = calls
    this.#readiness = {
      until: (socket, direction) => Effect.andThen(readiness.until(socket, direction), this.#pace.step)
    }
    this.#places = Array.from({ length: settings.connectionsMax }, () => ({ connection: undefined }))
    this.#turns = new Turns(this.#places, settings.waitingMax, this.#pace)
    this.#rest = new Rest(settings.restMillis, settings.restMillisMax)
  }

  /** Turns away whoever waits, and lets what is under way come to its end. */
  readonly close: Effect.Effect<void> = Effect.suspend(() => {
    this.#isClosed = true
    this.#turns.turnAway()
    return Effect.map(this.#turns.quiet, () => {
      for (const place of this.#places) this.#disconnect(place)
    })
  })

  /**
   * Waits for its turn, makes the attempts that one request has, and gives the end of it to `use`. All but `use` can be interrupted: what
   * was found has an owner at any moment.
   */
  ask<A, R>(
    request: Request.Request,
    cargo: Descriptor | undefined,
    use: (ending: Ending) => Effect.Effect<A, never, R>
  ): Effect.Effect<A, ClientError, R> {
    return Effect.uninterruptibleMask((restore) =>
      Effect.suspend(() => {
        const { path, waitingMax } = this.#settings
        if (this.#isClosed) return Effect.fail(new ClientClosed({ path }))
        const ticket = this.#turns.draw()
        if (ticket === undefined) return Effect.fail(new CacheBusy({ path, waitingMax }))
        return restore(Effect.flatMap(this.#turns.turnOf(ticket), () => this.#attempt(ticket, request, cargo))).pipe(
          Effect.flatMap((connection) => use(connection.takeEnding())),
          Effect.onExit((exit) =>
            Effect.sync(() => {
              // What was found and not taken is closed with the connection, as is one that was left in the middle of something.
              if (ticket.place !== undefined && (Exit.isFailure(exit) || this.#isClosed)) this.#disconnect(ticket.place)
              this.#turns.giveBack(ticket)
            })
          )
        )
      })
    )
  }

  readonly #attempt = Effect.fnUntraced(
    { self: this },
    function* (
      ticket: Ticket<Place>,
      request: Request.Request,
      cargo: Descriptor | undefined
    ): Effect.fn.Return<CacheConnection, ClientError> {
      const { path, attemptsMax, retryMillis } = this.#settings
      for (let attempts = 1; ; attempts++) {
        if (attempts > 1) yield* this.#pace.step
        const { place } = ticket
        if (place === undefined || this.#isClosed) return yield* new ClientClosed({ path })
        const resting = this.#rest.at(yield* monotonicMillis)
        if (resting !== undefined) return yield* new CacheUnavailable({ path, attempts: attempts - 1, ...resting })
        const outcome = yield* Effect.result(this.#exchange(place, request, cargo))
        if (outcome._tag === "Success") {
          this.#rest.end()
          return outcome.success
        }
        const reason = outcome.failure
        if (reason._tag === "RequestTooLarge") return yield* reason
        const isUncertain = place.connection?.hasSentCargo === true
        this.#disconnect(place)
        if (isUncertain) return yield* new SaveUncertain({ path, reason })
        if (attempts >= attemptsMax) {
          const restMillis = this.#rest.begin(yield* monotonicMillis, reason)
          return yield* new CacheUnavailable({ path, attempts, reason, restMillis })
        }
        if (this.#isClosed) return yield* new ClientClosed({ path })
        yield* Effect.sleep(retryMillis)
      }
    }
  )

  /** One attempt, in its time; over a connection that is there already when it is still good. */
  #exchange(
    place: Place,
    request: Request.Request,
    cargo: Descriptor | undefined
  ): Effect.Effect<CacheConnection, AttemptFailure | RequestTooLarge> {
    const { answerMillisMax } = this.#settings
    return Effect.timeoutOrElse(this.#exchangeOverAny(place, request, cargo), {
      duration: answerMillisMax,
      orElse: () => Effect.fail(new AnswerTimeout({ answerMillisMax }))
    })
  }

  readonly #exchangeOverAny = Effect.fnUntraced(
    { self: this },
    function* (
      place: Place,
      request: Request.Request,
      cargo: Descriptor | undefined
    ): Effect.fn.Return<CacheConnection, AttemptFailure | RequestTooLarge> {
      if (place.connection?.isUsable() === false) this.#disconnect(place)
      const used = place.connection
      if (used !== undefined) {
        const outcome = yield* Effect.result(used.exchange(request, cargo))
        if (outcome._tag === "Success") return used
        // A cache may close an idle connection, or end and start anew, in the very moment in which it is used again. That is
        // nobody's failure, and not worth a pause; unless the descriptor has left.
        if (outcome.failure._tag === "RequestTooLarge" || used.hasSentCargo) return yield* Effect.fail(outcome.failure)
        this.#disconnect(place)
      }
      const connection = yield* this.#connect(place)
      yield* connection.exchange(request, cargo)
      return connection
    }
  )

  #connect(place: Place): Effect.Effect<CacheConnection, AttemptFailure> {
    const { path } = this.#settings
    const connected = Effect.scoped(
      Effect.map(UnixSocket.connect(path), (socket) => {
        const connection = new CacheConnection(this.#calls, this.#readiness, socket.take())
        // In the same breath: from here on it is closed with its place.
        place.connection = connection
        return connection
      })
    )
    return connected.pipe(
      Effect.catchTag("SocketPathInvalid", Effect.die),
      Effect.provideService(SystemCalls, this.#calls)
    )
  }

  #disconnect(place: Place): void {
    place.connection?.close()
    place.connection = undefined
  }

  /** What a reply with another status than 0 says; a find that brought nothing is no error. */
  refusal(ending: Ending, request: Request.Request): RequestRefused | undefined {
    const { status } = ending.reply
    if (status === Reply.Status.ok) return undefined
    const isFind = request._tag === "FindEndpoint" || request._tag === "FindDestination"
    if (isFind && status === Reply.Status.failed) return undefined
    return new RequestRefused({ path: this.#settings.path, request: Request.wireName(request), status })
  }
}
