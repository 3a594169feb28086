import type { Descriptor } from "@scached/fdpass"
import type { EventLoop } from "../EventLoop.ts"

/** Closes a turn, at 3 to 10 µs each: what a turn of many clients takes is not noticeably longer for them. */
const closesPerTurnMax = 32
/** Closes that wait. What watches for peers that leave takes no more of them than there is room for. */
const waitingMax = 256
/** With room for fewer descriptors than that, none stays open for longer than it must. */
const descriptorRoomMin = 512

interface Waiting {
  readonly descriptor: Descriptor
  readonly onClosed: () => void
}

/**
 * Closes of descriptors that other processes have made, some a turn.
 *
 * Peers leave by the thousand: when the process at the far end stops, or at a time that many connections share. Closing 256 in one turn took
 * up to 20 ms.
 */
export class DeferredCloses {
  /** How many more descriptors this process may have. */
  descriptorRoom: () => number = () => Number.POSITIVE_INFINITY
  readonly #loop: EventLoop
  readonly #waiting: Array<Waiting> = []
  #leftThisTurn = closesPerTurnMax
  #isClosed = false

  constructor(loop: EventLoop) {
    this.#loop = loop
  }

  /** Descriptors that wait. */
  get size(): number {
    return this.#waiting.length
  }

  /** How many more can wait. */
  get room(): number {
    return waitingMax - this.#waiting.length
  }

  beginTurn(): void {
    this.#leftThisTurn = closesPerTurnMax
  }

  /** Closes it at once where this turn's share is not used up, or where it cannot wait. */
  add(descriptor: Descriptor, onClosed: () => void): void {
    const mayWait = !this.#isClosed && this.room > 0 && this.descriptorRoom() >= descriptorRoomMin
    if (!mayWait || (this.#waiting.length === 0 && this.#leftThisTurn > 0)) {
      this.#leftThisTurn--
      this.#loop.calls.letGo(descriptor)
      return onClosed()
    }
    this.#waiting.push({ descriptor: descriptor.take(), onClosed })
    if (this.#waiting.length === 1) this.#loop.postpone(this.#work)
  }

  /** Closes those that wait at once. */
  close(): void {
    this.#isClosed = true
    for (const { descriptor } of this.#waiting.splice(0)) this.#loop.calls.letGo(descriptor)
  }

  readonly #work = (): void => {
    const due = this.#waiting.splice(0, Math.max(1, this.#leftThisTurn))
    this.#leftThisTurn -= due.length
    // First, so that one whose owner throws does not cost the others theirs.
    if (this.#waiting.length > 0) this.#loop.postpone(this.#work)
    for (const { descriptor } of due) this.#loop.calls.letGo(descriptor)
    for (const { onClosed } of due) this.#tell(onClosed)
  }

  #tell(onClosed: () => void): void {
    try {
      onClosed()
    } catch (defect) {
      this.#loop.onDefect(defect)
    }
  }
}
