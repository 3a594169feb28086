import { Schema } from "effect"

/** Why scached is not installed, and what to do. */
export class InstallFailure extends Schema.TaggedError<InstallFailure>()("InstallFailure", {
  why: Schema.String
}) {
  override get message(): string {
    return this.why
  }
}
