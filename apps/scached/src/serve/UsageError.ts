import { Schema } from "effect"

/** The command line, or the main.cf that it names, cannot be carried out as it stands; nothing was created. */
export class UsageError extends Schema.TaggedError<UsageError>()("UsageError", {
  /** What was wrong, and what would be right: a line for each thing, at least one. */
  messages: Schema.Array(Schema.String)
}) {
  static of(message: string): UsageError {
    return new UsageError({ messages: [message] })
  }

  override get message(): string {
    return this.messages.join("\n")
  }
}
