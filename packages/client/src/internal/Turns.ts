import { Effect } from "effect"

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
  readonly #placesMax: number
  readonly #waitingMax: number
  /** In the order of their coming. */
  readonly #waiting = new Set<Ticket<Place>>()
  #onQuiet: (() => void) | undefined

  constructor(places: ReadonlyArray<Place>, waitingMax: number) {
    this.#free = [...places]
    this.#placesMax = places.length
    this.#waitingMax = waitingMax
  }

  /** Lines up; undefined when too many wait already. */
  draw(): Ticket<Place> | undefined {
    const place = this.#free.pop()
    if (place === undefined && this.#waiting.size >= this.#waitingMax) return undefined
    const ticket: Ticket<Place> = { place, wake: undefined }
    if (place === undefined) this.#waiting.add(ticket)
    return ticket
  }

  /** Completes when the ticket has its place, or when everybody who waits was turned away. */
  readonly turnOf = (ticket: Ticket<Place>): Effect.Effect<void> =>
    Effect.callback<void>((resume) => {
      if (!this.#waiting.has(ticket)) return resume(Effect.void)
      ticket.wake = () => resume(Effect.void)
    })

  /** Ends a ticket: its place goes to the next in line. */
  giveBack(ticket: Ticket<Place>): void {
    this.#waiting.delete(ticket)
    const place = ticket.place
    if (place === undefined) return
    ticket.place = undefined
    const [next] = this.#waiting
    if (next === undefined) {
      this.#free.push(place)
      if (this.#free.length === this.#placesMax) this.#onQuiet?.()
      return
    }
    this.#waiting.delete(next)
    next.place = place
    next.wake?.()
  }

  /** Turns everybody away who waits: their turn comes without a place. */
  turnAway(): void {
    const waiting = [...this.#waiting]
    this.#waiting.clear()
    for (const ticket of waiting) ticket.wake?.()
  }

  /** Completes when no place is taken. */
  readonly quiet: Effect.Effect<void> = Effect.callback<void>((resume) => {
    if (this.#free.length === this.#placesMax) return resume(Effect.void)
    this.#onQuiet = () => resume(Effect.void)
  })
}
