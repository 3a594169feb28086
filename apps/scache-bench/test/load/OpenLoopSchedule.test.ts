import { describe, expect, test } from "bun:test"
import { LatencyCounts } from "../../src/load/LatencyCounts.ts"
import { OpenLoopSchedule } from "../../src/load/OpenLoopSchedule.ts"

/**
 * One client in virtual time against a server that takes `serviceMillis` an operation, and stalls once: what a load generator records.
 */
const simulate = (options: { readonly stallMillis: number; readonly serviceMillis: number }) => {
  const schedule = new OpenLoopSchedule(0, 10_000, 1_000)
  const service = new LatencyCounts()
  const corrected = new LatencyCounts()
  let nowMillis = 0
  let hasStalled = false
  while (schedule.nextMillis < 10_000) {
    nowMillis = Math.max(nowMillis, schedule.nextMillis)
    if (nowMillis >= 10_000) break
    const startedMillis = nowMillis
    const dueMillis = schedule.take(nowMillis)
    const isStall: boolean = !hasStalled && nowMillis >= 5_000
    hasStalled ||= isStall
    nowMillis += isStall ? options.stallMillis : options.serviceMillis
    service.record(nowMillis - startedMillis)
    corrected.record(nowMillis - dueMillis)
  }
  const abandoned = schedule.abandon(10_000, (waitedMillis) => corrected.record(waitedMillis))
  service.endSecond()
  corrected.endSecond()
  return { schedule, abandoned, service: service.toHistogram(), corrected: corrected.toHistogram() }
}

const millis = (nanos: number): number => Math.round(nanos / 1e5) / 10

describe("an open loop in virtual time", () => {
  test("charges a stall to all who were due meanwhile, where service time hides it", () => {
    const { service, corrected, schedule, abandoned } = simulate({ stallMillis: 1_000, serviceMillis: 0.1 })
    expect(service.count).toBe(10_000)
    expect(corrected.count).toBe(10_000)
    expect(abandoned).toBe(0)
    // One in ten thousand was slow; of a tenth the clients had to wait for it, up to a second.
    expect(millis(service.percentileNanos(99))).toBe(0.1)
    expect(millis(corrected.percentileNanos(50))).toBe(0.1)
    expect(corrected.percentileNanos(99) / 1e6).toBeGreaterThan(850)
    expect(corrected.maxNanos / 1e6).toBeGreaterThan(999)
    // A tenth of a millisecond each, the server catches up nine times as fast as they come: 1.1 s of operations were late.
    expect(schedule.late).toBeGreaterThan(1_000)
    expect(schedule.late).toBeLessThan(1_120)
  })

  test("is the service time where the server keeps up", () => {
    const { service, corrected, schedule } = simulate({ stallMillis: 0.1, serviceMillis: 0.1 })
    expect(schedule.late).toBe(0)
    for (const percentile of [50, 99, 100]) {
      expect(millis(corrected.percentileNanos(percentile))).toBe(millis(service.percentileNanos(percentile)))
    }
  })

  test("tells very many that were given up together, and none of them as shorter than it was", () => {
    const schedule = new OpenLoopSchedule(0, 10_000, 100_000)
    for (let taken = 0; taken < 7; taken++) schedule.take(0)
    let steps = 0
    let counted = 0
    let leastMillis = Number.POSITIVE_INFINITY
    const abandoned = schedule.abandon(5_000, (waitedMillis, count) => {
      steps++
      counted += count
      leastMillis = Math.min(leastMillis, waitedMillis)
      // Those before it, the longest of them 5 s.
      expect(waitedMillis).toBeCloseTo(5_000 - (7 + counted - count) / 100, 6)
    })
    // One each hundredth of a millisecond, the first at 0 and the last at 5,000.
    expect([abandoned, counted]).toEqual([499_994, 499_994])
    expect(steps).toBeLessThanOrEqual(50_000)
    expect(leastMillis).toBeGreaterThanOrEqual(0)
    expect(schedule.abandon(5_000, () => expect.unreachable())).toBe(0)
  })

  test("counts what a server that is too slow never gets to, with the time it has waited", () => {
    const { service, corrected, abandoned, schedule } = simulate({ stallMillis: 2, serviceMillis: 2 })
    expect(service.count).toBe(5_000)
    expect(abandoned).toBe(5_000)
    expect(corrected.count).toBe(10_000)
    expect(corrected.maxNanos / 1e6).toBeGreaterThan(4_900)
    expect(schedule.late).toBeGreaterThan(4_990)
    expect(schedule.nextMillis).toBe(Number.POSITIVE_INFINITY)
  })
})
