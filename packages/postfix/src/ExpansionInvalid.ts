import { Schema } from "effect"
import { shown } from "./internal/characters.ts"

const explanations = {
  "empty name": 'a parameter name is missing after "$"; write $$ for a dollar',
  "not closed": "a bracket is not closed",
  "unbalanced braces": "a brace is not closed within the brackets around it",
  "bad name": "a parameter name holds letters, digits and _ only",
  "operator expected":
    "a comparison is ==, !=, <, <=, > or >= between {text} and {text}, or one of these with level behind it, as in <=level",
  "operand expected": "the right side of a comparison is {text}, in braces",
  "choice expected": 'after a comparison stands "?", ":" or nothing',
  "colon expected": 'after ?{text} stands ":" or nothing',
  "unexpected text": "nothing more may follow the last {text}",
  "unknown function": "the functions are domain_to_ascii and domain_to_utf8",
  "bad domain": "the text in braces is no domain name",
  "bad level": "a compatibility level is written like 3.6, with at most two dots",
  "number too large": "numbers are compared up to 9223372036854775807",
  "nested too deeply": "parameters are nested more than 100 deep: does one refer to itself?",
  "too long": "the value is longer than 1048576 characters, or takes more than 100000 steps to expand"
} as const

/**
 * What can be wrong in a value that is expanded.
 *
 * @category errors
 */
export type ExpansionFault = keyof typeof explanations

const faults = Schema.Literals([
  "empty name",
  "not closed",
  "unbalanced braces",
  "bad name",
  "operator expected",
  "operand expected",
  "choice expected",
  "colon expected",
  "unexpected text",
  "unknown function",
  "bad domain",
  "bad level",
  "number too large",
  "nested too deeply",
  "too long"
])

/**
 * A value cannot be expanded. `found` is the text in question; `through` the parameters on the way to it, the outermost first.
 *
 * @category errors
 */
export class ExpansionInvalid extends Schema.TaggedError<ExpansionInvalid>()("ExpansionInvalid", {
  fault: faults,
  found: Schema.String,
  through: Schema.Array(Schema.String)
}) {
  override get message(): string {
    const through = this.through.length === 0 ? "" : ` (through ${this.through.map((name) => `$${name}`).join(", ")})`
    return `"${shown(this.found)}"${through}: ${explanations[this.fault]}`
  }
}
