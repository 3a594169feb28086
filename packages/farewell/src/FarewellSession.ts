import type { Farewell } from "./Farewell.ts"

/**
 * How a farewell ended.
 *
 * - `ended`: it was said, and the far end closed the connection.
 * - `late`: it was said, and the far end did not close in time.
 * - `cut`: it was said, and its driver could not wait any longer.
 * - `silent`: nothing was said, since the far end had spoken or left.
 * - `refused`: the connection did not take all of it in one go.
 * - `unable`: nothing was said, since its driver could not.
 *
 * @category models
 */
export type FarewellResult = "ended" | "late" | "cut" | "silent" | "refused" | "unable"

/**
 * All results, in the order in which they are counted.
 *
 * @category constants
 */
export const farewellResults: ReadonlyArray<FarewellResult> = ["ended", "late", "cut", "silent", "refused", "unable"]

/**
 * What the driver of a farewell is to do next.
 *
 * - `Say`: look whether there is anything to read; only if nothing has come, write the octets in one go, without waiting. Then call `said`
 *   or `notSilent`.
 * - `AwaitEnd`: wait until the far end closes, for so long at most; do not read, do not shut anything down. Then call `farEnded` or `timedOut`.
 * - `Drain`: read what is there, up to so many bytes, and throw it away, since a close with unread bytes is a reset. Then call `drained`.
 * - `Close`: close the descriptor.
 *
 * @category models
 */
export type FarewellStep =
  | { readonly _tag: "Say"; readonly octets: Uint8Array }
  | { readonly _tag: "AwaitEnd"; readonly millis: number }
  | { readonly _tag: "Drain"; readonly bytesMax: number }
  | { readonly _tag: "Close"; readonly result: FarewellResult }

/** More than any server answers to a farewell. */
const drainBytesMax = 4_096

const drain: FarewellStep = { _tag: "Drain", bytesMax: drainBytesMax }

/** An event that cannot be in this state; always a programming error. */
const misuse = (event: string, state: string): Error => new Error(`a farewell that is ${state} was told: ${event}`)

/**
 * The way of one connection out of the cache, as a state machine that touches nothing: it says what is to be written, what is to be waited
 * for, and when nothing is sent. Every way ends with exactly one `Close`.
 *
 * The answer is not parsed: it may have several lines, come in pieces, be an error, or never come. What counts is the end of the stream.
 *
 * @category sessions
 */
export class FarewellSession {
  readonly farewell: Farewell
  readonly #waitMillis: number
  #state: "new" | "saying" | "waiting" | "draining" | "over" = "new"
  #result: FarewellResult = "unable"

  /** `waitMillis` is how long the far end has for closing; at 0 its answer is not waited for. */
  constructor(farewell: Farewell, waitMillis: number) {
    this.farewell = farewell
    this.#waitMillis = waitMillis
  }

  /** Where it is. */
  get state(): "new" | "saying" | "waiting" | "draining" | "over" {
    return this.#state
  }

  /** Begins. */
  start(): FarewellStep {
    if (this.#state !== "new") throw misuse("start", this.#state)
    this.#state = "saying"
    return { _tag: "Say", octets: this.farewell.octets }
  }

  /** The write took so many octets; a negative number is an error's. */
  said(octets: number): FarewellStep {
    if (this.#state !== "saying") throw misuse("said", this.#state)
    if (octets !== this.farewell.octets.length) return this.#drain("refused")
    if (this.#waitMillis <= 0) return this.#drain("cut")
    this.#state = "waiting"
    return { _tag: "AwaitEnd", millis: this.#waitMillis }
  }

  /** There is something to read, the far end has left, or the connection is broken: nothing was written. */
  notSilent(): FarewellStep {
    if (this.#state !== "saying") throw misuse("notSilent", this.#state)
    return this.#drain("silent")
  }

  /** The far end has closed, or the connection is broken. */
  farEnded(): FarewellStep {
    if (this.#state !== "waiting") throw misuse("farEnded", this.#state)
    return this.#drain("ended")
  }

  /** The time is over. */
  timedOut(): FarewellStep {
    if (this.#state !== "waiting") throw misuse("timedOut", this.#state)
    return this.#drain("late")
  }

  /** What was there has been read, or could not be. */
  drained(): FarewellStep {
    if (this.#state !== "draining") throw misuse("drained", this.#state)
    return this.#close()
  }

  /** The driver needs the room, or ends: what was said counts, and nothing is waited for. Undefined when a step is under way. */
  hurry(): FarewellStep | undefined {
    switch (this.#state) {
      case "new":
        return this.#close()
      case "waiting":
        return this.#drain("cut")
      default:
        return undefined
    }
  }

  /** The driver cannot do the step that it was given. */
  failed(): FarewellStep {
    if (this.#state === "over") throw misuse("failed", this.#state)
    if (this.#state === "waiting") this.#result = "cut"
    return this.#close()
  }

  #drain(result: FarewellResult): FarewellStep {
    this.#result = result
    this.#state = "draining"
    return drain
  }

  #close(): FarewellStep {
    this.#state = "over"
    return { _tag: "Close", result: this.#result }
  }
}
