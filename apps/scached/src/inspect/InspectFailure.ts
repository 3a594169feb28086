import { Schema } from "effect"

/** What the programs that look into a cache end with. */
export const exitCodes = { done: 0, unreachable: 1, usage: 2, refused: 3 } as const

/** A program that looks into a cache cannot go on. */
export class InspectFailure extends Schema.TaggedError<InspectFailure>()("InspectFailure", {
  message: Schema.String,
  exitCode: Schema.Number
}) {}

export const usageFailure = (message: string): InspectFailure =>
  new InspectFailure({ message, exitCode: exitCodes.usage })
