/** A callback that is due at a moment; made by `TimerHeap.add`. */
export class Timer {
  /** Place in the heap, -1 when it has run or was cancelled. */
  position = -1
  readonly deadlineMillis: number
  /** Order of adding: timers that are due at the same moment run in it. */
  readonly sequence: number
  readonly run: () => void

  constructor(deadlineMillis: number, sequence: number, run: () => void) {
    this.deadlineMillis = deadlineMillis
    this.sequence = sequence
    this.run = run
  }
}

const isBefore = (a: Timer, b: Timer): boolean =>
  a.deadlineMillis < b.deadlineMillis || (a.deadlineMillis === b.deadlineMillis && a.sequence < b.sequence)

/** Timers in the order of their deadlines: a binary heap whose members know their place, so that cancelling needs no search. */
export class TimerHeap {
  readonly #timers: Array<Timer> = []
  #sequence = 0

  get size(): number {
    return this.#timers.length
  }

  /** The earliest deadline, undefined when nothing is pending. */
  get nextDeadlineMillis(): number | undefined {
    return this.#timers[0]?.deadlineMillis
  }

  add(deadlineMillis: number, run: () => void): Timer {
    const timer = new Timer(deadlineMillis, this.#sequence++, run)
    this.#timers.push(timer)
    this.#rise(timer, this.#timers.length - 1)
    return timer
  }

  cancel(timer: Timer): void {
    const position = timer.position
    if (position < 0) return
    timer.position = -1
    const last = this.#timers.pop()
    if (last === undefined || last === timer) return
    this.#place(last, position)
  }

  /** The sequence that the next timer gets. */
  get nextSequence(): number {
    return this.#sequence
  }

  /** Takes out the next timer that is due and was added before the one of that sequence, undefined when none is. */
  takeDue(nowMillis: number, beforeSequence = Number.POSITIVE_INFINITY): Timer | undefined {
    const first = this.#timers[0]
    if (first === undefined || first.deadlineMillis > nowMillis || first.sequence >= beforeSequence) return undefined
    this.cancel(first)
    return first
  }

  #place(timer: Timer, position: number): void {
    const parent = this.#timers[(position - 1) >> 1]
    if (position > 0 && parent !== undefined && isBefore(timer, parent)) this.#rise(timer, position)
    else this.#sink(timer, position)
  }

  #rise(timer: Timer, from: number): void {
    let position = from
    while (position > 0) {
      const above = (position - 1) >> 1
      const parent = this.#timers[above]
      if (parent === undefined || !isBefore(timer, parent)) break
      this.#put(parent, position)
      position = above
    }
    this.#put(timer, position)
  }

  #sink(timer: Timer, from: number): void {
    let position = from
    for (;;) {
      const left = this.#timers[2 * position + 1]
      if (left === undefined) break
      const right = this.#timers[2 * position + 2]
      const child = right !== undefined && isBefore(right, left) ? right : left
      if (!isBefore(child, timer)) break
      const below = child.position
      this.#put(child, position)
      position = below
    }
    this.#put(timer, position)
  }

  #put(timer: Timer, position: number): void {
    this.#timers[position] = timer
    timer.position = position
  }
}
