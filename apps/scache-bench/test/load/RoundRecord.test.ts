import { describe, expect, test } from "bun:test"
import { RoundRecord } from "../../src/load/RoundRecord.ts"
import { RequestKind } from "../../src/workload/RequestKind.ts"

const find = RequestKind.findEndpoint

/** An operation that ends at `endMillis`, after a millisecond, and was due so long before it began. */
const record = (round: RoundRecord, endMillis: number, lateMillis = 0) =>
  round.record(find, true, endMillis - 1 - lateMillis, endMillis - 1, endMillis)

const millis = (nanos: number | undefined) => Math.round((nanos ?? 0) / 1e6)

describe("the series of a round", () => {
  test("shows a stall of an open loop in the latency from when operations were due", () => {
    for (const isOpenLoop of [true, false]) {
      const round = new RoundRecord(0, isOpenLoop)
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
    const round = new RoundRecord(100, false)
    for (const endMillis of [300, 600, 1_200, 1_300, 2_101]) record(round, endMillis)
    round.finish(2_100)
    expect(round.series.map(({ second, operations }) => [second, operations])).toEqual([
      [0, 2],
      [1, 2]
    ])
    // It counts all the same.
    expect(round.operations).toBe(5)
    expect(round.service.toHistogram().count).toBe(5)
  })

  test("has the last second of an open loop that was whole, and the only one that there is", () => {
    const whole = new RoundRecord(0, true)
    for (const endMillis of [500, 1_500, 1_999]) record(whole, endMillis)
    whole.finish(2_000)
    expect(whole.series.map(({ operations }) => operations)).toEqual([1, 2])
    const only = new RoundRecord(0, false)
    record(only, 20)
    only.finish(0)
    expect(only.series.map(({ operations }) => operations)).toEqual([1])
  })
})

describe("the throughput of a round", () => {
  test("is over all its time in an open loop, and where a server failed", () => {
    const seconds = (isOpenLoop: boolean, errors: number) => {
      const round = new RoundRecord(1_000, isOpenLoop)
      record(round, 1_200)
      round.errors = errors
      round.finish(5_000)
      return round.seconds
    }
    expect(seconds(true, 0)).toBe(4)
    expect(seconds(false, 1)).toBe(4)
    // The last operation of a closed loop is when it was over.
    expect(seconds(false, 0)).toBe(0.2)
  })

  test("is over more than the time that was planned where answers came later", () => {
    const round = new RoundRecord(0, true)
    record(round, 2_500)
    round.finish(2_000)
    expect(round.seconds).toBe(2.5)
  })
})
