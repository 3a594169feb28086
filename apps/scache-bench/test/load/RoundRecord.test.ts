import { describe, expect, test } from "bun:test"
import { RoundRecord } from "../../src/load/RoundRecord.ts"
import { RequestKind } from "../../src/workload/RequestKind.ts"

const find = RequestKind.findEndpoint

/** An operation that ends at `endMillis`, after a millisecond, and was due so long before it began. */
const record = (round: RoundRecord, endMillis: number, lateMillis = 0) =>
  round.record(find, true, endMillis - 1 - lateMillis, endMillis - 1, endMillis)

const millis = (nanos: number | null) => Math.round((nanos ?? 0) / 1e6)

describe("the series of a round", () => {
  test("shows a stall of an open loop in the latency from when operations were due", () => {
    for (const isOpenLoop of [true, false]) {
      const round = new RoundRecord(0, isOpenLoop, 10_000)
      record(round, 500)
      record(round, 1_500, 400)
      record(round, 2_500)
      round.finish(3_000)
      const shown = round.series.map(({ p50Nanos, p99Nanos }) => [millis(p50Nanos), millis(p99Nanos)])
      expect(shown[1]).toEqual(isOpenLoop ? [401, 401] : [1, 1])
      expect(shown[0]).toEqual([1, 1])
    }
  })

  test("has no last second that was cut off, which would look like a collapse", () => {
    const round = new RoundRecord(100, false, 10_000)
    for (const endMillis of [300, 600, 1_200, 1_300, 2_101]) record(round, endMillis)
    round.finish()
    expect(round.series.map(({ second, operations }) => [second, operations])).toEqual([
      [0, 2],
      [1, 2]
    ])
    // It counts all the same.
    expect(round.operations).toBe(5)
    expect(round.service.toHistogram().count).toBe(5)
  })

  test("has the last second of an open loop that was whole, and the only one that there is", () => {
    const whole = new RoundRecord(0, true, 10_000)
    for (const endMillis of [500, 1_500, 1_999]) record(whole, endMillis)
    whole.finish(2_000)
    expect(whole.series.map(({ operations }) => operations)).toEqual([1, 2])
    const only = new RoundRecord(0, false, 10_000)
    record(only, 20)
    only.finish()
    expect(only.series.map(({ operations }) => operations)).toEqual([1])
  })
})

describe("a second without an answer", () => {
  test("is a gap in the latency and not 0, in the middle and at the end", () => {
    const round = new RoundRecord(0, false, 10_000)
    record(round, 500)
    record(round, 3_500)
    round.finish(6_000)
    expect(round.series.map(({ operations, p50Nanos, p99Nanos }) => [operations, p50Nanos, p99Nanos])).toEqual([
      [1, expect.any(Number), expect.any(Number)],
      [0, null, null],
      [0, null, null],
      [1, expect.any(Number), expect.any(Number)],
      [0, null, null],
      [0, null, null]
    ])
  })

  test("shows while it lasts, and not only once an answer comes", () => {
    const round = new RoundRecord(0, false, 10_000)
    record(round, 500)
    round.passTo(2_100)
    expect(round.series.at(-1)).toEqual({ second: 1, operations: 0, p50Nanos: null, p99Nanos: null })
  })
})

describe("operations that were not answered in time", () => {
  test("are stuck, whether the answer came in the end or not, and are in the percentiles", () => {
    const round = new RoundRecord(0, true, 10_000)
    record(round, 100)
    // Answered after 12 s, and given up after 20 s; the second was due 2 s before it began.
    round.record(find, true, 200, 200, 12_200)
    round.unanswered(200, 2_200, 22_200)
    round.lost(22_200)
    round.finish(20_000)
    expect([round.operations, round.stuck, round.errors]).toEqual([2, 2, 1])
    expect(round.service.toHistogram().count).toBe(3)
    expect(millis(round.service.toHistogram().maxNanos)).toBeCloseTo(20_000, -2)
    expect(millis(round.corrected?.toHistogram().maxNanos ?? null)).toBeCloseTo(22_000, -2)
  })

  test("count with the time that they waited where they were never begun", () => {
    const round = new RoundRecord(0, true, 10_000)
    record(round, 100)
    round.abandoned(3_000, 99)
    round.finish(5_000)
    expect([round.operations, round.neverBegun]).toEqual([1, 99])
    expect(round.corrected?.toHistogram().count).toBe(100)
    expect(millis(round.corrected?.toHistogram().percentileNanos(50) ?? null)).toBeCloseTo(3_000, -2)
    // No wait of a client for its server: only of an operation for its client.
    expect(round.service.toHistogram().count).toBe(1)
  })
})

describe("the throughput of a round", () => {
  test("is over all the time that was measured", () => {
    const seconds = (options: { readonly lostMillis?: number; readonly endMillis?: number }) => {
      const round = new RoundRecord(1_000, true, 10_000)
      record(round, 1_200)
      if (options.lostMillis !== undefined) round.lost(options.lostMillis)
      round.finish(options.endMillis)
      return round.seconds
    }
    expect(seconds({ endMillis: 5_000 })).toBe(4)
    // The last operation of a closed loop is when it was over.
    expect(seconds({})).toBe(0.2)
    // With its last client it was over too, and not when it was planned to be.
    expect(seconds({ lostMillis: 3_000 })).toBe(2)
  })

  test("is over more than the time that was planned where answers came later", () => {
    const round = new RoundRecord(0, true, 10_000)
    record(round, 2_500)
    round.finish(2_000)
    expect(round.seconds).toBe(2.5)
  })
})
