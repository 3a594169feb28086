import { expect, test } from "bun:test"
import { mkdtempSync, rmSync, writeFileSync } from "node:fs"
import { tmpdir } from "node:os"
import { join } from "node:path"
import { Effect } from "effect"
import { ConfigurationFile } from "../src/index.ts"

const load = (directory: string) =>
  ConfigurationFile.load(directory).pipe(Effect.provide(ConfigurationFile.ConfigurationFile.layer))

test("main.cf is read from its directory", async () => {
  const directory = mkdtempSync(join(tmpdir(), "scached-main-"))
  try {
    writeFileSync(join(directory, "main.cf"), "max_idle = 5\n")
    const configuration = await Effect.runPromise(load(directory))
    expect(configuration.byName.get("max_idle")).toEqual({ name: "max_idle", value: "5", line: 1 })
    expect(configuration.file).toBe(join(directory, "main.cf"))
  } finally {
    rmSync(directory, { recursive: true })
  }
})

test("a missing file is an error that says which", async () => {
  const error = await Effect.runPromise(Effect.flip(load("/nonexistent")))
  expect(error.message).toBe(
    "open /nonexistent/main.cf: ENOENT: is MAIL_CONFIG the directory of main.cf, and may this user read it?"
  )
})
