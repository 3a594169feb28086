import { expect, test } from "bun:test"
import { plainPaint } from "../../src/report/Paint.ts"
import { renderStandardReport } from "../../src/report/StandardReport.ts"
import type { Target } from "../../src/result/BenchmarkResult.ts"
import { makeResult, scache, scached } from "../result/fixture.ts"

const withRates = (name: string, rates: ReadonlyArray<number>): Target => ({
  ...scached,
  name,
  rounds: rates.flatMap((operationsPerSecond, index) => {
    const round = scached.rounds[index]
    return round === undefined ? [] : [{ ...round, operationsPerSecond }]
  })
})

const of = (
  scachedRates: ReadonlyArray<number>,
  scacheRates: ReadonlyArray<number>,
  floorRates: ReadonlyArray<number>
) => makeResult([withRates("scached", scachedRates), withRates("scache", scacheRates), withRates("floor", floorRates)])

test("the first line is times scache and times the floor, each with its range over all rounds", () => {
  const results = [of([100, 120, 140], [10, 20, 10], [200, 120, 100]), of([90], [30], [180])]
  const [first, second] = renderStandardReport(results, true, plainPaint).split("\n")
  expect(first).toBe("scached: 8.00x scache (3.00x to 14.0x in 4 rounds), 0.75x the floor (0.50x to 1.40x in 4 rounds)")
  expect(second).toBe("")
})

test("the first line says what is missing", () => {
  const text = renderStandardReport([makeResult([scached, scache])], false, plainPaint)
  expect(text).toStartWith(
    "INCOMPLETE, scached: 14.6x scache (14.5x to 14.6x in 3 rounds), the floor was not measured\n\ncycle: 16 clients"
  )
})
