import { Schema } from "effect"
import { errnoExplanation, errnoName } from "./Errno.ts"

/**
 * A system call failed: which one, with what error number, and on what.
 *
 * @category errors
 */
export class SystemCallError extends Schema.TaggedError<SystemCallError>()("SystemCallError", {
  /** The system call, as in its manual page: `bind`, `recvmsg`. */
  operation: Schema.String,
  /** The error number, positive. */
  errno: Schema.Number,
  /** What the call was made on, a path for instance; empty where there is nothing to say. */
  subject: Schema.String
}) {
  /** The error number's name, for instance `EADDRINUSE`. */
  get errnoName(): string {
    return errnoName(this.errno)
  }

  override get message(): string {
    const subject = this.subject === "" ? "" : ` ${this.subject}`
    return `${this.operation}${subject}: ${errnoExplanation(this.errno)} (${this.errnoName})`
  }
}

/**
 * The error for a negated errno that a system call returned.
 *
 * @category errors
 */
export const systemCallError = (operation: string, negatedErrno: number, subject = ""): SystemCallError =>
  new SystemCallError({ operation, errno: -negatedErrno, subject })
