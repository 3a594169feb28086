import { Result, Schema } from "effect"
import { build, decodeFromCompressedBase64, encodeIntoCompressedBase64, type Histogram } from "hdr-histogram-js"

/** Longer times count as an hour: something that slow needs no third digit. */
export const nanosMax = 3_600_000_000_000

const nanosOfMicro = 1_000

/** One point of a latency curve: that share of the operations, in percent, took at most that long. */
export interface CurvePoint {
  readonly percentile: number
  readonly nanos: number
}

/** A text is not an encoded histogram. */
export class HistogramUnreadable extends Schema.TaggedError<HistogramUnreadable>()("HistogramUnreadable", {
  reason: Schema.String
}) {
  override get message(): string {
    return `not a histogram in HdrHistogram's compressed base64 form: ${this.reason}`
  }
}

const buildEmpty = (): Histogram =>
  build({
    // Counts in 64 bits: those of 32 wrap silently when many rounds are merged.
    bitBucketSize: 64,
    autoResize: false,
    lowestDiscernibleValue: 1,
    highestTrackableValue: nanosMax,
    numberOfSignificantValueDigits: 3
  })

/**
 * Times of operations, in nanoseconds, to three significant digits, from 1 ns to an hour.
 *
 * Every value that is read is the upper end of its bucket, so that no percentile ever looks better than it was,
 * and a histogram that went through a file answers exactly as it did before.
 */
export class LatencyHistogram {
  readonly #histogram: Histogram

  private constructor(histogram: Histogram) {
    this.#histogram = histogram
  }

  /** A histogram without any operations. */
  static empty(): LatencyHistogram {
    return new LatencyHistogram(buildEmpty())
  }

  /** All operations of several histograms, which stay as they are. */
  static merge(parts: Iterable<LatencyHistogram>): LatencyHistogram {
    const all = LatencyHistogram.empty()
    for (const part of parts) all.add(part)
    return all
  }

  /** Reads what `encode` wrote. Histograms of other precision are brought to this one's. */
  static decode(text: string): Result.Result<LatencyHistogram, HistogramUnreadable> {
    return Result.try({
      try: () => {
        const histogram = buildEmpty()
        histogram.add(decodeFromCompressedBase64(text, 64))
        return new LatencyHistogram(histogram)
      },
      catch: (cause) => new HistogramUnreadable({ reason: cause instanceof Error ? cause.message : String(cause) })
    })
  }

  /** Counts `count` operations that took `nanos` each. */
  recordNanos(nanos: number, count = 1): void {
    // The library takes a NaN in silence, and all percentiles are wrong from then on.
    if (!(nanos >= 0)) throw new RangeError(`a time of ${nanos} ns: times are numbers from 0`)
    const value = nanos > nanosMax ? nanosMax : Math.floor(nanos)
    if (count === 1) this.#histogram.recordValue(value)
    else if (count > 0) this.#histogram.recordValueWithCount(value, count)
  }

  /** Counts `count` operations that took `micros` microseconds each. */
  recordMicros(micros: number, count = 1): void {
    this.recordNanos(micros * nanosOfMicro, count)
  }

  /** Adds all operations of another histogram. */
  add(other: LatencyHistogram): void {
    this.#histogram.add(other.#histogram)
  }

  /** Forgets all operations. */
  reset(): void {
    this.#histogram.reset()
  }

  /** How many operations were counted. */
  get count(): number {
    return this.#histogram.totalCount
  }

  /** The longest time; 0 without operations. */
  get maxNanos(): number {
    return this.percentileNanos(100)
  }

  /** The mean time; 0 without operations. */
  get meanNanos(): number {
    return this.#histogram.mean
  }

  /** What that share of the operations, in percent from 0 to 100, took at most; 0 without operations. */
  percentileNanos(percentile: number): number {
    return this.count === 0 ? 0 : Math.min(this.#histogram.getValueAtPercentile(percentile), nanosMax)
  }

  /**
   * The latency curve in few points: evenly spaced on a logarithmic scale of 1/(1-p), which gives each further nine as much room
   * as the one before, up to the last percentile that the number of operations can tell.
   */
  curve(pointsPerNine = 10): ReadonlyArray<CurvePoint> {
    const points: Array<CurvePoint> = []
    for (let step = 0; ; step++) {
      const oneIn = 10 ** (step / pointsPerNine)
      if (oneIn >= this.count) break
      const percentile = 100 * (1 - 1 / oneIn)
      points.push({ percentile, nanos: this.percentileNanos(percentile) })
    }
    return points
  }

  /** The histogram as text: compressed, in base64, in the format of all HdrHistogram libraries. */
  encode(): string {
    return encodeIntoCompressedBase64(this.#histogram)
  }
}
