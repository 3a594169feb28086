import { expect, test } from "bun:test"
import { readFileSync } from "node:fs"
import { join } from "node:path"

const directory = join(import.meta.dir, "..")
const readme = readFileSync(join(directory, "README.md"), "utf8")
const snippets = [...readme.matchAll(/```ts\n(.*?)```/gs)].map((match) => match[1] ?? "")

test("the snippets of the README run and print what they promise", () => {
  const printed = snippets.map((code) => {
    const run = Bun.spawnSync([process.execPath, "-e", code], { cwd: directory })
    return `${run.stdout.toString()}${run.stderr.toString()}`
  })
  expect(printed).toEqual(["root is 0, descriptor 0 is open, true\n", "-1\n"])
})
