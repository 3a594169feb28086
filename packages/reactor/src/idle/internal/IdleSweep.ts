import type { Outcome, PollBatch } from "@scached/fdpass"
import type { EventLoop } from "../../loop/EventLoop.ts"
import type { IdleConnection } from "../IdleConnection.ts"
import { type IdleState, idleStateFrom } from "../IdleState.ts"
import type { IdleList } from "./IdleList.ts"

/**
 * Goes over a list of connections, looks at many with one system call, and tells of those that stirred.
 *
 * Nothing is written to a connection that rests: the garbage collector would have to look at it again soon for that.
 */
export class IdleSweep {
  readonly #loop: EventLoop
  readonly #list: IdleList
  readonly #batch: PollBatch
  readonly #looked: Array<IdleConnection | undefined> = []

  constructor(loop: EventLoop, list: IdleList, lookedPerTurnMax: number) {
    this.#loop = loop
    this.#list = list
    this.#batch = loop.calls.makePollBatch(lookedPerTurnMax)
  }

  /** The next look begins with the first of the list again. */
  restart(): void {
    this.#list.cursor = this.#list.first
  }

  /**
   * Looks at the next connections, at most as many as fit, for the given bits. `onIdle` is called for each that rests on, and may take it
   * out of the list. False once the whole list was seen.
   */
  look(bits: number, onIdle: (connection: IdleConnection) => void): boolean {
    const count = this.#collect(bits)
    if (count === 0) return false
    const outcome: Outcome = this.#loop.calls.poll(this.#batch, count)
    for (let index = 0; index < count; index++) {
      const connection = this.#looked[index]
      this.#looked[index] = undefined
      // Stopped by the handler of one before it.
      if (connection === undefined || connection.list !== this.#list) continue
      const state: IdleState = outcome > 0 ? idleStateFrom(this.#batch.readiness(index)) : "idle"
      if (state === "idle") onIdle(connection)
      else this.#tell(connection, state)
    }
    return this.#list.cursor !== undefined
  }

  #collect(bits: number): number {
    let count = 0
    let connection = this.#list.cursor
    for (; connection !== undefined && count < this.#batch.capacity; connection = connection.next) {
      this.#batch.put(count, connection.descriptor, bits)
      this.#looked[count++] = connection
    }
    this.#list.cursor = connection
    return count
  }

  /** One that throws must not cost the others their look. */
  #tell(connection: IdleConnection, state: Exclude<IdleState, "idle" | "unknown">): void {
    connection.stop()
    try {
      connection.onStirred(state)
    } catch (defect) {
      this.#loop.onDefect(defect)
    }
  }
}
