/**
 * The whole suite again and again beside two busy loops: what fails then and not otherwise depends on time.
 *
 * Each round runs what `bun run test` runs, with the same commands. Lint, types and the build are checked once, at the start: they
 * do not depend on time.
 */
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs"
import { availableParallelism, tmpdir } from "node:os"
import { join } from "node:path"
import { parseArgs } from "node:util"
import { Command, endAll, endWithSignals } from "./test/Command.ts"
import { expectedSeconds, inWords } from "./test/Lengths.ts"
import { choose, type Part, parts, root } from "./test/Part.ts"

const help = `bun run test:loaded [--rounds 10] [--write] [PART...]

Runs the tests of these parts, without a name all of them, ten times beside two busy loops, and says at the end what failed how often.
Lint, types and the build are checked once. It is no part of continuous integration: ten rounds take about an hour.

  --rounds N   so many rounds, 10 without it
  --write      writes the table into docs/reliability.md
  --help       prints this text`

const busyLoops = 2
/** Beside the loops each round takes about so many times its length on a quiet machine: they take half of two cores. */
const slowdown = 2
const document = join(root, "docs/reliability.md")
const begin = "<!-- test:loaded: begin -->"
const end = "<!-- test:loaded: end -->"

const fail = (message: string): never => {
  console.log(message)
  process.exit(2)
}

const options = () => {
  try {
    return parseArgs({
      allowPositionals: true,
      options: {
        help: { type: "boolean", short: "h" },
        rounds: { type: "string", default: "10" },
        write: { type: "boolean" }
      }
    })
  } catch (error) {
    return fail(`${error instanceof Error ? error.message : error}\n\n${help}`)
  }
}

const { positionals, values } = options()
if (values.help) {
  console.log(help)
  process.exit(0)
}
const rounds = Number(values.rounds)
if (!Number.isInteger(rounds) || rounds < 1) fail(`--rounds ${values.rounds}: expected a number from 1`)
const names = parts.map(({ name }) => name).join(", ")
const known = choose(positionals)
const chosen: ReadonlyArray<Part> =
  "unknown" in known ? fail(`no part is named ${known.unknown}; there are: ${names}`) : known
const tested = chosen.filter(({ kind }) => kind === "tests")
if (tested.length === 0) fail(`no part with tests is among ${positionals.join(", ")}`)

/** What a round left behind, as scripts/test.ts writes it. */
interface Results {
  readonly seconds: number
  readonly failures: ReadonlyArray<string>
  readonly totals: { readonly pass: number; readonly fail: number; readonly skip: number }
}

const directory = mkdtempSync(join(tmpdir(), "scached-loaded-"))
const clear = (): void => rmSync(directory, { recursive: true, force: true })

// A busy loop ends with this process, however that ends, since it looks for its parent in every turn.
const busy = "while kill -0 $PPID 2>/dev/null; do i=0; while [ $i -lt 20000 ]; do i=$((i + 1)); done; done"

const run = async (args: ReadonlyArray<string>): Promise<Results> => {
  const results = join(directory, "results.json")
  rmSync(results, { force: true })
  const command = new Command(
    [process.execPath, "run", join(root, "scripts/test.ts"), "--keep-lengths", "--results", results, ...args],
    root
  )
  const code = await command.read((line) => console.log(`  ${line}`))
  const found: Results = JSON.parse(readFileSync(results, "utf8"))
  if (code !== 0 && found.failures.length === 0) throw new Error(`a round ended with status ${code}`)
  return found
}

const table = (results: ReadonlyArray<Results>): string => {
  const counts = new Map<string, number>()
  for (const { failures } of results) for (const test of failures) counts.set(test, (counts.get(test) ?? 0) + 1)
  const failed = [...counts].sort(([, one], [, other]) => other - one)
  const row = (test: string, count: number): string =>
    `| ${test.replaceAll("|", "\\|")} | ${count} of ${results.length} |`
  const green = results.filter(({ failures }) => failures.length === 0).length
  const scope = positionals.length === 0 ? "all parts" : tested.map(({ name }) => name).join(", ")
  const lines = [
    `${results.length} rounds beside ${busyLoops} busy loops on ${availableParallelism()} cores, ${scope}: ${green} without a failure.`,
    "",
    "| failed test | rounds |",
    "|---|---|",
    ...(failed.length === 0 ? [row("none", 0)] : failed.map(([test, count]) => row(test, count))),
    "",
    "| round | seconds | passed | failed | skipped |",
    "|---|---|---|---|---|",
    ...results.map(
      ({ seconds, totals }, index) =>
        `| ${index + 1} | ${Math.round(seconds)} | ${totals.pass} | ${totals.fail} | ${totals.skip} |`
    )
  ]
  return lines.join("\n")
}

/** Puts the table between its markers. */
const write = (text: string): void => {
  const old = readFileSync(document, "utf8")
  const from = old.indexOf(begin)
  const to = old.indexOf(end)
  if (from < 0 || to < from) throw new Error(`docs/reliability.md lacks the markers ${begin} and ${end}`)
  writeFileSync(document, `${old.slice(0, from + begin.length)}\n${text}\n${old.slice(to)}`)
}

endWithSignals()
process.on("exit", clear)

console.log(`== checks, once\nexpected length of all rounds: ${inWords(expectedSeconds(tested) * slowdown * rounds)}`)
if (positionals.length === 0) {
  const checked = await run(["lint", "types", "build"])
  if (checked.failures.length > 0) process.exit(1)
}

for (let index = 0; index < busyLoops; index++) {
  void new Command(["sh", "-c", busy], directory).read(() => {})
}
const results: Array<Results> = []
for (let round = 1; round <= rounds; round++) {
  console.log(`\n== round ${round} of ${rounds}`)
  const result = await run(tested.map(({ name }) => name))
  results.push(result)
  const { failures, seconds } = result
  console.log(`round ${round}: ${failures.length === 0 ? "green" : failures.join("; ")} (${inWords(seconds)})`)
}
const text = table(results)
console.log(`\n${text}`)
if (values.write) write(text)
await endAll()
process.exit(results.some(({ failures }) => failures.length > 0) ? 1 : 0)
