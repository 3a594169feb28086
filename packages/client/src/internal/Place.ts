import type { Descriptor, ReceiveBuffer, SystemCalls } from "@scached/fdpass"
import { AnswerTimeout, type AttemptFailure, CacheUnavailable, ClientClosed, SaveUncertain } from "../ClientError.ts"
import type { ClientSettings } from "../ClientSettings.ts"
import type { ReadinessShape } from "../Readiness.ts"
import type { Alarm, Sleeper } from "./Alarm.ts"
import { CacheConnection, type ConnectionSurroundings } from "./CacheConnection.ts"
import { type Call, type CallEnd, Defect } from "./Call.ts"
import type { HostLoop } from "./HostLoop.ts"
import type { Pace, Walker } from "./Pace.ts"
import type { Rest } from "./Rest.ts"

/** What the places of one client have in common. */
export interface PlaceSurroundings {
  readonly settings: ClientSettings
  readonly calls: SystemCalls["Service"]
  readonly readiness: ReadinessShape
  readonly loop: HostLoop
  readonly pace: Pace
  readonly alarm: Alarm
  readonly rest: Rest
  readonly buffer: ReceiveBuffer
  readonly letGo: (descriptor: Descriptor) => void
  readonly isClosed: () => boolean
  readonly onEnd: (place: Place, call: Call, end: CallEnd) => void
}

/**
 * How often an attempt gets its time again, where a part of the answer was there when its time was over. A cache that sends crumbs must not have a
 * request for ever.
 */
const extensionsMax = 3

/** What its next step is, or what it waits for. */
type Phase = "free" | "beginning" | "exchanging" | "late" | "pausing"

/**
 * Room for one connection to the cache. It carries out one call after the other: the attempts that a request has, in their time, and the
 * pauses between them, as smtp(8) makes them.
 *
 * It is plain code, driven by its turns, its socket and the alarm, and it allocates nothing for each call: as fibers a
 * request left 17 KB to the garbage collector.
 */
export class Place implements Walker, Sleeper {
  dueMillis = Number.POSITIVE_INFINITY
  readonly #surroundings: PlaceSurroundings
  readonly #forConnection: ConnectionSurroundings
  #phase: Phase = "free"
  #call: Call | undefined
  #attempts = 0
  #connection: CacheConnection | undefined
  /** Whether the connection was there before the attempt. */
  #isReused = false
  #extensions = 0

  constructor(surroundings: PlaceSurroundings) {
    this.#surroundings = surroundings
    const { alarm, buffer, calls, letGo, pace, readiness } = surroundings
    this.#forConnection = { calls, readiness, buffer, letGo, onReady: () => pace.step(this) }
    alarm.add(this)
  }

  /** Takes a call on, to be begun with its first step. */
  take(call: Call): void {
    this.#call = call
    this.#attempts = 0
    this.#phase = "beginning"
  }

