import { describe, expect, test } from "bun:test"
import { Result } from "effect"
import fc from "fast-check"
import { targetName } from "../../src/result/BenchmarkResult.ts"
import { metricNames } from "../../src/result/Metric.ts"
import { parseThreshold } from "../../src/threshold/parseThreshold.ts"
import { operators, type Quantity, type Threshold } from "../../src/threshold/Threshold.ts"
import { check } from "../result/property.ts"
import { printThreshold } from "./printThreshold.ts"

const parsed = (text: string): Threshold => {
  const result = parseThreshold(text)
  if (Result.isFailure(result)) throw result.failure
  return result.success
}

const failure = (text: string) => {
  const result = parseThreshold(text)
  if (Result.isSuccess(result)) throw new Error(`${text} was read as ${printThreshold(result.success)}`)
  return result.failure
}

describe("thresholds are read", () => {
  const forms: ReadonlyArray<readonly [text: string, canonical: string]> = [
    ["p99<2ms", "p99<2000000ns"],
    ["  max  >=  1.5 s ", "max>=1500000000ns"],
    ["p50<=3us", "p50<=3000ns"],
    ["p90<3µs", "p90<3000ns"],
    ["scached.p99<2ms", "p99(scached)<2000000ns"],
    ["scached.p99.9<2ms", "p99.9(scached)<2000000ns"],
    ["scached-1.2.cpu<7us", "cpu(scached-1.2)<7000ns"],
    ["a.p99.p99<1ns", "p99(a.p99)<1ns"],
    ["p99(scached)<2ms", "p99(scached)<2000000ns"],
    ["p99.9 ( scached ) < 2ms", "p99.9(scached)<2000000ns"],
    ["throughput>100000", "throughput>100000/s"],
    ["throughput>100k", "throughput>100000/s"],
    ["throughput(a)>0.5M/s", "throughput(a)>500000/s"],
    ["rss<64MiB", "rss<67108864B"],
    ["rss<64MB", "rss<64000000B"],
    ["errors=0", "errors=0"],
    ["switches<0.5", "switches<0.5"],
    ["ratio(scached,scache)>12", "ratio(throughput,scached,scache)>12x"],
    ["ratio( scached , scache )>12x", "ratio(throughput,scached,scache)>12x"],
    ["ratio(cpu,scached,scache)<0.1", "ratio(cpu,scached,scache)<0.1x"],
    ["ratio(rss,ratio,rss)<1e1", "ratio(rss,ratio,rss)<10x"]
  ]
  for (const [text, canonical] of forms) {
    test(text, () => {
      expect(printThreshold(parsed(text))).toBe(canonical)
      expect(parsed(text).text).toBe(text)
    })
  }

  test("in every form that they can be printed in", () => {
    const name = fc
      .string({ unit: fc.constantFrom(..."abc019._-/:p"), minLength: 1, maxLength: 8 })
      .filter((text) => targetName.test(text))
    const metric = fc.constantFrom(...metricNames)
    const quantity: fc.Arbitrary<Quantity> = fc.oneof(
      fc.record({ _tag: fc.constant("Metric" as const), metric, target: fc.option(name) }),
      fc.record({ _tag: fc.constant("Ratio" as const), metric, numerator: name, denominator: name })
    )
    const threshold = fc.record({
      quantity,
      operator: fc.constantFrom(...operators),
      limit: fc.oneof(fc.integer({ min: 0 }), fc.double({ min: 0, noNaN: true, noDefaultInfinity: true }))
    })
    check(
      fc.property(threshold, (value) => {
        const text = printThreshold(value)
        expect(parsed(text)).toEqual({ ...value, text })
      })
    )
  })
})

