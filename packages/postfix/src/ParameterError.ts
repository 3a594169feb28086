/**
 * The ways in which a parameter's value can be wrong. `value` is the expanded value, `origin` says where it was set.
 */
import { Schema } from "effect"
import { shown } from "./internal/characters.ts"

const kinds = Schema.Literals(["time", "integer", "boolean", "text", "choice", "fact"])

const wrong = {
  time: "bad time value or unit",
  integer: "not a whole number",
  boolean: "neither yes nor no",
  text: "not text",
  choice: "unknown value",
  fact: "not a value"
} as const

/**
 * A value is not of its parameter's kind.
 *
 * @category errors
 */
export class ParameterMalformed extends Schema.TaggedError<ParameterMalformed>()("ParameterMalformed", {
  name: Schema.String,
  value: Schema.String,
  kind: kinds,
  expected: Schema.String,
  origin: Schema.String
}) {
  override get message(): string {
    return `parameter ${this.name}: ${wrong[this.kind]}: ${shown(this.value)} (${this.origin}): expected ${this.expected}`
  }
}

/**
 * A value is of the right kind, and too small or too large.
 *
 * @category errors
 */
export class ParameterOutOfRange extends Schema.TaggedError<ParameterOutOfRange>()("ParameterOutOfRange", {
  name: Schema.String,
  value: Schema.String,
  /** The bound that was passed, for instance `min 1` or `max 64 bytes`. */
  bound: Schema.String,
  origin: Schema.String
}) {
  override get message(): string {
    return `invalid ${this.name}: ${this.value === "" ? '""' : shown(this.value)} (${this.bound}) (${this.origin})`
  }
}

/**
 * A value refers to other parameters in a way that cannot be followed.
 *
 * @category errors
 */
export class ParameterUnexpandable extends Schema.TaggedError<ParameterUnexpandable>()("ParameterUnexpandable", {
  name: Schema.String,
  value: Schema.String,
  reason: Schema.String,
  origin: Schema.String
}) {
  override get message(): string {
    return `parameter ${this.name} = ${shown(this.value)} (${this.origin}): ${this.reason}`
  }
}

/**
 * What can be wrong with a parameter's value.
 *
 * @category errors
 */
export type ParameterError = ParameterMalformed | ParameterOutOfRange | ParameterUnexpandable