  /** Goes on as far as it can without waiting. */
  walk(): void {
    const call = this.#call
    if (call === undefined) throw new Error("a step without a call")
    const end = this.#walk(call)
    if (end === undefined) return
    this.#call = undefined
    this.#phase = "free"
    this.#surroundings.onEnd(this, call, end)
    // The next in line may have the place by now, and sets the alarm again. Clearing it would mean checking for other sleepers.
    if (this.#call === undefined) this.#surroundings.alarm.clear(this)
  }

  /** The time is up that the alarm was set for; by the last call, where the next one has not begun yet. */
  wake(): void {
    if (this.#phase === "pausing") this.#phase = "beginning"
    else if (this.#phase === "exchanging") {
      this.#phase = "late"
      this.#connection?.callOffWait()
    } else return
    this.#surroundings.pace.step(this)
  }

  /** Gives the call up. A connection that was left in the middle of an exchange cannot be used: its next bytes are unknown. */
  abandon(): void {
    if (this.#phase === "exchanging" || this.#phase === "late") this.disconnect()
    this.#surroundings.pace.leave(this)
    this.#surroundings.alarm.clear(this)
    this.#call = undefined
    this.#phase = "free"
  }

  disconnect(): void {
    const connection = this.#connection
    this.#connection = undefined
    connection?.close()
  }

  /** One step; undefined when there are more to come. */
  #walk(call: Call): CallEnd | undefined {
    try {
      switch (this.#phase) {
        case "beginning":
          return this.#attempt(call)
        case "exchanging":
          return this.#advance(call)
        case "late":
          return this.#judge(call)
        default:
          throw new Error(`a step while ${this.#phase}`)
      }
    } catch (cause) {
      this.disconnect()
      return new Defect(cause)
    }
  }

  /** Begins an attempt, over a connection that is there already when it is still good. */
  #attempt(call: Call): CallEnd | undefined {
    const { alarm, isClosed, loop, rest, settings } = this.#surroundings
    const { answerMillisMax, path } = settings
    if (isClosed()) return new ClientClosed({ path })
    const nowMillis = loop.nowMillis()
    const resting = rest.at(nowMillis)
    if (resting !== undefined) return new CacheUnavailable({ path, attempts: this.#attempts, ...resting })
    this.#attempts++
    this.#extensions = 0
    alarm.set(this, nowMillis + answerMillisMax, nowMillis)
    if (this.#connection?.isUsable() === false) this.disconnect()
    this.#isReused = this.#connection !== undefined
    return this.#exchange(call)
  }

  #exchange(call: Call): CallEnd | undefined {
    const connection = this.#connection ?? CacheConnection.open(this.#surroundings.settings.path, this.#forConnection)
    if (!(connection instanceof CacheConnection)) return this.#failed(connection)
    this.#connection = connection
    this.#phase = "exchanging"
    return connection.begin(call.request) ?? this.#advance(call)
  }

  #advance(call: Call): CallEnd | undefined {
    const connection = this.#connection
    if (connection === undefined) throw new Error("an exchange without a connection")
    const progress = connection.advance(call.cargo)
    if (progress === "done") {
      this.#surroundings.rest.end()
      return connection.takeEnding()
    }
    if (typeof progress === "string") {
      connection.wait(progress)
      return undefined
    }
    if (!this.#isReused || connection.hasSentCargo) return this.#failed(progress)
    // A cache may close an idle connection, or restart, at the very moment when the connection is used again. That is no
    // failure, and needs no pause; unless the descriptor has left.
    this.disconnect()
    this.#isReused = false
    return this.#exchange(call)
  }

  /**
   * Its time is over. After SIGSTOP, in a virtual machine that was paused, and behind a long task of the program the clock says so although the
   * answer has been in the socket for long: what is there counts.
   */
  #judge(call: Call): CallEnd | undefined {
    const { alarm, loop, rest, settings } = this.#surroundings
    const { answerMillisMax } = settings
    const connection = this.#connection
    if (connection === undefined) throw new Error("a late exchange without a connection")
    const before = connection.reads
    const progress = connection.advance(call.cargo)
    if (progress === "done") {
      rest.end()
      return connection.takeEnding()
    }
    if (typeof progress !== "string") return this.#failed(progress)
    if (connection.reads === before || this.#extensions === extensionsMax)
      return this.#failed(new AnswerTimeout({ answerMillisMax }))
    this.#extensions++
    this.#phase = "exchanging"
    const nowMillis = loop.nowMillis()
    alarm.set(this, nowMillis + answerMillisMax, nowMillis)
    connection.wait(progress)
    return undefined
  }

  /** Ends an attempt that failed; undefined when there is another one after a pause. */
  #failed(reason: AttemptFailure): CallEnd | undefined {
    const { alarm, isClosed, loop, rest, settings } = this.#surroundings
    const { attemptsMax, path, retryMillis } = settings
    const isUncertain = this.#connection?.hasSentCargo === true
    this.disconnect()
    if (isUncertain) return new SaveUncertain({ path, reason })
    const nowMillis = loop.nowMillis()
    if (this.#attempts >= attemptsMax) {
      const restMillis = rest.begin(nowMillis, reason)
      return new CacheUnavailable({ path, attempts: this.#attempts, reason, restMillis })
    }
    if (isClosed()) return new ClientClosed({ path })
    this.#phase = "pausing"
    alarm.set(this, nowMillis + retryMillis, nowMillis)
    return undefined
  }
}