describe("what is not a threshold", () => {
  const metrics = metricNames.join(", ")
  const forms = "metric, target.metric, metric(target), ratio(A,B) or ratio(metric,A,B)"
  const name = `the name of a target is missing, or has a blank or one of (),<>= in it: write ${forms}`
  const times = "units here are ns, us, µs, ms, s"
  const faults: ReadonlyArray<readonly [text: string, message: string]> = [
    ["", `"", at its end: it must begin with ${forms}; metrics are ${metrics}`],
    ["<3", `"<3", at "<3": it must begin with ${forms}; metrics are ${metrics}`],
    ["p98<2ms", `"p98<2ms", at "p98<2ms": no metric "p98": metrics are ${metrics}`],
    ["scached.p98<2ms", `"scached.p98<2ms", at "p98<2ms": no metric "p98": metrics are ${metrics}`],
    ["scached:p99<2ms", `"scached:p99<2ms", at "scached:p99<2ms": no metric "scached:p99": metrics are ${metrics}`],
    [
      "ratio(cpu,a,b,c)<1",
      '"ratio(cpu,a,b,c)<1", at "ratio(cpu,a,b,c)<1": a ratio is written ratio(A,B), of throughputs, or ratio(metric,A,B)'
    ],
    ["scached<2ms", `"scached<2ms", at "scached<2ms": no metric "scached": metrics are ${metrics}`],
    ["scached.<2ms", `"scached.<2ms", at "<2ms": no metric: metrics are ${metrics}`],
    [".p99<2ms", `".p99<2ms", at ".p99<2ms": ${name}`],
    ["p99()<2ms", `"p99()<2ms", at ")<2ms": ${name}`],
    ["p99(a b)<2ms", `"p99(a b)<2ms", at "a b)<2ms": ${name}`],
    ["p99(a,b)<2ms", '"p99(a,b)<2ms", at "p99(a,b)<2ms": one target stands in p99(target)'],
    ["p98(a)<2ms", `"p98(a)<2ms", at "p98(a)<2ms": no metric "p98": metrics are ${metrics}`],
    ["p99(a<2ms", '"p99(a<2ms", at "(a<2ms": the parenthesis is not closed: ")" must stand before the operator'],
    [
      "ratio(a)<1",
      '"ratio(a)<1", at "ratio(a)<1": a ratio is written ratio(A,B), of throughputs, or ratio(metric,A,B)'
    ],
    ["ratio(p98,a,b)<1", `"ratio(p98,a,b)<1", at "p98,a,b)<1": no metric "p98": metrics are ${metrics}`],
    ["ratio(p99,a,)<1", `"ratio(p99,a,)<1", at ")<1": ${name}`],
    ["p99", '"p99", at its end: an operator must follow: <= >= < > ='],
    ["p99<", '"p99<", at its end: a number must stand here, such as 2 or 0.5, with its unit'],
    ["p99<-2ms", '"p99<-2ms", at "-2ms": a number must stand here, such as 2 or 0.5, with its unit'],
    ["p99<1e999s", '"p99<1e999s", at "1e999s": a number must stand here, such as 2 or 0.5, with its unit'],
    ["p99==2ms", '"p99==2ms", at "=2ms": a number must stand here, such as 2 or 0.5, with its unit'],
    ["p99<2", `"p99<2", at its end: the unit is missing: ${times}`],
    ["p99<2 sec", `"p99<2 sec", at "sec": ${times}`],
    ["p99<2ms and more", `"p99<2ms and more", at "ms and more": ${times}`],
    ["rss<2ms", '"rss<2ms", at "ms": units here are B, kB, MB, GB, KiB, MiB, GiB'],
    ["errors<2x", '"errors<2x", at "x": nothing may follow the number'],
    ["ratio(cpu,a,b)<2us", '"ratio(cpu,a,b)<2us", at "us": units here are x'],
    ["p99<2toString", `"p99<2toString", at "toString": ${times}`]
  ]
  for (const [text, message] of faults) test(`"${text}"`, () => expect(failure(text).message).toBe(message))

  test("is told, whatever it is, with a place in it", () => {
    const text = fc.oneof(fc.string(), fc.string({ unit: fc.constantFrom(..."p9.ratiox(),<>= 2ms") }))
    check(
      fc.property(text, (each) => {
        const result = parseThreshold(each)
        if (Result.isSuccess(result)) return
        expect(result.failure.position).toBeGreaterThanOrEqual(0)
        expect(result.failure.position).toBeLessThanOrEqual(each.length)
      })
    )
  })
})
