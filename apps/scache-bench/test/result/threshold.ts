import { Result } from "effect"
import { parseThreshold } from "../../src/threshold/parseThreshold.ts"
import type { Threshold } from "../../src/threshold/Threshold.ts"

/** A threshold that is known to be well written. */
export const thresholdOf = (text: string): Threshold => Result.getOrThrow(parseThreshold(text))
