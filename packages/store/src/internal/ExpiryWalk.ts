import type { Expiring, ExpiryIndex, ExpiryLane } from "../ExpiryIndex.ts"

/**
 * A walk over the entries of an expiry index that goes on in portions, while entries come and go in between.
 *
 * It visits the entries that were added from `fromOrder` up to the walk's start, lane by lane. It needs nothing of the index: an entry that is
 * saved or removed costs no more during a walk. An entry that leaves meanwhile is passed over.
 */
export class ExpiryWalk<E extends Expiring<E>> {
  readonly #lanes: ReadonlyArray<ExpiryLane<E>>
  readonly #fromOrder: number
  /** What was added from this order on is left out, so that the walk ends however fast entries are added. */
  readonly endOrder: number
  #lane = 0
  /** The entries of the last portion in the present lane. The walk goes on behind the last one that is still in its place. */
  #trail: Array<{ readonly entry: E; readonly order: number }> = []

  constructor(index: ExpiryIndex<E>, fromOrder = 0) {
    this.#lanes = index.lanes()
    this.#fromOrder = fromOrder
    this.endOrder = index.nextOrder
  }

  get isOver(): boolean {
    return this.#lane === this.#lanes.length
  }

  /** Visits entries, after at most `stepsMax` steps; returns how many steps it took. */
  next(stepsMax: number, visit: (entry: E, ttlMillis: number) => void): number {
    let steps = 0
    while (steps < stepsMax) {
      const lane = this.#lanes[this.#lane]
      if (lane === undefined) break
      let entry = this.#resume(lane)
      this.#trail = []
      for (; entry !== undefined && entry.order < this.endOrder && steps < stepsMax; steps++) {
        if (entry.order >= this.#fromOrder) visit(entry, lane.key)
        this.#trail.push({ entry, order: entry.order })
        entry = entry.later
      }
      if (entry !== undefined && entry.order < this.endOrder) break
      this.#lane++
      this.#trail = []
      // A lane that is empty by now is a step too: there may be as many lanes as entries.
      steps++
    }
    return steps
  }

  #resume(lane: ExpiryLane<E>): E | undefined {
    // It has closed: its last entry has left.
    if (lane.heapIndex === -1) return undefined
    const last = this.#trail.at(-1)
    if (last === undefined) return lane.first
    for (const { entry, order } of this.#trail.toReversed()) {
      if (entry.lane === lane && entry.order === order) return entry.later
    }
    // All of them have left. Those before them mostly have too, since what expires leaves from the front.
    let entry: E | undefined = lane.first
    while (entry !== undefined && entry.order <= last.order) entry = entry.later
    return entry
  }
}
