import { Effect } from "effect"
import type { Pace } from "./Pace.ts"

/** What a call holds while it waits for its turn, and while it has it. */
export interface Ticket<Place> {
  /** The place it has got; undefined while it waits, and afterwards. */
  place: Place | undefined
  wake: (() => void) | undefined
}

/**
 * Hands out a fixed number of places, first come first served.
 *
 * A ticket is drawn and given back in plain code, so that an interruption at any point between finds it whole: whoever has drawn one
 * gives it back, whether the place had come or not.
 */
export class Turns<Place> {
  readonly #free: Array<Place>
  readonly #waitingMax: number
  readonly #pace: Pace
  /** In the order of their coming. */
  readonly #waiting = new Set<Ticket<Place>>()
  #drawn = 0
  #isTurningAway = false
  #onQuiet: (() => void) | undefined

  constructor(places: ReadonlyArray<Place>, waitingMax: number, pace: Pace) {
    this.#free = [...places]
    this.#waitingMax = waitingMax
    this.#pace = pace
  }

  /** Lines up; undefined when too many wait already. */
  draw(): Ticket<Place> | undefined {
    const place = this.#free.pop()
    if (place === undefined && this.#waiting.size >= this.#waitingMax) return undefined
    const ticket: Ticket<Place> = { place, wake: undefined }
    this.#drawn++
    if (place === undefined) this.#waiting.add(ticket)
    return ticket
  }

  /** Completes when the ticket has its place, or when everybody who waits was turned away; with the first step of what follows. */
  readonly turnOf = (ticket: Ticket<Place>): Effect.Effect<void> =>
    Effect.suspend(() =>
      this.#waiting.has(ticket)
        ? Effect.callback<void>((resume) => {
            ticket.wake = () => resume(this.#pace.stepApart)
          })
        : this.#pace.step
    )

  /** Ends a ticket, once: its place goes to the next in line. */
  giveBack(ticket: Ticket<Place>): void {
    this.#waiting.delete(ticket)
    const place = ticket.place
    ticket.place = undefined
    if (this.#isTurningAway) {
      if (place !== undefined) this.#free.push(place)
      this.#wakeNext(undefined)
    } else if (place !== undefined && !this.#wakeNext(place)) this.#free.push(place)
    this.#drawn--
    if (this.#drawn === 0) this.#onQuiet?.()
  }

  /** Turns everybody away who waits, one after the other: their turn comes without a place, when the one before has left. */
  turnAway(): void {
    this.#isTurningAway = true
    this.#wakeNext(undefined)
  }

  /** Completes when nobody has a place, or waits for one. */
  readonly quiet: Effect.Effect<void> = Effect.callback<void>((resume) => {
    if (this.#drawn === 0) return resume(Effect.void)
    this.#onQuiet = () => resume(Effect.void)
  })

  /** False when nobody waits. */
  #wakeNext(place: Place | undefined): boolean {
    const [next] = this.#waiting
    if (next === undefined) return false
    this.#waiting.delete(next)
    next.place = place
    next.wake?.()
    return true
  }
}
