import { describe, expect, test } from "bun:test"
import { readFileSync } from "node:fs"
import { join } from "node:path"
import { Result } from "effect"
import { type BenchmarkResult, violationsMax } from "../../src/result/BenchmarkResult.ts"
import { printResult } from "../../src/result/ResultFile.ts"
import { parseResult } from "../support/parseResult.ts"
import { makeResult, result, scache, scached, violated } from "./fixture.ts"

const golden = readFileSync(join(import.meta.dir, "goldens/result-version-2.json"), "utf8")

const parsed = (text: string): BenchmarkResult => {
  const read = parseResult("file.json", text)
  if (Result.isFailure(read)) throw read.failure
  return read.success
}

const failure = (text: string): string => {
  const read = parseResult("file.json", text)
  if (Result.isSuccess(read)) throw new Error("it was read")
  return read.failure.message
}

/** A result's text in which one of its parts was replaced. */
const changed = (path: ReadonlyArray<string | number>, value: unknown): string => {
  const replace = (node: unknown, [key, ...rest]: ReadonlyArray<string | number>): unknown => {
    if (key === undefined) return value
    if (Array.isArray(node)) return node.map((each, index) => (index === key ? replace(each, rest) : each))
    if (typeof node !== "object" || node === null) throw new Error(`there is nothing at ${key}`)
    return { ...node, [key]: replace(new Map(Object.entries(node)).get(String(key)), rest) }
  }
  return JSON.stringify(replace(JSON.parse(printResult(result)), path))
}

describe("a result", () => {
  test("is read as it was written, histograms included", () => {
    const again = parsed(printResult(result))
    expect(printResult(again)).toBe(printResult(result))
    const [before, after] = [result, again].map(({ targets }) => targets[0]?.rounds[0]?.serviceTime)
    expect(after?.count).toBe(before?.count ?? Number.NaN)
    expect(after?.percentileNanos(99.9)).toBe(before?.percentileNanos(99.9) ?? Number.NaN)
  })

  test("of a file that was written by this version before can still be read", () => {
    const read = parsed(golden)
    expect(read.targets.map(({ name }) => name)).toEqual(["scached", "scache"])
    expect(read.targets[0]?.rounds[0]?.serviceTime.percentileNanos(50)).toBe(79_935)
    expect(read.targets[0]?.truth.violations).toHaveLength(2)
    expect(read.ratios[0]?.median).toBeCloseTo(14.593, 3)
  })
})

describe("what is not a result", () => {
  test("is told as what it is, with the file's name", () => {
    expect(failure("")).toStartWith("file.json: not JSON (")
    expect(failure("{}")).toBe("file.json: JSON, but not a result of scache-bench: give a file that run --json wrote")
    expect(failure("[1]")).toContain("JSON, but not a result")
    expect(failure('{"format":"other","version":1}')).toContain("JSON, but not a result")
    expect(failure(changed(["version"], 1))).toBe(
      "file.json: a result of version 1, and this scache-bench reads version 2: measure again"
    )
  })

  const damages: ReadonlyArray<readonly [path: ReadonlyArray<string | number>, value: unknown]> = [
    [["date"], "yesterday"],
    [["machine", "cores"], 0],
    [["settings", "clients"], 1.5],
    [["targets"], []],
    [["targets", 0, "name"], "a,b"],
    [["targets", 1, "kind"], "magic"],
    [["targets", 0, "rounds"], []],
    [["targets", 0, "rounds", 0, "seconds"], 0],
    [["targets", 0, "rounds", 1, "serviceTime"], "AAAA"],
    [["targets", 0, "rounds", 1, "correctedLatency"], undefined],
    [["targets", 0, "rounds", 2, "limitedBy"], "luck"],
    [["targets", 0, "rounds", 0, "series", 3, "operations"], -1],
    [["targets", 0, "rounds", 0, "server", "cpuNanosPerOperation"], "7"],
    [
      ["targets", 0, "truth", "violations"],
      Array.from({ length: violationsMax + 1 }, () => ({ round: 0, text: "wrong" }))
    ]
  ]
  for (const [path, value] of damages) {
    const place = path.map((key) => `[${JSON.stringify(key)}]`).join("")
    test(`is damaged at ${place}, and says so`, () => {
      const message = failure(changed(path, value))
      expect(message).toStartWith("file.json: a result of scache-bench that is damaged:")
      expect(message).toContain(`at ${place}`)
    })
  }

  test("has two targets of one name", () => {
    expect(
      failure(printResult(makeResult([scached, scache])).replaceAll('"name": "scache"', '"name": "scached"'))
    ).toContain("two targets have the same name")
  })

  test("lists no more than the first ten of its damages", () => {
    const message = failure(
      '{"format":"scache-bench","version":2,"machine":{},"settings":{"workload":{},"pinning":{}}}'
    )
    expect(message.split("\n")).toHaveLength(22)
    expect(message).toMatch(/\n {2}and \d+ more$/)
  })
})

test("violations are kept with their round", () => {
  const [target] = parsed(printResult(makeResult([violated(scached)]))).targets
  expect(target?.truth.violationsTotal).toBe(3)
  expect(target?.truth.violations.map(({ round }) => round)).toEqual([1, null])
})
