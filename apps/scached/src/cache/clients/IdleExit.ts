import type { EventLoop } from "@scached/reactor"
import { Deferred, Effect } from "effect"
import type { SettingsInForce } from "../../settings/CacheSettings.ts"
import type { Occupancy } from "../Occupancy.ts"
import type { Admission } from "./Admission.ts"

/** While clients cannot be accepted, it is not known whether any wait. */
const troubleMillis = 1_000

/**
 * Measures how long no client has been connected, and ends the server after that.
 *
 * A client that connects at that very moment must not be lost: waiting clients are accepted first, and after the decision to end none is
 * accepted, so that the kernel keeps new ones for the next server.
 */
export class IdleExit {
  readonly over: Effect.Effect<void>
  readonly #loop: EventLoop
  readonly #settings: SettingsInForce
  readonly #door: Admission
  readonly #occupancy: Occupancy
  readonly #over = Deferred.makeUnsafe<void>()
  readonly #empty = Deferred.makeUnsafe<void>()
  #cancel: (() => void) | undefined
  #isLeaving = false

  constructor(loop: EventLoop, settings: SettingsInForce, door: Admission, occupancy: Occupancy) {
    this.#loop = loop
    this.#settings = settings
    this.#door = door
    this.#occupancy = occupancy
    occupancy.observe(this)
    this.over = Deferred.await(this.#over)
  }

  /** Starts or stops the count, by whether a client is connected. */
  consider(): void {
    if (this.#isLeaving) {
      if (this.#occupancy.taken === 0) Deferred.doneUnsafe(this.#empty, Effect.void)
      return
    }
    this.#cancel?.()
    this.#cancel = undefined
    const { idleSecondsMax } = this.#settings.current
    if (idleSecondsMax > 0 && this.#occupancy.taken === 0) this.#arm(idleSecondsMax * 1000)
  }

  /** Serves those that still wait, to their end. */
  readonly serveLast: Effect.Effect<void> = Effect.suspend(() => {
    if (!this.#isLeaving) return Effect.void
    this.#door.resume()
    this.#acceptAll()
    this.#door.pause()
    return this.#occupancy.taken === 0 ? Effect.void : Deferred.await(this.#empty)
  })

  close(): void {
    this.#cancel?.()
    this.#cancel = undefined
  }

  #arm(millis: number): void {
    this.#cancel = this.#loop.at(this.#loop.nowMillis + millis, () => {
      this.#cancel = undefined
      if (!this.#door.isOpen) return this.#arm(troubleMillis)
      this.#door.acceptWaiting()
      if (this.#occupancy.taken > 0) return
      if (!this.#door.isOpen) return this.#arm(troubleMillis)
      this.#isLeaving = true
      this.#door.pause()
      Deferred.doneUnsafe(this.#over, Effect.void)
    })
  }

  /** As many as there are, and not only those of one turn: each pass takes some, or none is left. */
  #acceptAll(): void {
    for (let before = -1; before < this.#occupancy.taken; ) {
      before = this.#occupancy.taken
      this.#door.acceptWaiting()
    }
  }
}
