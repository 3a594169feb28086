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
  /** Operations that were answered. */
  operations = 0
  /** Clients that were lost, each with its operation. */
  errors = 0
  /** Operations that took longer than the patience, whether they were answered in the end or not. */
  stuck = 0
  /** Operations of an open loop that were due in the round and never begun. */
  neverBegun = 0
  lastMillis: number
  readonly #patienceMillis: number
  /** By kind, and behind them the finds that found nothing. */
  readonly #counts = new Float64Array(2 * kindNames.length)
  #secondEndMillis: number
  #secondOperations = 0

  constructor(startMillis: number, isOpenLoop: boolean, patienceMillis: number) {
    this.startMillis = startMillis
    this.lastMillis = startMillis
    this.#patienceMillis = patienceMillis
    this.#secondEndMillis = startMillis + 1_000
    this.corrected = isOpenLoop ? new LatencyCounts() : undefined
  }

  /** Operations that took longer than the scale of the latencies reaches. */
  get beyondScale(): number {
    return (this.corrected ?? this.service).beyondScale
  }

  /** Counts an operation that has just ended. */
  record(kind: number, hasFound: boolean, dueMillis: number, startedMillis: number, nowMillis: number): void {
    this.passTo(nowMillis)
    this.operations++
    this.#secondOperations++
    const index = hasFound ? kind : kind + kindNames.length
    this.#counts[index] = (this.#counts[index] ?? 0) + 1
    this.#took(dueMillis, startedMillis, nowMillis)
    this.lastMillis = nowMillis
  }

  /** Counts an operation that is waited for no longer, with the time that it has waited: a stall must show in the percentiles. */
  unanswered(dueMillis: number, startedMillis: number, nowMillis: number): void {
    this.passTo(nowMillis)
    this.#took(dueMillis, startedMillis, nowMillis)
  }

  /** Counts a client that is lost; what was measured reaches until then. */
  lost(nowMillis: number): void {
    this.errors++
    this.lastMillis = Math.max(this.lastMillis, nowMillis)
  }

  /** Counts operations that are never begun, with the time that each has waited. */
  abandoned(waitedMillis: number, count: number): void {
    this.neverBegun += count
    this.corrected?.record(waitedMillis, count)
  }

  /** Ends the seconds that are over: also one in which no operation has ended. */
  passTo(nowMillis: number): void {
    while (nowMillis >= this.#secondEndMillis) this.#endSecond()
  }

  /**
   * Ends the last second, of which the series says nothing unless it is the only one: a part of a second would look like a collapse.
   * Operations were measured until `endMillis` at least, however early the last of them ended.
   */
  finish(endMillis = this.lastMillis): void {
    this.lastMillis = Math.max(this.lastMillis, endMillis)
    this.passTo(this.lastMillis)
    this.#endSecond()
    if (this.series.length > 1) this.series.pop()
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

  #took(dueMillis: number, startedMillis: number, nowMillis: number): void {
    const serviceMillis = nowMillis - startedMillis
    if (serviceMillis > this.#patienceMillis) this.stuck++
    this.service.record(serviceMillis)
    this.corrected?.record(nowMillis - dueMillis)
  }

  #endSecond(): void {
    const second = this.series.length
    const operations = this.#secondOperations
    const service = this.service.endSecond()
    // In an open loop a stall shows in the latency from when operations were due, and hardly in their service time.
    const { p50Nanos, p99Nanos } = this.corrected?.endSecond() ?? service
    const isGap = operations === 0
    this.series.push({
      second,
      operations,
      p50Nanos: isGap ? null : p50Nanos,
      p99Nanos: isGap ? null : p99Nanos
    })
    this.#secondOperations = 0
    this.#secondEndMillis += 1_000
  }
}
