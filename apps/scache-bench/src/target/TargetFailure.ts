import { Schema } from "effect"

/** A cache could not be started, or not be reached. */
export class TargetFailure extends Schema.TaggedError<TargetFailure>()("TargetFailure", {
  target: Schema.String,
  /** What was tried. */
  attempt: Schema.String,
  reason: Schema.String
}) {
  override get message(): string {
    return `target ${this.target}: cannot ${this.attempt}: ${this.reason}`
  }
}
