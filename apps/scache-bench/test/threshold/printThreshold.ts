import { metricOf } from "../../src/result/Metric.ts"
import type { Quantity, Threshold } from "../../src/threshold/Threshold.ts"

const baseUnits = { "operations a second": "/s", nanoseconds: "ns", bytes: "B", count: "" } as const

const printQuantity = (quantity: Quantity): string => {
  if (quantity._tag === "Ratio") return `ratio(${quantity.metric},${quantity.numerator},${quantity.denominator})`
  return quantity.target === null ? quantity.metric : `${quantity.metric}(${quantity.target})`
}

/** The one way to write a threshold that all others come down to; `parseThreshold` reads it as the same. */
export const printThreshold = ({ quantity, operator, limit }: Omit<Threshold, "text">): string => {
  const unit = quantity._tag === "Ratio" ? "x" : baseUnits[metricOf(quantity.metric).dimension]
  return `${printQuantity(quantity)}${operator}${limit}${unit}`
}
