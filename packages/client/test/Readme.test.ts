import { expect, test } from "bun:test"
import { readFileSync } from "node:fs"
import { join } from "node:path"
import { CacheProcess } from "./support/CacheProcess.ts"

const directory = join(import.meta.dir, "..")
const readme = readFileSync(join(directory, "README.md"), "utf8")
const snippets = [...readme.matchAll(/```ts\n(.*?)```/gs)].map((match) => match[1] ?? "")
const example = "examples/sharedConnection.ts"

/** Runs a program in this package; what it has printed. */
const run = async (...args: ReadonlyArray<string>): Promise<string> => {
  const child = Bun.spawn([process.execPath, ...args], { cwd: directory, stdio: ["ignore", "pipe", "pipe"] })
  const [stdout, stderr] = await Promise.all([new Response(child.stdout).text(), new Response(child.stderr).text()])
  return `${stdout}${stderr}`
}

test("the first snippet is the example, which does what the README says", async () => {
  await using cache = await CacheProcess.start()
  expect(snippets[0]).toBe(readFileSync(join(directory, example), "utf8"))
  const printed = [
    "[first] that was line 1 on this connection",
    "[first] saved the connection",
    "[second] found a connection that is greeted",
    "[second] that was line 2 on this connection"
  ]
  expect(await run(example, cache.path)).toBe(printed.map((line) => `${line}\n`).join(""))
  for (const line of printed) expect(readme).toContain(`    ${line}`)
})

test("the other snippets run and print what they promise", async () => {
  await using cache = await CacheProcess.start()
  const printed = await Promise.all(
    snippets.slice(1).map((code) => run("-e", code.replaceAll("run/scached.sock", cache.path)))
  )
  expect(printed).toEqual([
    "nothing is cached\n",
    "its first host\n",
    "not full, 0 entries are older than an hour\n",
    "saved and found again\n",
    "1 connection before its ttl is over, 0 after\n",
    "ready\n"
  ])
})
