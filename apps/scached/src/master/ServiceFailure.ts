import { Schema } from "effect"

/** The service cannot run, for a reason that an operator can mend; it goes to the log as a fatal error. */
export class ServiceFailure extends Schema.TaggedError<ServiceFailure>()("ServiceFailure", {
  /** What was wrong, and what would be right: one line. */
  message: Schema.String,
  /** What else was wrong, a line each: to be mended along with it, since master(8) waits a minute after each failure. */
  others: Schema.optionalKey(Schema.Array(Schema.String))
}) {}
