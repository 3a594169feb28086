/**
 * The one error this package throws: a defect in the program that uses it.
 */
import { Schema } from "effect"

/**
 * Thrown when the store is used in a way that cannot be meant; nothing was changed.
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
export class StoreDefect extends Schema.TaggedError<StoreDefect>()("StoreDefect", {
  reason: Schema.Literals(["LeaseSettled", "BadTtl", "BadTime", "BadBound", "Foreign", "Misplaced"]),
  message: Schema.String
}) {}
