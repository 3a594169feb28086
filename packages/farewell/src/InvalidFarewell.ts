import { Schema } from "effect"

/**
 * A word that names no farewell, or no label; `found` is the word as it was written.
 *
 * @category errors
 */
export class InvalidFarewell extends Schema.TaggedError<InvalidFarewell>()("InvalidFarewell", {
  found: Schema.String,
  expected: Schema.String
}) {
  override get message(): string {
    return `"${this.found}" is no farewell: expected ${this.expected}`
  }
}
