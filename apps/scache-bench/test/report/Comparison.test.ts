import { describe, expect, test } from "bun:test"
import { compareResults } from "../../src/report/Comparison.ts"
import { renderComparison } from "../../src/report/ComparisonReport.ts"
import { colouredPaint, plainPaint } from "../../src/report/Paint.ts"
import type { BenchmarkResult, Target } from "../../src/result/BenchmarkResult.ts"
import type { MetricName } from "../../src/result/Metric.ts"
import { makeResult, result, scache, scached, settings, violated } from "../result/fixture.ts"

const withRates = (target: Target, ...rates: ReadonlyArray<number>): Target => ({
  ...target,
  rounds: rates.flatMap((operationsPerSecond, index) => {
    const round = target.rounds[index]
    return round === undefined ? [] : [{ ...round, operationsPerSecond }]
  })
})

const one = (target: Target): BenchmarkResult => makeResult([target])

const compared = (before: Target, after: Target, name: MetricName) => {
  const [target] = compareResults(one(before), one(after)).targets
  const metric = target?.metrics.find((each) => each.metric.name === name)
  if (metric === undefined) throw new Error(`${name} was not compared`)
  return metric
}

const throughputChange = (before: ReadonlyArray<number>, after: ReadonlyArray<number>) =>
  compared(withRates(scached, ...before), withRates(scached, ...after), "throughput").change

const notesOf = (before: BenchmarkResult, after: BenchmarkResult) =>
  compareResults(before, after).notes.map(({ text }) => text)

describe("a metric in two runs", () => {
  test("has both values and the second over the first", () => {
    const { before, after, ratio } = compared(withRates(scached, 1, 2, 3), withRates(scached, 3, 4, 5), "throughput")
    expect({ before, after, ratio }).toEqual({ before: 2, after: 4, ratio: 2 })
  })

  test("is better or worse only where the rounds of the runs do not overlap", () => {
    expect(throughputChange([10, 11, 12], [13, 14, 15])).toBe("better")
    expect(throughputChange([10, 11, 12], [7, 8, 9])).toBe("worse")
    expect(throughputChange([10, 11, 12], [12, 14, 15])).toBe("within the spread")
    expect(throughputChange([10, 11, 12], [8, 9, 10])).toBe("within the spread")
  })

  test("that is better when it is less", () => {
    const server = (cpuNanosPerOperation: number): Target => ({
      ...scached,
      rounds: scached.rounds.map((round) => ({ ...round, server: { ...round.server, cpuNanosPerOperation } }))
    })
    expect(compared(server(10), server(9), "cpu").change).toBe("better")
    expect(compared(server(10), server(11), "cpu").change).toBe("worse")
  })

  test("has not changed where the ratio would be shown as 1.00x", () => {
    expect(throughputChange([1_000, 1_000], [1_004, 1_004])).toBe("none")
    expect(throughputChange([1_000, 1_000], [1_006, 1_006])).toBe("better")
    expect(compared(scached, scached, "errors").change).toBe("none")
  })

  test("cannot be told from one round, nor where it was not measured", () => {
    expect(throughputChange([10], [20])).toBe("unknown")
    expect(throughputChange([10], [20, 21])).toBe("unknown")
    expect(throughputChange([10, 11], [20])).toBe("unknown")
    const unknown: Target = {
      ...scached,
      rounds: scached.rounds.map((round) => ({ ...round, server: { ...round.server, cpuNanosPerOperation: null } }))
    }
    const { before, after, ratio, change } = compared(scached, unknown, "cpu")
    expect([typeof before, after, ratio, change]).toEqual(["number", null, null, "unknown"])
  })
})

