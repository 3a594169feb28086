import { Schema } from "effect"

/**
 * Descriptors were lost on their way in, since this process or the system has no room for more. Those that came are closed.
 *
 * @category errors
 */
export class DescriptorsLost extends Schema.TaggedError<DescriptorsLost>()("DescriptorsLost", {
  received: Schema.Number
}) {
  override get message(): string {
    return (
      `descriptors were lost on their way in, after ${this.received} had come: this process, or the system, has no room for more; ` +
      "close some, or raise RLIMIT_NOFILE. Those that came are closed"
    )
  }
}

/**
 * The sender ended before it had sent what was expected. What came is closed.
 *
 * @category errors
 */
export class DescriptorsMissing extends Schema.TaggedError<DescriptorsMissing>()("DescriptorsMissing", {
  expected: Schema.Number,
  received: Schema.Number
}) {
  override get message(): string {
    return `the sender ended after ${this.received} of ${this.expected} descriptors; those that came are closed`
  }
}

/**
 * More came than the receiver has room for. What came is closed.
 *
 * @category errors
 */
export class TransferTooLarge extends Schema.TaggedError<TransferTooLarge>()("TransferTooLarge", {
  limit: Schema.Literals(["bytesMax", "descriptorsMax"]),
  max: Schema.Number
}) {
  override get message(): string {
    return `more came than ${this.limit} allows, ${this.max}: raise it if the sender is to be trusted. What came is closed`
  }
}

/**
 * What is to be sent cannot be.
 *
 * @category errors
 */
export class TransferInvalid extends Schema.TaggedError<TransferInvalid>()("TransferInvalid", {
  what: Schema.String
}) {
  override get message(): string {
    return this.what
  }
}
