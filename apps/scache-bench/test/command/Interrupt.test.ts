import { expect, test } from "bun:test"
import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs"
import { tmpdir } from "node:os"
import { join } from "node:path"
import { Result } from "effect"
import { parseResult } from "../support/parseResult.ts"

const main = join(import.meta.dir, "../../src/main.ts")
const executable = join(import.meta.dir, "../../../../dist/scached")
const server = `exec '${process.execPath}' '${join(import.meta.dir, "../support/faultyServer.ts")}' none {socket}`

/** Runs until standard error shows what is waited for, and is interrupted then: alone, or with all that it has started, as by a terminal. */
const interrupt = async (
  signal: NodeJS.Signals,
  extra: ReadonlyArray<string>,
  isReached: RegExp,
  whom: "alone" | "group" = "alone"
) => {
  const directory = mkdtempSync(join(tmpdir(), "scache-bench-test-"))
  const file = (name: string) => join(directory, name)
  const contents = (name: string) => (existsSync(file(name)) ? readFileSync(file(name), "utf8") : undefined)
  writeFileSync(file("result.json"), "of another run")
  const target = `cache=spawn:sh -c "echo $$ > ${file("pid")}; ${server}"`
  const files = ["--json", file("result.json"), "--html", file("result.html")]
  const words = [
    process.execPath,
    main,
    "run",
    "--target",
    target,
    "--clients",
    "1",
    "--warm-up",
    "0",
    ...files,
    ...extra
  ]
  const env = { ...process.env, NO_COLOR: "1" }
  const child = Bun.spawn(words, { stdio: ["ignore", "pipe", "pipe"], env, detached: whom === "group" })
  const output = new Response(child.stdout).text()
  try {
    let errors = ""
    let isSent = false
    for await (const part of child.stderr) {
      errors += Buffer.from(part).toString()
      if (isSent || !isReached.test(errors)) continue
      isSent = true
      expect(existsSync(`/proc/${contents("pid")?.trim()}`)).toBe(true)
      if (whom === "group") process.kill(-child.pid, signal)
      else child.kill(signal)
    }
    const exitCode = await child.exited
    const isServerGone = !existsSync(`/proc/${contents("pid")?.trim()}`)
    const [json, html] = [contents("result.json"), contents("result.html")]
    return { exitCode, errors, isServerGone, output: await output, json, html }
  } finally {
    child.kill("SIGKILL")
    rmSync(directory, { recursive: true })
  }
}

for (const signal of ["SIGHUP", "SIGQUIT", "SIGINT", "SIGTERM"] as const) {
  test(`${signal} shows the finished rounds, marked incomplete, and ends with 130 and the server`, async () => {
    const found = await interrupt(signal, ["--operations", "300", "--rounds", "900"], /\[(?:[2-9]|\d\d+)\/900\]/)
    expect(found.exitCode).toBe(130)
    expect(found.isServerGone).toBe(true)
    const result = Result.getOrThrow(parseResult("result.json", found.json ?? ""))
    const rounds = result.targets[0]?.rounds.length ?? 0
    expect(rounds).toBeGreaterThanOrEqual(1)
    expect(result.isComplete).toBe(false)
    // Rounds are counted from 0: the one that was interrupted comes behind those that are finished.
    expect(result.interruptedInRound).toBe(rounds)
    expect(result.targets[0]?.truth.violationsTotal).toBe(0)
    const mark = `INCOMPLETE: interrupted in round ${rounds + 1} of 900; only finished rounds count`
    expect(found.output).toStartWith(`${mark}\n`)
    expect(found.output).toMatch(/^cache +[\d,]+ /m)
    expect(found.html?.includes(mark)).toBe(true)
  })
}

test("Ctrl-C of a terminal, which ends the servers as well, loses no target", async () => {
  const found = await interrupt(
    "SIGINT",
    ["--operations", "300", "--rounds", "900"],
    /\[(?:[2-9]|\d\d+)\/900\]/,
    "group"
  )
  expect(found.exitCode).toBe(130)
  const result = Result.getOrThrow(parseResult("result.json", found.json ?? ""))
  expect(result.targets[0]?.lost).toBe(null)
  expect(result.targets[0]?.truth.violationsTotal).toBe(0)
  expect(found.output).toStartWith("INCOMPLETE: ")
})

test.skipIf(!existsSync(executable))(
  "the standard comparison shows what it has when it is interrupted, marked in the first line",
  async () => {
    const words = [process.execPath, main, "standard", "--seconds", "0.1", "--rounds", "1", "--json", "-"]
    const child = Bun.spawn(words, { stdio: ["ignore", "pipe", "pipe"], env: { ...process.env, NO_COLOR: "1" } })
    const output = new Response(child.stdout).text()
    let errors = ""
    for await (const part of child.stderr) {
      const before = errors
      errors += Buffer.from(part).toString()
      const isReached = (text: string) => text.includes("16 clients, 0 cached [1/1] scached: ")
      if (isReached(errors) && !isReached(before)) child.kill("SIGINT")
    }
    expect(await child.exited).toBe(130)
    const written = JSON.parse(await output)
    expect([written.isComplete, written.results.length]).toEqual([false, 1])
    expect(errors).toMatch(/^INCOMPLETE, scached: /m)
  }
)

test("an interruption before a round was finished says so, and leaves files as they were", async () => {
  const found = await interrupt("SIGINT", ["--duration", "600", "--rounds", "1"], /measuring/)
  expect(found.exitCode).toBe(130)
  expect(found.isServerGone).toBe(true)
  expect(found.output).toBe("")
  expect(found.errors).toEndWith("scache-bench: interrupted before a round was finished: there is nothing to show\n")
  expect(found.json).toBe("of another run")
  expect(found.html).toBeUndefined()
})
