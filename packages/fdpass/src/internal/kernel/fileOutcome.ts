import type { Outcome } from "../../SystemCalls.ts"

/** The outcome of something that node's functions report by throwing. */
export const fileOutcome = (operation: () => void): Outcome => {
  try {
    operation()
    return 0
  } catch (error) {
    return -errnoOf(error)
  }
}

/** The error number of what node:fs has thrown; anything else is thrown again. */
export const errnoOf = (error: unknown): number => {
  // node:fs reports the number negated, as libuv does; anything else is no answer of the operating system.
  if (error instanceof Error && "errno" in error && typeof error.errno === "number") return Math.abs(error.errno)
  throw error
}
