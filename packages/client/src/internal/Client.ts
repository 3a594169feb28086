import { Descriptor, isPollable, SystemCalls } from "@scached/fdpass"
import { Reply, Request } from "@scached/protocol"
import { Effect } from "effect"
import { CacheBusy, ClientClosed, RequestRefused, type SettingsError } from "../ClientError.ts"
import { type ClientOptions, type ClientSettings, makeSettings } from "../ClientSettings.ts"
import { Readiness } from "../Readiness.ts"
import { Alarm } from "./Alarm.ts"
import { type Call, type CallEnd, Defect } from "./Call.ts"
import { DeferredCloses } from "./DeferredCloses.ts"
import { type HostLoop, hostLoop } from "./HostLoop.ts"
import { Pace, type Walker } from "./Pace.ts"
import { Place } from "./Place.ts"
import { Rest } from "./Rest.ts"
import { Turns } from "./Turns.ts"

/** Room for one read: answers are short, and longer ones take more reads. */
const bufferBytes = 16_384

/** Of all clients: over two connections to a cache a descriptor would leave twice before the first answer closes it. */
const descriptorsUnderWay = new WeakSet<Descriptor>()

/** What the client is made of: places for connections, turns, and patience with a cache that is out of reach. */
export class Client {
  readonly #settings: ClientSettings
  readonly #calls: SystemCalls["Service"]
  readonly #pace: Pace
  readonly #places: ReadonlyArray<Place>
  readonly #turns: Turns<Place, Call>
  /** Closes a descriptor that another process made, a found connection for instance, without blocking. */
  readonly letGo: (descriptor: Descriptor) => void
  #underWay = 0
  #isClosed = false
  readonly #onQuiet: Array<() => void> = []

  constructor(
    settings: ClientSettings,
    calls: SystemCalls["Service"],
    readiness: Readiness["Service"],
    loop: HostLoop
  ) {
    this.#settings = settings
    this.#calls = calls
    this.#pace = new Pace(loop)
    this.letGo = new DeferredCloses(calls, loop).letGo
    const surroundings = {
      settings,
      calls,
      readiness,
      loop,
      pace: this.#pace,
      alarm: new Alarm(loop),
      rest: new Rest(settings.restMillis, settings.restMillisMax),
      buffer: calls.makeReceiveBuffer(bufferBytes),
      letGo: this.letGo,
      isClosed: () => this.#isClosed,
      onEnd: (place: Place, call: Call, end: CallEnd) => this.#end(place, call, end)
    }
    this.#places = Array.from({ length: settings.connectionsMax }, () => new Place(surroundings))
    this.#turns = new Turns(this.#places, settings.waitingMax)
  }

  /** Carries a call out, or lines it up. */
  ask(call: Call): void {
    const { path, waitingMax } = this.#settings
    const { cargo } = call
    if (this.#isClosed) return call.ended(new ClientClosed({ path }))
    // From a program without types, `socket.fd` for instance.
    if (cargo !== undefined && !(cargo instanceof Descriptor))
      return call.ended(new Defect(new TypeError("a descriptor to save must be a Descriptor: see copyDescriptor")))
    // Its owner after the first save is not known yet: a mistake of the caller, like using a descriptor that is gone.
    if (cargo !== undefined && descriptorsUnderWay.has(cargo))
      return call.ended(new Defect(new Error("the descriptor is being saved already: await that first")))
    if (!this.#turns.draw(call)) return call.ended(new CacheBusy({ path, waitingMax }))
    this.#underWay++
    if (cargo !== undefined) descriptorsUnderWay.add(cargo)
    const { place } = call
    if (place === undefined) return
    place.take(call)
    this.#pace.step(place)
  }

  /** Gives a call up whose end is not awaited any more: its turn, or the connection on which its exchange has begun. */
  takeBack(call: Call): void {
    const { place } = call
    if (place !== undefined) {
      place.abandon()
      this.#vacate(place, call)
    } else if (!this.#turns.leave(call)) return
    this.#leave(call)
  }

  /** Rejects the calls that wait, lets those under way finish, and then calls back. */
  close(onQuiet: () => void): void {
    this.#onQuiet.push(onQuiet)
    if (!this.#isClosed) {
      this.#isClosed = true
      this.#pace.stepApart(this.#turningAway)
    }
    if (this.#underWay === 0) this.#quiet()
  }

  #end(place: Place, call: Call, end: CallEnd): void {
    this.#vacate(place, call)
    try {
      call.ended(this.#settle(call, end))
    } finally {
      this.#leave(call)
    }
  }

  /** The place goes to the next in line, which begins after the caller that left it has continued. */
  #vacate(place: Place, call: Call): void {
    call.place = undefined
    // Then those in line are turned away in their order.
    if (this.#isClosed) return
    const next = this.#turns.giveBack(place)
    if (next === undefined) return
    place.take(next)
    this.#pace.stepApart(place)
  }

  #leave({ cargo }: Call): void {
    if (cargo !== undefined) descriptorsUnderWay.delete(cargo)
    this.#underWay--
    if (this.#isClosed && this.#underWay === 0) this.#quiet()
  }

  /** One after the other, each in a separate step. */
  readonly #turningAway: Walker = {
    walk: () => {
      const call = this.#turns.turnAway()
      if (call === undefined) return
      this.#pace.stepApart(this.#turningAway)
      try {
        call.ended(new ClientClosed({ path: this.#settings.path }))
      } finally {
        this.#leave(call)
      }
    }
  }

  #quiet(): void {
    for (const place of this.#places) place.disconnect()
    for (const onQuiet of this.#onQuiet.splice(0)) onQuiet()
  }

  /** What the answer says of the request: on success what was saved is the cache's, and closed here. */
  #settle({ cargo, request }: Call, end: CallEnd): CallEnd {
    if (end._tag !== "Answered") return end
    const { status } = end.reply
    if (status !== Reply.Status.ok) {
      // A find that brought nothing is no error.
      const isFind = request._tag === "FindEndpoint" || request._tag === "FindDestination"
      if (isFind && status === Reply.Status.failed) return end
      return new RequestRefused({ path: this.#settings.path, request: Request.wireName(request), status })
    }
    try {
      // A file is this program's own. A socket may have been found before, and its maker may have set it to linger.
      if (cargo !== undefined && isPollable(this.#calls.socketKind(cargo))) this.letGo(cargo)
      else cargo?.close()
    } catch (cause) {
      return new Defect(cause)
    }
    return end
  }
}

/** Makes a client in the event loop of its caller. */
export const makeClient = Effect.fnUntraced(function* (
  options: ClientOptions
): Effect.fn.Return<Client, SettingsError, SystemCalls | Readiness> {
  return new Client(yield* makeSettings(options), yield* SystemCalls, yield* Readiness, yield* hostLoop)
})
