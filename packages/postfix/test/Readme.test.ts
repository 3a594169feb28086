import { expect, test } from "bun:test"
import { readFileSync } from "node:fs"
import { join } from "node:path"

const directory = join(import.meta.dir, "..")
const snippets = [...readFileSync(join(directory, "README.md"), "utf8").matchAll(/```ts\n(.*?)```/gs)].map(
  ([, code = ""]) => code
)

/** What a snippet prints, by its own comments: behind `console.log(…)`, or on lines of their own. */
const promised = (code: string): ReadonlyArray<string> =>
  [...code.matchAll(/(?:^|console\.log\(.*\) )\/\/ (.*)$/gm)].map(([, text = ""]) => text)

test("there are examples", () => expect(snippets.length).toBeGreaterThan(1))

for (const [index, code] of snippets.entries()) {
  test(`example ${index + 1} runs, and prints what its comments say`, () => {
    expect(promised(code).length).toBeGreaterThan(3)
    const run = Bun.spawnSync([process.execPath, "-e", code], { cwd: directory })
    expect(run.stderr.toString()).toBe("")
    expect(run.stdout.toString().trimEnd().split("\n")).toEqual([...promised(code)])
  })
}
