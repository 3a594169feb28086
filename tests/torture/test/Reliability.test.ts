/** docs/reliability.md against the README and the tests that it names. */
import { expect, test } from "bun:test"
import { existsSync, readFileSync } from "node:fs"
import { join } from "node:path"

const root = join(import.meta.dir, "../../..")
const read = (path: string): string => readFileSync(join(root, path), "utf8")
const document = read("docs/reliability.md")

test("each test that is named is there, under its whole path", () => {
  const named = [...document.matchAll(/`([^`]*\.test\.ts)`/g)].map(([, path = ""]) => path)
  expect(named.length).toBeGreaterThan(20)
  expect(named.filter((path) => !existsSync(join(root, path)))).toEqual([])
})

test("each promise of the README has its row", () => {
  const promised = read("README.md").split("## What is guaranteed")[1]?.split("\n## ")[0] ?? ""
  const promises = [...promised.matchAll(/^- \*\*(.*?)\.\*\*/gm)].map(([, text = ""]) => text.toLowerCase())
  expect(promises.length).toBeGreaterThan(5)
  const rows = document.split("\n").filter((line) => line.startsWith("| "))
  expect(promises.filter((promise) => !rows.some((row) => row.startsWith(`| ${promise}`)))).toEqual([])
})

test("each limit of limits.md that has a parameter has its row, under the same name", () => {
  const limits = [...read("docs/limits.md").matchAll(/^\| ([^|`]+) \| `\w+`/gm)].map(([, name = ""]) => name)
  const [, section = ""] = document.split("\n## Limits")
  const rows = (section.split("\n## ")[0] ?? "").split("\n")
  expect(limits.length).toBeGreaterThan(8)
  expect(limits.filter((limit) => !rows.some((row) => row.startsWith(`| ${limit}`)))).toEqual([])
})
