import { describe, expect, test } from "bun:test"
import { readFileSync } from "node:fs"
import { join } from "node:path"
import { headlineOf } from "../../src/report/index.ts"
import { jsonSchema, printResult, printStandard } from "../../src/result/ResultFile.ts"
import { judge, writtenVerdict } from "../../src/threshold/judge.ts"
import { schemaFaults, undescribed } from "../support/schemaFaults.ts"
import { makeResult, result, scache, scached, violated } from "./fixture.ts"
import { thresholdOf } from "./threshold.ts"

const schema = JSON.parse(jsonSchema())

const faultsOf = (text: string) => schemaFaults(schema, JSON.parse(text))

describe("the schema of results", () => {
  test("is the one in docs, which `bun run manual` writes", () => {
    const kept = readFileSync(join(import.meta.dir, "../../../../docs/scache-bench.schema.json"), "utf8")
    expect(JSON.parse(kept)).toEqual(schema)
  })

  test("says what each number is", () => {
    expect(undescribed(schema)).toEqual([])
    expect(undescribed({ properties: { a: { type: "string" } } })).toEqual(["$.a"])
  })

  test("fits what is written: a run, an interrupted one with wrong answers, a standard comparison", () => {
    const verdicts = ["p99<2ms", "ratio(scached,scache)>12", "rss(scached)<1GB"].flatMap((text) =>
      judge(thresholdOf(text), result.targets).map(writtenVerdict)
    )
    const lost = { ...violated(scached), lost: { round: 2, reason: "the program has ended with SIGKILL" } }
    const partial = makeResult([lost], { isComplete: false, interruptedInRound: 1 })
    for (const text of [
      printResult(result, verdicts),
      printResult(partial),
      printStandard([result, partial], headlineOf([result, partial]), false)
    ]) {
      expect(faultsOf(text)).toEqual([])
    }
  })

  test("does not fit what is damaged", () => {
    const damaged = (from: string, to: string) => faultsOf(printResult(result).replace(from, to))
    expect(damaged('"isComplete": true', '"isComplete": 1')).toContain("$.isComplete: number instead of boolean")
    expect(damaged('"thresholds"', '"tresholds"')).toContain("$: thresholds is missing")
    expect(damaged('"kind": "spawn"', '"kind": "magic"').join()).toContain("$.targets[0].kind")
  })
})

describe("the plain numbers of a result", () => {
  const written = JSON.parse(printResult(result))

  test("are those of the table, without anything to decode", () => {
    expect(written.targets[0].numbers).toMatchObject({
      operationsPerSecond: scached.rounds
        .map(({ operationsPerSecond }) => operationsPerSecond)
        .toSorted((one, other) => one - other)[1],
      p50Nanos: 80_319,
      p999Nanos: 7_311_359,
      maxNanos: 24_608_767,
      ownCpuNanosPerOperation: 6_400,
      errors: 0
    })
    expect(
      written.targets[0].rounds.map((round: { numbers: { operations: number } }) => round.numbers.operations)
    ).toEqual(scached.rounds.map(({ operations }) => operations))
  })

  test("stand beside the command line, the machine and the verdicts", () => {
    const verdicts = judge(thresholdOf("p99<2ms"), [scached, scache]).map(writtenVerdict)
    const text = JSON.parse(printResult(result, verdicts))
    expect(text.command.slice(0, 2)).toEqual(["scache-bench", "run"])
    expect(text.machine.cores).toBe(2)
    expect(text.thresholds).toEqual([
      {
        threshold: "p99<2ms",
        subject: "p99(scached)",
        actual: expect.any(Number),
        unit: "nanoseconds",
        isPassed: true
      },
      { threshold: "p99<2ms", subject: "p99(scache)", actual: expect.any(Number), unit: "nanoseconds", isPassed: false }
    ])
  })

  test("are finite or null, whatever was measured", () => {
    const nothing = scached.rounds
      .slice(0, 1)
      .map((round) => ({ ...round, operations: 0, operationsPerSecond: 0, series: [] }))
    const text = printResult(makeResult([{ ...scached, rounds: nothing }]))
    expect(text).not.toMatch(/NaN|Infinity/)
  })
})
