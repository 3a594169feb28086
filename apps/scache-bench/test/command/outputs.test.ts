import { expect, test } from "bun:test"
import { existsSync, lstatSync, mkdtempSync, readFileSync, rmSync, symlinkSync, writeFileSync } from "node:fs"
import { tmpdir } from "node:os"
import { join } from "node:path"
import { Effect, Exit } from "effect"
import { checkWritable } from "../../src/command/outputs.ts"

const inDirectory = (body: (path: (name: string) => string) => void): void => {
  const directory = mkdtempSync(join(tmpdir(), "scache-bench-test-"))
  try {
    body((name) => join(directory, name))
  } finally {
    rmSync(directory, { recursive: true })
  }
}

const isWritable = (path: string): boolean => Exit.isSuccess(Effect.runSyncExit(checkWritable(path)))

test("what can be written is found so, and is as it was", () => {
  inDirectory((path) => {
    writeFileSync(path("document"), "text")
    symlinkSync(path("target"), path("link"))
    expect([path("document"), path("missing"), path("link")].map(isWritable)).toEqual([true, true, true])
    expect(readFileSync(path("document"), "utf8")).toBe("text")
    expect(existsSync(path("missing"))).toBe(false)
    expect(existsSync(path("target"))).toBe(false)
    expect(lstatSync(path("link")).isSymbolicLink()).toBe(true)
  })
})

test("what cannot be written is found so", () => {
  inDirectory((path) => {
    writeFileSync(path("document"), "text")
    symlinkSync(path("nowhere/target"), path("link"))
    const bad = [path("."), path("nowhere/file"), path("document/file"), path("link"), path("x".repeat(300)), "/proc/x"]
    expect(bad.filter(isWritable)).toEqual([])
  })
})

test("a pipe is not opened: that waits for a reader, who would take the end of it for the end of all", () => {
  inDirectory((path) => {
    expect(Bun.spawnSync(["mkfifo", path("pipe")]).exitCode).toBe(0)
    expect(isWritable(path("pipe"))).toBe(true)
  })
})
