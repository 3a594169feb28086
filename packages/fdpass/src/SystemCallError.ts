import { Schema } from "effect"
import { Errno, errnoExplanation, errnoName } from "./Errno.ts"

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
    return `${this.operation}${subject}: ${errnoExplanation(this.errno)} (${this.errnoName})${this.#hint}`
  }

  /** Linux 6.16 and later refuse to pass a descriptor to a socket whose maker has forbidden it, and say no more than EPERM. */
  get #hint(): string {
    const isForbidden = this.operation === "sendmsg" && this.errno === Errno.EPERM
    return isForbidden ? ": the receiver takes no descriptors, SO_PASSRIGHTS is off" : ""
  }
}

/**
 * The error for a negated errno that a system call returned.
 *
 * @category errors
 */
export const systemCallError = (operation: string, negatedErrno: number, subject = ""): SystemCallError =>
  new SystemCallError({ operation, errno: -negatedErrno, subject })
