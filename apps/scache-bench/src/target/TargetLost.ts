import { Schema } from "effect"

/** A cache that was being loaded has ended: what it answered until then was right or wrong, and its end is no answer. */
export class TargetLost extends Schema.TaggedError<TargetLost>()("TargetLost", {
  target: Schema.String,
  /** How it ended, on one line. */
  reason: Schema.String
}) {
  override get message(): string {
    return `target ${this.target} was lost while it was loaded: ${this.reason}`
  }
}
