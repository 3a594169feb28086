/**
 * The one error this package throws: a defect in the program that uses it.
 */

/**
 * Why a `StoreDefect` was thrown.
 *
 * - `LeaseSettled`: a lease was committed or put back a second time.
 * - `BadTtl`: a ttl is not a finite number above 0.
 * - `BadTime`: a time is not a finite number.
 * - `BadBound`: a maximum is not an integer of at least 1, or a limit not one of at least 0.
 * - `Foreign`: the object was made by another store.
 * - `Misplaced`: an index entry was added twice, or behind one that expires later.
 *
 * @category errors
 */
export type StoreDefectReason = "LeaseSettled" | "BadTtl" | "BadTime" | "BadBound" | "Foreign" | "Misplaced"

/**
 * Thrown when the store is used in a way that cannot be meant; nothing was changed. A plain error, since it is no failure that a program handles, and
 * the store depends on nothing.
 *
 * @category errors
 */
export class StoreDefect extends Error {
  readonly _tag = "StoreDefect"
  readonly reason: StoreDefectReason
  override readonly name = "StoreDefect"

  constructor({ message, reason }: { readonly reason: StoreDefectReason; readonly message: string }) {
    super(message)
    this.reason = reason
  }
}
