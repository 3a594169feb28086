import { afterAll, describe, expect, test } from "bun:test"
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs"
import { tmpdir } from "node:os"
import { join } from "node:path"
import { headlineOf } from "../../src/report/index.ts"
import type { Target } from "../../src/result/BenchmarkResult.ts"
import { jsonSchema, printResult, printStandard } from "../../src/result/ResultFile.ts"
import { makeResult, result, scache, scached, settings, violated } from "../result/fixture.ts"
import { schemaFaults } from "../support/schemaFaults.ts"

const main = join(import.meta.dir, "../../src/main.ts")
const directory = mkdtempSync(join(tmpdir(), "scache-bench-test-"))
afterAll(() => rmSync(directory, { recursive: true }))

const run = (...words: ReadonlyArray<string>) => {
  const child = Bun.spawnSync([process.execPath, main, ...words], { env: { ...process.env, NO_COLOR: "1" } })
  return { exitCode: child.exitCode, output: child.stdout.toString(), errors: child.stderr.toString() }
}

const kept = (name: string, text: string): string => {
  const path = join(directory, name)
  writeFileSync(path, text)
  return path
}

const slower = (target: Target): Target => ({
  ...target,
  rounds: target.rounds.map((round) => ({ ...round, operationsPerSecond: round.operationsPerSecond / 2 }))
})

const before = kept("before.json", printResult(result))
const after = kept("after.json", printResult(makeResult([slower(scached), scache])))
const wrong = kept("wrong.json", printResult(makeResult([violated(scached), scache])))
const alone = makeResult([scached], { settings: { ...settings, clients: 1 } })
const standard = kept("standard.json", printStandard([result, alone], headlineOf([result, alone]), true))

describe("--json -", () => {
  const server = `'${process.execPath}' '${join(import.meta.dir, "../support/faultyServer.ts")}' none {socket}`
  const size = ["--clients", "2", "--operations", "60", "--warm-up", "0", "--rounds", "1"]
  const thresholds = ["--require", "throughput>1", "--require", "p99(cache)<1ns"]
  const found = run("run", "--target", `cache=spawn:${server}`, "--json", "-", ...size, ...thresholds)
  const written = JSON.parse(found.output)

  test("has standard output for the result alone, and the table on standard error", () => {
    expect(schemaFaults(JSON.parse(jsonSchema()), written)).toEqual([])
    expect(found.errors).toMatch(/^target +ops\/s/m)
    expect(found.errors).toContain("passed  throughput>1: throughput(cache) is ")
  })

  test("has the numbers, the thresholds and the command line that repeats the run", () => {
    expect(written.targets[0].numbers.operations).toBe(60)
    expect(written.targets[0].numbers.p50Nanos).toBeGreaterThan(0)
    expect(written.targets[0].numbers.ownCpuNanosPerOperation).toBeGreaterThan(0)
    expect(written.thresholds.map(({ isPassed }: { isPassed: boolean }) => isPassed)).toEqual([true, false])
    expect(written.command.slice(0, 3)).toEqual(["scache-bench", "run", "--target"])
    expect(found.exitCode).toBe(1)
  })
})

describe("report of one file", () => {
  test("shows the result again", () => {
    const found = run("report", before)
    expect(found.exitCode).toBe(0)
    expect(found.output).toMatch(/^scached +135,327/m)
  })

  test.each([
    ["p99<2s", 0],
    ["p99(scached)<1us", 1],
    ["ratio(scached,scache)>12", 0],
    ["ratio(scached,scache)>20", 1],
    ["p99(stranger)<1s", 2]
  ] as const)("--require %s ends with %i", (threshold, exitCode) => {
    const found = run("report", before, "--require", threshold)
    expect(found.exitCode).toBe(exitCode)
    if (exitCode < 2) expect(found.output).toContain(exitCode === 0 ? "passed  " : "MISSED  ")
    else expect(found.errors).toContain("stranger")
  })

  test("--require holds a result with wrong answers to be failed", () => {
    const found = run("report", wrong, "--require", "throughput>1")
    expect(found.exitCode).toBe(1)
    expect(found.errors).toBe("scache-bench: wrong answers of scached\n")
  })

  test("--markdown prints a table for a pull request, with the verdicts", () => {
    const found = run("report", before, "--markdown", "--require", "p99(scached)<1us")
    expect(found.exitCode).toBe(1)
    expect(found.output).toContain("| workload | target | ops/s |")
    expect(found.output).toMatch(/\| scached \| 135,327 \|/)
    expect(found.output).toEndWith("\n- **MISSED p99(scached)\\<1us: p99(scached) is 134 µs**\n")
  })

  test("of a standard comparison has all its tables below the headline, and a page", () => {
    const page = join(directory, "standard.html")
    const found = run("report", standard, "--html", page, "--require", "throughput(scached)>1k")
    expect(found.exitCode).toBe(0)
    expect(found.output).toStartWith("scached: 14.6x scache (14.5x to 14.6x in 3 rounds), the floor was not measured\n")
    expect(found.output.match(/^passed/gm)).toHaveLength(2)
    expect(found.output.match(/^target +ops\/s/gm)).toHaveLength(2)
    expect(readFileSync(page, "utf8")).toContain("the standard comparison")
  })
})

describe("report of two files", () => {
  test("--require is about the second, and before:NAME about the first", () => {
    const passing = run("report", before, after, "--require", "ratio(scached,before:scached)>0.4")
    expect(passing.output).toContain(
      "passed  ratio(scached,before:scached)>0.4: ratio(throughput,scached,before:scached) is 0.50x"
    )
    expect(passing.exitCode).toBe(0)
    expect(run("report", before, after, "--require", "ratio(scached,before:scached)>0.95").exitCode).toBe(1)
    // What names no target is about those of the second file alone.
    const general = run("report", before, after, "--require", "throughput>1")
    expect(general.output.match(/^passed/gm)).toHaveLength(2)
  })

  test("--markdown prints the change of each number", () => {
    const found = run("report", before, after, "--markdown")
    expect(found.exitCode).toBe(0)
    expect(found.output).toContain("### scached\n\n|  | first | second | second/first | change |")
    expect(found.output).toContain("| ops/s | 135,327 | 67,663 | 0.50x | **worse** |")
  })

  test("of two kinds are refused", () => {
    const found = run("report", before, standard)
    expect(found.exitCode).toBe(2)
    expect(found.errors).toContain("the first file has 1 results and the second 2")
  })
})

test("schema prints the schema, and nothing else", () => {
  const found = run("schema")
  expect(found).toEqual({ exitCode: 0, output: jsonSchema(), errors: "" })
})
