import { Schema } from "effect"
import type { Dimension, MetricName } from "../result/Metric.ts"

/** How the actual value has to stand to the limit. */
export const operators = ["<=", ">=", "<", ">", "="] as const

/** How the actual value has to stand to the limit. */
export type Operator = (typeof operators)[number]

/** What a threshold is about: a metric of one target, or of every target, or a metric of one over that of another. */
export type Quantity =
  | { readonly _tag: "Metric"; readonly metric: MetricName; readonly target: string | null }
  | { readonly _tag: "Ratio"; readonly metric: MetricName; readonly numerator: string; readonly denominator: string }

/** Something that has to hold of a result, given with `--require`. */
export interface Threshold {
  /** As it was written. */
  readonly text: string
  readonly quantity: Quantity
  readonly operator: Operator
  /** In the unit in which the metric is kept: operations a second, nanoseconds, bytes, or a number. */
  readonly limit: number
}

/** A text is not a threshold, or one about a target that there is not. */
export class ThresholdInvalid extends Schema.TaggedError<ThresholdInvalid>()("ThresholdInvalid", {
  /** The whole threshold. */
  text: Schema.String,
  /** Where it goes wrong, counted in characters from 0. */
  position: Schema.Int,
  /** What is wrong there, and what may stand there. */
  reason: Schema.String
}) {
  override get message(): string {
    const rest = this.text.slice(this.position).trim()
    const place = rest === "" ? "at its end" : `at "${rest}"`
    return `"${this.text}", ${place}: ${this.reason}`
  }
}

/** The units that a limit can have, with what each is in the unit in which the metric is kept. */
export const unitsOf: Readonly<Record<Dimension | "ratio", Readonly<Record<string, number>>>> = {
  "operations a second": { "": 1, k: 1e3, M: 1e6, "/s": 1, "k/s": 1e3, "M/s": 1e6 },
  nanoseconds: { ns: 1, us: 1e3, µs: 1e3, ms: 1e6, s: 1e9 },
  bytes: { B: 1, kB: 1e3, MB: 1e6, GB: 1e9, KiB: 1_024, MiB: 1_048_576, GiB: 1_073_741_824 },
  count: { "": 1 },
  ratio: { "": 1, x: 1 }
}
