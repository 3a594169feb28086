import { describe, expect, test } from "bun:test"
import { existsSync, mkdtempSync, rmSync } from "node:fs"
import { tmpdir } from "node:os"
import { join } from "node:path"
import { load, loadUnreported, main, server } from "./support/loadFaulty.ts"

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
