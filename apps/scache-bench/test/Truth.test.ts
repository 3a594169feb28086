import { describe, expect, test } from "bun:test"
import { existsSync, mkdtempSync, readFileSync, rmSync } from "node:fs"
import { tmpdir } from "node:os"
import { join } from "node:path"
import { Result } from "effect"
import type { BenchmarkResult } from "../src/result/BenchmarkResult.ts"
import type { Fault } from "./support/FaultyCache.ts"
import { parseResult } from "./support/parseResult.ts"

const main = join(import.meta.dir, "../src/main.ts")
const server = join(import.meta.dir, "./support/faultyServer.ts")

interface LoadOptions {
  readonly rounds?: number
  /** Whether a script starts the server, and waits for it. */
  readonly isScript?: boolean
}

/** Four clients who race for four labels, on a cache with a fault. */
const spawn = (fault: Fault, json: string, extra: ReadonlyArray<string>, options: LoadOptions) => {
  const command = `'${process.execPath}' '${server}' '${fault}' {socket}`
  const target = `cache=spawn:${options.isScript === true ? `sh -c "${command}; true"` : command}`
  const size = ["--clients", "4", "--cached", "20", "--endpoints", "4", "--destinations", "4"]
  const length = extra.includes("--duration") ? [] : ["--operations", "300"]
  const warmUp = extra.includes("--warm-up") ? [] : ["--warm-up", "0"]
  const rounds = [...length, ...warmUp, "--rounds", String(options.rounds ?? 1)]
  const child = Bun.spawnSync(
    [process.execPath, main, "run", "--quiet", "--target", target, "--json", json, ...size, ...rounds, ...extra],
    { env: { ...process.env, NO_COLOR: "1" } }
  )
  return { exitCode: child.exitCode, table: child.stdout.toString(), errors: child.stderr.toString() }
}

/** The same where there will be no result. */
const loadUnreported = (fault: Fault) => spawn(fault, "/dev/null", [], {})

/** What the program says, and what it leaves with. */
const load = (fault: Fault, extra: ReadonlyArray<string> = [], options: LoadOptions = {}) => {
  const directory = mkdtempSync(join(tmpdir(), "scache-bench-test-"))
  const json = join(directory, "result.json")
  const found = spawn(fault, json, extra, options)
  try {
    const result: BenchmarkResult = Result.getOrThrow(parseResult(json, readFileSync(json, "utf8")))
    const [target] = result.targets
    return { ...found, result, target, truth: target?.truth, rounds: target?.rounds ?? [] }
  } catch (error) {
    throw new Error(`${found.table}${found.errors}`, { cause: error })
  } finally {
    rmSync(directory, { recursive: true })
  }
}

const texts = ({ truth }: ReturnType<typeof load>): string =>
  (truth?.violations ?? []).map(({ text }) => text).join("\n")

describe("a correct cache", () => {
  test.each(["always", "never"])("is found correct, with every request counted, io_uring %s", (ioUring) => {
    const found = load("none", ["--io-uring", ioUring])
    expect(texts(found)).toBe("")
    expect(found.exitCode).toBe(0)
    expect(found.rounds[0]?.operations).toBe(300)
    expect(Object.values(found.rounds[0]?.operationsByKind ?? {}).reduce((sum, each) => sum + each, 0)).toBe(300)
    // At least each find of the cycle, and all that were cached, at the end.
    expect(found.truth?.checkedDescriptors).toBeGreaterThanOrEqual(100)
  })

  test("is found correct where what is cached has labels that nobody asks for, and where nothing is", () => {
    const apart = load("none", ["--cached-apart"])
    expect([texts(apart), apart.exitCode]).toEqual(["", 0])
    const empty = load("none", ["--empty", "cache"])
    expect([texts(empty), empty.exitCode]).toEqual(["", 0])
    // The twenty that were cached come out at the end, besides what the cycles have found, which may differ by a few.
    const { checkedDescriptors: beside = 0 } = apart.truth ?? {}
    const { checkedDescriptors: without = 0 } = empty.truth ?? {}
    expect(beside).toBeGreaterThan(without + 10)
  })

  test("is found correct in an open loop, with dummies apart and any mix of requests", () => {
    const mix = ["--mix", "save_endp=3,find_endp=2,save_dest=1,find_dest=1", "--connections", "60"]
    const found = load("none", ["--rate", "3000", "--dummy-apart", "--popularity", "zipf:1", ...mix])
    expect(texts(found)).toBe("")
    expect(found.exitCode).toBe(0)
    expect(found.rounds[0]?.correctedLatency?.count).toBe(300)
  })
})

test("a server that a script has started is stopped, and looked at when it is", () => {
  const found = load("none", [], { isScript: true })
  expect(texts(found)).toBe("")
  expect(found.exitCode).toBe(0)
})

