import { describe, expect, test } from "bun:test"
import { Result } from "effect"
import type { Target } from "../../src/result/BenchmarkResult.ts"
import { LatencyHistogram } from "../../src/result/LatencyHistogram.ts"
import { checkTargets, judge } from "../../src/threshold/judge.ts"
import { parseThreshold } from "../../src/threshold/parseThreshold.ts"
import type { Threshold } from "../../src/threshold/Threshold.ts"
import { scached as template } from "../result/fixture.ts"

const threshold = (text: string): Threshold => {
  const result = parseThreshold(text)
  if (Result.isFailure(result)) throw result.failure
  return result.success
}

const target = (name: string, rates: ReadonlyArray<number>, latencyNanos: number, cpu: number | null): Target => ({
  ...template,
  name,
  rounds: rates.map((operationsPerSecond) => {
    const serviceTime = LatencyHistogram.empty()
    serviceTime.recordNanos(latencyNanos, 10)
    const [round] = template.rounds
    if (round === undefined) throw new Error("the template has no rounds")
    return { ...round, operationsPerSecond, serviceTime, server: { ...round.server, cpuNanosPerOperation: cpu } }
  })
})

const targets = [target("fast", [100, 130, 120], 1_000, 7), target("slow", [10, 10, 10], 2_000, null)]
const verdicts = (text: string) =>
  judge(threshold(text), targets).map(
    ({ subject, actualText, isPassed }) => `${isPassed ? "passed" : "missed"} ${subject} ${actualText}`
  )

describe("a verdict", () => {
  test("is given for every target, or for the one that is named", () => {
    expect(verdicts("p99<1.5us")).toEqual(["passed p99(fast) 1.00 µs", "missed p99(slow) 2.00 µs"])
    expect(verdicts("p99(fast)<1.5us")).toEqual(["passed p99(fast) 1.00 µs"])
    expect(verdicts("slow.p99<1.5us")).toEqual(["missed p99(slow) 2.00 µs"])
  })

  test("takes the limit itself as each operator does", () => {
    const passed = ["<", "<=", "=", ">=", ">"].map((operator) => judge(threshold(`p50(fast)${operator}1us`), targets))
    expect(passed.map(([verdict]) => verdict?.isPassed)).toEqual([false, true, true, true, false])
    const above = ["<", "<=", "=", ">=", ">"].map((operator) => judge(threshold(`p50(slow)${operator}1us`), targets))
    expect(above.map(([verdict]) => verdict?.isPassed)).toEqual([false, false, false, true, true])
  })

  test("on a ratio takes the median of the rounds'", () => {
    expect(verdicts("ratio(fast,slow)>11.9")).toEqual(["passed ratio(throughput,fast,slow) 12.0x"])
    expect(verdicts("ratio(fast,slow)>12")).toEqual(["missed ratio(throughput,fast,slow) 12.0x"])
    expect(verdicts("ratio(p99,fast,slow)<=0.5")).toEqual(["passed ratio(p99,fast,slow) 0.50x"])
  })

  test("is missed where nothing was measured", () => {
    expect(verdicts("cpu<1s")).toEqual(["passed cpu(fast) 7 ns", "missed cpu(slow) –"])
    expect(verdicts("cpu(slow)>=0ns")).toEqual(["missed cpu(slow) –"])
    expect(verdicts("ratio(cpu,fast,slow)>0")).toEqual(["missed ratio(cpu,fast,slow) –"])
  })

  test("is missed where there is no such target", () => {
    expect(verdicts("p99(other)>0ns")).toEqual(["missed p99(other) –"])
    expect(verdicts("ratio(fast,other)>0")).toEqual(["missed ratio(throughput,fast,other) –"])
  })
})

describe("before a run", () => {
  const message = (text: string): string => {
    const result = checkTargets(threshold(text), ["fast", "slow"])
    return Result.isSuccess(result) ? "fine" : result.failure.message
  }

  test("thresholds about targets of the run are fine", () => {
    for (const text of ["p99<1ms", "p99(fast)<1ms", "slow.max<1s", "ratio(slow,fast)<1"])
      expect(message(text)).toBe("fine")
  })

  test("others are told, with the targets that there are", () => {
    expect(message("p99(fats)<1ms")).toBe(
      '"p99(fats)<1ms", at "fats)<1ms": there is no target "fats": targets of this run are fast, slow'
    )
    expect(message("ratio(fast,none)>1")).toContain('there is no target "none"')
  })
})
