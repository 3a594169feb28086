/**
 * Who said what in a conversation, and the golden files that keep it.
 *
 * @category goldens
 */
import { Schema } from "effect"

/**
 * One side's turn: its bytes in hexadecimal, and whether they carry a descriptor.
 *
 * @category goldens
 */
export const Turn = Schema.Struct({
  from: Schema.Literals(["client", "server"]),
  bytes: Schema.String,
  descriptor: Schema.optionalKey(Schema.Literal(true))
})
/** @category goldens */
export type Turn = typeof Turn.Type

/**
 * A golden: a whole conversation between a real client and the real scache(8), or a scripted one with the real scache(8).
 *
 * @category goldens
 */
export const Golden = Schema.Struct({
  name: Schema.String,
  /** Where it comes from, in words: program, version, and what was done. */
  source: Schema.String,
  exchange: Schema.Array(Turn)
})
/** @category goldens */
export type Golden = typeof Golden.Type

/**
 * Collects the turns of one conversation. What one side says in several pieces is one turn, so that a golden does not depend on how
 * the kernel happened to split it.
 *
 * @category goldens
 */
export class Transcript {
  readonly #turns: Array<Turn> = []
  #paused = false

  record(from: Turn["from"], bytes: Uint8Array, descriptor = false): void {
    const hexadecimal = Buffer.from(bytes).toString("hex")
    const last = this.#turns.at(-1)
    if (descriptor) this.#turns.push({ from, bytes: hexadecimal, descriptor })
    else if (this.#paused || last?.from !== from || last.descriptor) this.#turns.push({ from, bytes: hexadecimal })
    else this.#turns[this.#turns.length - 1] = { from, bytes: last.bytes + hexadecimal }
    this.#paused = false
  }

  /** Notes that nobody spoke for a while: what follows is a turn of its own, whoever says it. */
  pause(): void {
    this.#paused = true
  }

  get exchange(): ReadonlyArray<Turn> {
    return this.#turns
  }
}