describe("a server that ends in the middle of a run", () => {
  test.each([
    ["die", "exit code 7"],
    ["killed", "SIGKILL"]
  ] as const)("is lost, and that is one line and no wrong answer: %s", (fault, end) => {
    const found = load(fault, [], { rounds: 4 })
    expect(found.exitCode).toBe(1)
    expect(found.errors).toBe("scache-bench: cache was lost\n")
    // The round that it died in does not count.
    expect(found.rounds.map(({ errors }) => errors)).toEqual([0])
    expect(found.truth?.violationsTotal).toBe(0)
    expect(found.target?.lost?.round).toBe(1)
    // What it said last is a warning of an earlier moment.
    expect(found.target?.lost?.reason).toStartWith(`the program has ended with ${end}, and said: `)
    expect(found.result.isComplete).toBe(false)
    expect(found.table.split("\n").filter((line) => line.includes(end))).toEqual([
      `cache: LOST in round 2: ${found.target?.lost?.reason}`
    ])
    expect(found.table).toMatch(/^target +ops\/s/m)
  })

  test("after the rounds, before it is told to end, is lost as well", () => {
    const found = load("killed late")
    expect(found.exitCode).toBe(1)
    expect(found.errors).toBe("scache-bench: cache was lost\n")
    expect([found.rounds.length, found.truth?.violationsTotal]).toEqual([1, 0])
    expect(found.target?.lost?.round).toBe(null)
    expect(found.table).toContain("cache: LOST after the rounds: the program has ended with SIGKILL, and said: ")
  })

  test("before a round was finished is a target that could not be loaded, in one line", () => {
    const found = loadUnreported("killed at once")
    expect(found.exitCode).toBe(3)
    expect(found.errors).toMatch(
      /^scache-bench: target cache was lost while it was loaded: the program has ended with SIGKILL, and said: .*\n$/
    )
  })
})

test("a server that runs already and ends is lost likewise", async () => {
  const directory = mkdtempSync(join(tmpdir(), "scache-bench-test-"))
  const path = join(directory, "socket")
  const running = Bun.spawn([process.execPath, server, "killed at once", path], {
    stdio: ["ignore", "ignore", "ignore"]
  })
  try {
    while (!existsSync(path)) await new Promise<void>((resolve) => setImmediate(resolve))
    const size = ["--clients", "2", "--operations", "300", "--warm-up", "0", "--rounds", "1"]
    const child = Bun.spawn([process.execPath, main, "run", "--quiet", "--target", `cache=${path}`, ...size], {
      stdio: ["ignore", "pipe", "pipe"]
    })
    expect(await new Response(child.stderr).text()).toBe(
      `scache-bench: target cache was lost while it was loaded: its process ${running.pid} has ended\n`
    )
    expect(await child.exited).toBe(3)
  } finally {
    running.kill("SIGKILL")
    await running.exited
    rmSync(directory, { recursive: true })
  }
})

describe("a server that stands still", () => {
  test("counts as stuck with all its clients, who come back when it goes on", () => {
    const found = load("stall", ["--patience", "0.5"])
    expect([texts(found), found.exitCode]).toEqual(["", 0])
    const [round] = found.rounds
    // All clients wait for one stall: without coming back they would do no more than what was before it.
    expect([round?.operations, round?.errors]).toEqual([300, 0])
    expect(round?.stuck).toBeGreaterThan(0)
    expect(round?.serviceTime.count).toBe(300)
    expect((round?.serviceTime.maxNanos ?? 0) / 1e6).toBeGreaterThan(600)
    expect(found.table.replaceAll("\n", " ")).toMatch(/cache: \d operations? got stuck; the latency counts/)
  })

  test("while clients warm up takes none of them from the measured part", () => {
    const found = load("stall", ["--patience", "0.5", "--warm-up", "0.2"])
    expect([texts(found), found.exitCode]).toEqual(["", 0])
    const [round] = found.rounds
    expect([round?.operations, round?.errors]).toEqual([300, 0])
  })

  test("and never answers leaves an operation that is in the percentiles, and no wrong answer", () => {
    const found = load("silence", ["--patience", "1", "--duration", "1.5"])
    expect(texts(found)).toBe("")
    expect(found.exitCode).toBe(1)
    expect(found.errors).toBe("scache-bench: operations that cache never answered\n")
    const [round] = found.rounds
    expect([round?.stuck, round?.errors]).toEqual([1, 1])
    expect(round?.serviceTime.count).toBe((round?.operations ?? 0) + 1)
    expect((round?.serviceTime.maxNanos ?? 0) / 1e6).toBeGreaterThan(1_000)
  })

  test("in an open loop is charged with what was due meanwhile", () => {
    const found = load("stall", ["--rate", "400", "--duration", "1.5"])
    expect(texts(found)).toBe("")
    const [round] = found.rounds
    // Of six hundred a third was due while it stood still, and was late then.
    expect(round?.late).toBeGreaterThan(100)
    expect(round?.correctedLatency?.count).toBe(600)
    expect((round?.correctedLatency?.percentileNanos(90) ?? 0) / 1e6).toBeGreaterThan(100)
  })
})

describe("a cache is caught that", () => {
  const cases: ReadonlyArray<readonly [Fault, string]> = [
    ["swap", "expected that of connection"],
    ["lose", "sees the end while it is cached"],
    ["leak", "leaks: it came back or has expired, and its peer sees no end"],
    ["properties", "are not those that were saved"],
    ["binding", "the binding's properties"],
    ["twice", "was handed out already"],
    ["miss", "nothing found, although"],
    ["stranger", "the descriptor is a stranger's"],
    ["youngest", "came before the older connection"],
    ["label", "was saved under"],
    ["refuse", "status 2, expected success"],
    ["hang up", "the server hung up"],
    ["close", "the server hung up"],
    ["endless", "sent more than 65536 bytes where the reply was due"],
    // These serve all of their rounds without a fault.
    ["close early", "its peer sees the end while it is cached, before the server is stopped"],
    ["leave an heir", "leaks: the server has ended, and its peer sees no end"],
    ["end badly", "when the server was stopped: it ended with exit code 7 on SIGTERM"]
  ]
  for (const [fault, expected] of cases) {
    test(fault, () => {
      const found = load(fault)
      expect(texts(found)).toContain(expected)
      expect(found.exitCode).toBe(1)
      expect(found.truth?.violationsTotal).toBeGreaterThan(0)
    })
  }
})
