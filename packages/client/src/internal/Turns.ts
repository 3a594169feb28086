/** What a call has of the places: one, or none while it waits. */
export interface Ticket<Place> {
  place: Place | undefined
}

/** Hands out a fixed number of places, first come first served. A holder gives its place back, and a waiting call may leave the line. */
export class Turns<Place, Waiting extends Ticket<Place>> {
  readonly #free: Array<Place>
  readonly #waitingMax: number
  /** In the order of their coming. */
  readonly #waiting = new Set<Waiting>()

  constructor(places: ReadonlyArray<Place>, waitingMax: number) {
    this.#free = [...places]
    this.#waitingMax = waitingMax
  }

  /** Gives it a place, or lines it up where there is none; false when too many wait already. */
  draw(ticket: Waiting): boolean {
    ticket.place = this.#free.pop()
    if (ticket.place !== undefined) return true
    if (this.#waiting.size >= this.#waitingMax) return false
    this.#waiting.add(ticket)
    return true
  }

  /** Ends the use of a place; returns the next in line, who has it now. */
  giveBack(place: Place): Waiting | undefined {
    const next = this.turnAway()
    if (next === undefined) this.#free.push(place)
    else next.place = place
    return next
  }

  /** Takes the first out of the line, without a place. */
  turnAway(): Waiting | undefined {
    if (this.#waiting.size === 0) return undefined
    for (const first of this.#waiting) {
      this.#waiting.delete(first)
      return first
    }
    return undefined
  }

  /** Takes a call out of the line; false if it is not in it. */
  leave(ticket: Waiting): boolean {
    return this.#waiting.delete(ticket)
  }
}
