import { Schema } from "effect"

/**
 * Something in the laboratory did not go as it must: what was tried, what happened, and what helps.
 *
 * @category errors
 */
export class LabFailure extends Schema.TaggedError<LabFailure>()("LabFailure", {
  /** What was being done, for instance `start Postfix`. */
  attempt: Schema.String,
  /** What happened instead, with the output of the program concerned. */
  found: Schema.String
}) {
  override get message(): string {
    return `could not ${this.attempt}: ${this.found}`
  }
}

/**
 * The failure for an exception that a library threw during `attempt`.
 *
 * @category errors
 */
export const labFailure =
  (attempt: string) =>
  (cause: unknown): LabFailure =>
    new LabFailure({ attempt, found: cause instanceof Error ? cause.message : String(cause) })
