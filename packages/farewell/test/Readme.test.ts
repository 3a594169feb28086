import { expect, test } from "bun:test"
import { readFileSync } from "node:fs"
import { join } from "node:path"

const directory = join(import.meta.dir, "..")

test("the README's example runs, and prints what its comments say", () => {
  const [, code] = /```ts\n(.*?)```/s.exec(readFileSync(join(directory, "README.md"), "utf8")) ?? []
  expect(code).toBeDefined()
  const run = Bun.spawnSync([process.execPath, "-e", code ?? ""], { cwd: directory })
  expect(run.stderr.toString()).toBe("")
  const printed = run.stdout.toString().replace(/\s+/g, " ").trim()
  expect(printed).toBe('smtp Say AwaitEnd Drain { _tag: "Close", result: "ended", }')
})
