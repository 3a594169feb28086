import { LatencyHistogram, nanosMax } from "../result/LatencyHistogram.ts"

/** Times are counted in units of so many nanoseconds: a shift makes whole numbers of 31 bits reach 34 seconds. */
const unitNanos = 16
/** Longer times are counted in units of so many of those, just as fine in proportion: an overloaded server makes clients wait for minutes. */
const coarseUnits = 1_024
const subBits = 10
const subCount = 1 << subBits
const unitsMax = 0x7fff_ffff
/** Of one scale; those of the coarse scale follow. */
const scaleBuckets = (31 - subBits + 2) * subCount
const buckets = 2 * scaleBuckets

const bucketInScale = (units: number): number => {
  const exponent = 31 - Math.clz32(units)
  const shift = exponent > subBits ? exponent - subBits : 0
  return shift * subCount + (units >>> shift)
}

const bucketOf = (units: number): number => {
  if (units <= unitsMax) return bucketInScale(units | 0)
  const coarse = units / coarseUnits
  return scaleBuckets + bucketInScale(coarse > unitsMax ? unitsMax : coarse | 0)
}

/** The upper end of a bucket, so that no time looks shorter than it was. */
const nanosOf = (bucket: number): number => {
  if (bucket >= scaleBuckets) return nanosOf(bucket - scaleBuckets) * coarseUnits
  if (bucket < 2 * subCount) return (bucket + 1) * unitNanos
  const shift = Math.floor(bucket / subCount) - 1
  return (bucket - shift * subCount + 1) * 2 ** shift * unitNanos
}

/**
 * Latencies of one round, counted as they come: one increment of a typed array each, 5 ns, where a HdrHistogram takes 40. It becomes
 * one at the end.
 */
export class LatencyCounts {
  readonly #second = new Float64Array(buckets)
  readonly #total = new Float64Array(buckets)
  #secondCount = 0
  #secondLow = buckets
  #secondHigh = 0
  /** Operations that took longer than the histogram reaches, which counts them as its longest time. */
  beyondScale = 0

  /** Counts one operation, or several that took as long. */
  record(millis: number, count = 1): void {
    const units = millis * (1_000_000 / unitNanos)
    const bucket = bucketOf(units)
    if (units * unitNanos > nanosMax) this.beyondScale += count
    this.#second[bucket] = (this.#second[bucket] ?? 0) + count
    this.#secondCount += count
    if (bucket < this.#secondLow) this.#secondLow = bucket
    if (bucket > this.#secondHigh) this.#secondHigh = bucket
  }

  /** Ends a second: how long its operations took. */
  endSecond(): { readonly p50Nanos: number; readonly p99Nanos: number } {
    const operations = this.#secondCount
    let p50Nanos = 0
    let p99Nanos = 0
    let seen = 0
    for (let bucket = this.#secondLow; bucket <= this.#secondHigh; bucket++) {
      const count = this.#second[bucket] ?? 0
      if (count === 0) continue
      seen += count
      this.#total[bucket] = (this.#total[bucket] ?? 0) + count
      this.#second[bucket] = 0
      if (p50Nanos === 0 && seen >= operations * 0.5) p50Nanos = nanosOf(bucket)
      if (p99Nanos === 0 && seen >= operations * 0.99) p99Nanos = nanosOf(bucket)
    }
    this.#secondCount = 0
    this.#secondLow = buckets
    this.#secondHigh = 0
    return { p50Nanos, p99Nanos }
  }

  /** All that was counted in seconds that ended. */
  toHistogram(): LatencyHistogram {
    const histogram = LatencyHistogram.empty()
    for (const [bucket, count] of this.#total.entries()) if (count > 0) histogram.recordNanos(nanosOf(bucket), count)
    return histogram
  }
}
