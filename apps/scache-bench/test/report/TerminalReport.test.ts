import { describe, expect, test } from "bun:test"
import { readFileSync } from "node:fs"
import { join } from "node:path"
import { Result } from "effect"
import { colouredPaint, paintFor, plainPaint } from "../../src/report/Paint.ts"
import { renderTerminalReport, renderVerdicts } from "../../src/report/TerminalReport.ts"
import type { Target } from "../../src/result/BenchmarkResult.ts"
import { judge } from "../../src/threshold/judge.ts"
import { parseThreshold } from "../../src/threshold/parseThreshold.ts"
import { makeResult, result, scache, scached, settings, violated } from "../result/fixture.ts"
import { parseResult } from "../support/parseResult.ts"

const golden = Result.getOrThrow(
  parseResult("golden", readFileSync(join(import.meta.dir, "../result/goldens/result-version-2.json"), "utf8"))
)

const changedRounds = (target: Target, change: (round: Target["rounds"][number], index: number) => object): Target => ({
  ...target,
  rounds: target.rounds.map((round, index) => ({ ...round, ...change(round, index) }))
})

const withoutColours = (text: string): string => text.replace(/\u001b\[\d+m/g, "")

describe("a result at a terminal", () => {
  test("is a table, the ratios and what was checked", () => {
    expect(renderTerminalReport(golden, plainPaint)).toBe(
      `cycle: 16 clients, closed loop, 3 rounds; latency from the start of an operation to its end
Imaginary 9000 @ 3 GHz, 2 cores, Linux 6.1.0, Bun 1.4.5, scache-bench 0.1.0

target     ops/s      p50      p99    p99.9      max   CPU/op  sw/op       RSS  errors   limit
scached  135,327  80.3 µs   134 µs  7.31 ms  24.6 ms  7.04 µs   0.03  64.1 MiB       0  server
scache     9,349  1.27 ms  2.11 ms   142 ms   328 ms   106 µs   0.03  12.0 MiB       0  server

scached / scache: 14.6x (14.5x to 14.6x in 3 rounds)

scached: 812,345 descriptors and 2,436,901 replies checked, 3 VIOLATIONS
scached, round 2: label 10.0.0.1:25 gave the connection that was saved under 10.0.0.2:25
scached, outside the rounds: the connection of label <b>10.0.0.3:25</b> was never seen again
scached: and 1 more
scache: 812,345 descriptors and 2,436,901 replies checked, nothing wrong
scache-bench's own CPU an operation: scached 6.40 µs, scache 6.40 µs

ops/s, CPU and context switches (sw) an operation: median of the rounds;
latency: of all rounds' operations together; RSS: the highest of any round
`
    )
  })

  test("fits into 100 columns, whatever the names", () => {
    const first = changedRounds({ ...scached, name: "a-name-that-does-not-fit-beside-its-numbers-first" }, () => ({
      operationsPerSecond: 1_234_567,
      errors: 12_345,
      limitedBy: "unknown"
    }))
    const second = { ...first, name: "a-name-that-does-not-fit-beside-its-numbers-second" }
    const wide = makeResult([first, second], {
      ratios: [],
      settings: { ...settings, ratePerSecond: 1_234_567 },
      machine: {
        ...result.machine,
        cpu: "A Processor Whose Maker Wrote Its Whole History Into Its Name, Twice and Once More"
      }
    })
    const lines = renderTerminalReport(wide, plainPaint).split("\n")
    const prose = lines.filter((line) => !line.includes("checked"))
    expect(Math.max(...prose.map((line) => line.length))).toBeLessThanOrEqual(100)
    const names = lines.filter((line) => line.includes("…")).map((line) => line.split(" ")[0])
    expect(names).toHaveLength(2)
    expect(new Set(names).size).toBe(2)
  })

  test("says what began late or never, what got stuck, and what a mixed limit was made of", () => {
    const late = changedRounds(scached, (_, index) => ({
      late: index,
      neverBegun: 10 * index,
      stuck: index === 2 ? 1 : 0,
      beyondScale: index === 2 ? 1 : 0,
      limitedBy: index === 0 ? "rate" : "client"
    }))
    const text = renderTerminalReport(
      makeResult([late], { settings: { ...settings, ratePerSecond: 5_000 } }),
      plainPaint
    )
    expect(text).toStartWith(
      "cycle: 16 clients, open loop at 5,000/s, 3 rounds; latency from when an operation was due to its end\n"
    )
    expect(text.replaceAll("\n", " ")).toContain(
      "scached: 3 operations began late, 30 operations never began, 1 operation got stuck, 1 operation took longer than an hour; the latency counts the time they waited "
    )
    expect(text).toContain("scached: the limit changed from round to round: rate, client, client\n")
    expect(text).toMatch(/ mixed\n/)
  })

  test("shows what was not measured as a dash", () => {
    const unknown = changedRounds(scached, ({ server }) => ({ server: { ...server, cpuNanosPerOperation: null } }))
    expect(renderTerminalReport(makeResult([unknown]), plainPaint)).toMatch(/24\.6 ms {7}– {3}0\.03/)
  })

  test("lets no control character of a name, a command or a violation through", () => {
    const evil = violated({ ...scached, name: "a\u001b[2Jb" })
    const text = renderTerminalReport(
      makeResult([
        { ...evil, truth: { ...evil.truth, violations: [{ round: 0, text: "\u001b]0;title\u0007\nnext" }] } }
      ]),
      plainPaint
    )
    expect(text).not.toMatch(/[\u0000-\u0009\u000b-\u001f]/)
    expect(text).toContain("a\\x1b[2Jb")
    expect(text).toContain("\\x1b]0;title\\x07\\x0anext")
  })
})

describe("colours", () => {
  test("change nothing but the colours, and mark what is wrong", () => {
    const bad = makeResult([violated(changedRounds(scached, () => ({ errors: 1 }))), scache])
    const text = renderTerminalReport(bad, colouredPaint)
    expect(withoutColours(text)).toBe(renderTerminalReport(bad, plainPaint))
    expect(text).toContain(
      "\u001b[31mscached: 812,345 descriptors and 2,436,901 replies checked, 3 VIOLATIONS\u001b[39m"
    )
    expect(text).toContain("\u001b[32mscache: 812,345 descriptors")
    expect(text).toContain("\u001b[31m3\u001b[39m")
  })

  test("go to a terminal only, and not with NO_COLOR", () => {
    const isColoured = (isTerminal: boolean, environment: Readonly<Record<string, string | undefined>>) =>
      paintFor({ isTerminal, environment }) === colouredPaint
    expect(isColoured(true, { TERM: "xterm" })).toBe(true)
    expect(isColoured(true, {})).toBe(true)
    expect(isColoured(true, { NO_COLOR: "" })).toBe(true)
    expect(isColoured(true, { NO_COLOR: "0" })).toBe(false)
    expect(isColoured(true, { TERM: "dumb" })).toBe(false)
    expect(isColoured(false, { TERM: "xterm" })).toBe(false)
  })
})

test("verdicts are one line each", () => {
  const verdicts = ["p99<2ms", "ratio(scached,scache)>12"].flatMap((text) =>
    judge(Result.getOrThrow(parseThreshold(text)), result.targets)
  )
  const unknown = judge(Result.getOrThrow(parseThreshold("cpu(none)<1s")), result.targets)
  expect(renderVerdicts([...verdicts, ...unknown], plainPaint)).toBe(
    `passed  p99<2ms: p99(scached) is 134 µs
MISSED  p99<2ms: p99(scache) is 2.11 ms
passed  ratio(scached,scache)>12: ratio(throughput,scached,scache) is 14.6x
MISSED  cpu(none)<1s: cpu(none) was not measured
`
  )
})