describe("notes", () => {
  test("are not needed for two runs of the same", () => {
    expect(notesOf(result, { ...result, date: "2026-02-01T00:00:00.000Z" })).toEqual([])
  })

  test("tell every difference of machine, tool, settings and targets", () => {
    const other = makeResult(
      [
        { ...scached, version: null, command: "socket" },
        { ...scache, name: "else" }
      ],
      {
        toolVersion: "0.2.0",
        machine: { cpu: "Other", cores: 4, kernel: "6.2", bunVersion: "1.5.0" },
        settings: {
          ...settings,
          clients: 64,
          seed: 1,
          rounds: 5,
          pinning: { server: null, client: null },
          workload: { name: "find", parameters: { endpoints: 5, popularity: "zipf 1.1", ttl: 3 } }
        }
      }
    )
    expect(notesOf(result, other)).toEqual([
      "the machine differs: processor was Imaginary 9000 @ 3 GHz, is Other",
      "the machine differs: cores was 2, is 4",
      "the machine differs: kernel was 6.1.0, is 6.2",
      "the machine differs: Bun was 1.4.5, is 1.5.0",
      "the tool differs: scache-bench was 0.1.0, is 0.2.0",
      "the settings differ: workload was cycle, is find",
      "the settings differ: endpoints was 1000, is 5",
      "the settings differ: cached was 10000, is absent",
      "the settings differ: load was 16 clients, closed loop, is 64 clients, closed loop",
      "the settings differ: rounds was 3 of 6 s, after 1 s of warm-up, is 5 of 6 s, after 1 s of warm-up",
      "the settings differ: seed was 24022024, is 1",
      "the settings differ: processors was server on processor 0, client on 1, is not pinned",
      "the settings differ: ttl was absent, is 3",
      "target scached differs: command was dist/scached serve --socket {socket}, is socket",
      "target scached differs: version was 0.1.0, is unknown",
      "target scache is only in the first run",
      "target else is only in the second run"
    ])
  })

  test("begin with violations, of either run", () => {
    const { notes } = compareResults(one(violated(scached)), { ...one(violated(scached)), toolVersion: "9" })
    expect(notes).toEqual([
      { isViolation: true, text: "VIOLATIONS in the first run: scached, 3 in all" },
      { isViolation: true, text: "VIOLATIONS in the second run: scached, 3 in all" },
      { isViolation: false, text: "the tool differs: scache-bench was 0.1.0, is 9" }
    ])
  })
})

describe("two runs at a terminal", () => {
  test("are a table for each target", () => {
    const after = makeResult([withRates(scached, 140_000, 150_000, 160_000)], { toolVersion: "0.1.1" })
    expect(renderComparison(compareResults(one(scached), after), plainPaint)).toBe(
      `first:  2026-01-31T12:00:00.000Z, cycle, 16 clients, closed loop
second: 2026-01-31T12:00:00.000Z, cycle, 16 clients, closed loop
! the tool differs: scache-bench was 0.1.0, is 0.1.1

scached
           first    second  second/first  change
ops/s    135,327   150,000         1.11x  better
p50      80.3 µs   80.3 µs         1.00x  none
p90       118 µs    118 µs         1.00x  none
p99       134 µs    134 µs         1.00x  none
p99.9    7.31 ms   7.31 ms         1.00x  none
max      24.6 ms   24.6 ms         1.00x  none
CPU/op   7.04 µs   7.04 µs         1.00x  none
sw/op       0.03      0.03         1.00x  none
RSS     64.1 MiB  64.1 MiB         1.00x  none
own/op   6.40 µs   6.40 µs         1.00x  none
errors         0         0             –  none

better and worse: no round of one run reached into the range of the other's; this takes two rounds a run
`
    )
  })

  test("have what got worse, and violations, in red", () => {
    const after = makeResult([violated(withRates(scached, 1, 2, 3))])
    const text = renderComparison(compareResults(one(scached), after), colouredPaint)
    expect(text).toContain("\u001b[31mworse\u001b[39m")
    expect(text).toContain("\u001b[31m! VIOLATIONS in the second run: scached, 3 in all\u001b[39m")
  })

  test("that have no target in common say so", () => {
    expect(renderComparison(compareResults(one(scached), one(scache)), plainPaint)).toContain(
      "no target has the same name in both runs"
    )
  })
})
