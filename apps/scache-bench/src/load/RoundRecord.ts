import type { SeriesPoint } from "../result/BenchmarkResult.ts"
import { kindNames } from "../workload/RequestKind.ts"
import { LatencyCounts } from "./LatencyCounts.ts"

/** What happens in one measured stretch, counted as it happens. */
export class RoundRecord {
  readonly startMillis: number
  readonly service = new LatencyCounts()
  /** From when operations were due; only in an open loop. */
  readonly corrected: LatencyCounts | undefined
  readonly series: Array<SeriesPoint> = []
  operations = 0
  errors = 0
  lateOrNotStarted = 0
  lastMillis: number
  /** By kind, and behind them the finds that found nothing. */
  readonly #counts = new Float64Array(2 * kindNames.length)
  #secondEndMillis: number

  constructor(startMillis: number, isOpenLoop: boolean) {
    this.startMillis = startMillis
    this.lastMillis = startMillis
    this.#secondEndMillis = startMillis + 1_000
    this.corrected = isOpenLoop ? new LatencyCounts() : undefined
  }

  /** Counts an operation that has just ended. */
  record(kind: number, hasFound: boolean, dueMillis: number, startedMillis: number, nowMillis: number): void {
    while (nowMillis >= this.#secondEndMillis) this.#endSecond()
    this.operations++
    const index = hasFound ? kind : kind + kindNames.length
    this.#counts[index] = (this.#counts[index] ?? 0) + 1
    this.service.record(nowMillis - startedMillis)
    this.corrected?.record(nowMillis - dueMillis)
    this.lastMillis = nowMillis
  }

  /**
   * Ends the last second, of which the series says nothing unless it is the only one: a part of a second would look like a collapse.
   * An open loop, and a server that failed, have had all the time until `endMillis`, however early their last operation ended.
   */
  finish(endMillis: number): void {
    if (this.errors > 0 || this.corrected !== undefined) this.lastMillis = Math.max(this.lastMillis, endMillis)
    const isWhole = this.lastMillis >= this.#secondEndMillis
    this.#endSecond()
    if (!isWhole && this.series.length > 1) this.series.pop()
  }

  get seconds(): number {
    return Math.max(this.lastMillis - this.startMillis, 0.001) / 1_000
  }

  /** Operations by kind, for people: what found nothing, or was refused, is a kind of its own. */
  get operationsByKind(): Readonly<Record<string, number>> {
    const counts: Record<string, number> = {}
    for (const [kind, name] of kindNames.entries()) {
      const done = this.#counts[kind] ?? 0
      const others = this.#counts[kind + kindNames.length] ?? 0
      if (done > 0) counts[name] = done
      if (others > 0) counts[name.startsWith("find") ? `${name}, nothing found` : `${name}, refused`] = others
    }
    return counts
  }

  #endSecond(): void {
    const second = this.series.length
    const service = this.service.endSecond()
    // In an open loop a stall shows in the latency from when operations were due, and hardly in their service time.
    const { p50Nanos, p99Nanos } = this.corrected?.endSecond() ?? service
    this.series.push({ second, operations: service.operations, p50Nanos, p99Nanos })
    this.#secondEndMillis += 1_000
  }
}
