/**
 * Runs the tests of the laboratory, and those that ask postconf(1), with the Postfix of other Debian suites:
 * `bun run test:postfix bookworm forky [-- OPTIONS OR FILES FOR bun test]`. As root; what is missing is unpacked first. It ends with 1 when a test
 * failed in any suite.
 *
 * With `--write` the columns of the suites whose tests passed are put into the table of docs/postfix.md; without a suite it takes all.
 */
import { readFileSync, writeFileSync } from "node:fs"
import { join } from "node:path"
import { command, suites, unpack } from "../src/SuiteRoot.ts"
import * as SuiteTable from "../src/SuiteTable.ts"
import * as TestOutput from "../src/TestOutput.ts"

const words = process.argv.slice(2)
const end = words.includes("--") ? words.indexOf("--") : words.length
const isWriting = words.slice(0, end).includes("--write")
const named = words.slice(0, end).filter((word) => word !== "--write")
const chosen = named.length === 0 && isWriting ? suites : named
const more = words.slice(end + 1)
const isKnown = (word: string): boolean => suites.some((suite) => suite === word)
if (chosen.length === 0 || !chosen.every(isKnown) || (isWriting && more.length > 0)) {
  const usage = "bun run test:postfix SUITE ... [-- OPTIONS OR FILES FOR bun test], or --write [SUITE ...]"
  console.error(`usage: ${usage}, of ${suites.join(", ")}`)
  process.exit(2)
}

/** Paths as the suite has them; CI, so that a test that cannot run there fails instead of being skipped. */
const inside = { CI: "true", PATH: "/usr/sbin:/usr/bin:/sbin:/bin", TMPDIR: "/tmp" }

/** Runs a program in the suite; its output is passed on, and returned as well. */
const run = async (tree: string, program: ReadonlyArray<string>) => {
  const child = Bun.spawn([...command(tree, program)], {
    stdio: ["ignore", "pipe", "pipe"],
    env: { ...process.env, ...inside }
  })
  const pieces: Array<Uint8Array> = []
  const copy = async (from: ReadableStream<Uint8Array>, to: NodeJS.WriteStream) => {
    for await (const piece of from) {
      pieces.push(piece)
      to.write(piece)
    }
  }
  await Promise.all([copy(child.stdout, process.stdout), copy(child.stderr, process.stderr)])
  return { exitCode: await child.exited, output: Buffer.concat(pieces).toString() }
}

const document = join(import.meta.dir, "../../../docs/postfix.md")
const files = more.length > 0 ? more : ["./test/", "../../packages/postfix/test/"]
const failed: Array<string> = []
const columns = new Map<string, SuiteTable.Column>()
for (const suite of chosen) {
  console.log(`== ${suite}`)
  const tree = unpack(suite)
  const tests = await run(tree, ["bun", "test", "--timeout", "60000", ...files])
  if (tests.exitCode !== 0) {
    failed.push(suite)
    continue
  }
  if (!isWriting) continue
  const facts: SuiteTable.SuiteFacts = JSON.parse((await run(tree, ["bun", "run", "scripts/suiteFacts.ts"])).output)
  columns.set(facts.distribution, SuiteTable.columnOf(facts, TestOutput.parse(tests.output)))
}
if (columns.size > 0) writeFileSync(document, SuiteTable.write(readFileSync(document, "utf8"), columns))
console.log(failed.length === 0 ? `passed with ${chosen.join(", ")}` : `failed with ${failed.join(", ")}`)
process.exit(failed.length === 0 ? 0 : 1)
