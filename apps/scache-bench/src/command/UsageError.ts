import { Schema } from "effect"

/** The command line cannot be carried out as it stands; nothing was started. */
export class UsageError extends Schema.TaggedError<UsageError>()("UsageError", {
  /** What was wrong, and what would be right: one line. */
  message: Schema.String
}) {}
