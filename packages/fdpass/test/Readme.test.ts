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
  // The last one says so where there is no io_uring.
  const batched = printed.pop()
  expect(printed).toEqual(["hello\n", "a file\nthe contents\n", "1 event after 600000 ms\n0 0\n"])
  expect(batched).toMatch(/^\[ ("hello", "hello"|"one by one") \]\n$/)
})
