/**
 * Everything that must hold, in the order in which a failure is cheapest: lint, then types, then the executable, then all tests.
 *
 * The tests run one package after the other: some measure that nothing happens, and neighbours would disturb them.
 */
import { join } from "node:path"
import { TestReport } from "./TestReport.ts"

const root = join(import.meta.dir, "..")

// Into a pipe or a file nobody wants colour codes.
const colours = process.stdout.isTTY ? [] : ["--colors=off"]
const turboColours = process.stdout.isTTY ? [] : ["--no-color"]

const checks = [
  { name: "lint", command: ["biome", "ci", "--error-on-warnings", ...colours, "."] },
  { name: "types", command: ["turbo", "run", "typecheck", "--output-logs=errors-only", ...turboColours] },
  { name: "build", command: ["turbo", "run", "build", "--output-logs=errors-only", ...turboColours] }
] as const

const tests = ["turbo", "run", "test", "--concurrency=1", "--continue", "--no-color"]

const report = new TestReport((line) => console.log(line))

/** A test that blocks its thread is beyond its own time limit: then this one ends the run, and says where it stood. */
const minutesMax = 14
const deadline = setTimeout(() => {
  console.log(`\nnot done within ${minutesMax} minutes: a test hangs, in ${report.place}`)
  report.counts.fail = Math.max(1, report.counts.fail)
  console.log(report.totals)
  process.exit(1)
}, minutesMax * 60_000)

/** What turbo says of itself with every run. */
const isChatter = (line: string): boolean => /^\s*•|^ *(Tasks|Cached|Time):|^\s*$|cache (hit|miss|bypass)/.test(line)

const run = async (command: ReadonlyArray<string>, onLine: (line: string) => void): Promise<number> => {
  const [program = "", ...args] = command
  const child = Bun.spawn([join(root, "node_modules/.bin", program), ...args], {
    cwd: root,
    env: { ...process.env, TURBO_TELEMETRY_DISABLED: "1", TURBO_NO_UPDATE_NOTIFIER: "1", DO_NOT_TRACK: "1" },
    stdout: "pipe",
    stderr: "inherit"
  })
  const decoder = new TextDecoder()
  let rest = ""
  for await (const chunk of child.stdout) {
    const lines = (rest + decoder.decode(chunk, { stream: true })).split("\n")
    rest = lines.pop() ?? ""
    for (const line of lines) onLine(line)
  }
  if (rest !== "") onLine(rest)
  return child.exited
}

for (const { name, command } of checks) {
  console.log(`\n== ${name}`)
  const code = await run(command, (line) => {
    if (command[0] !== "turbo" || !isChatter(line)) console.log(line)
  })
  if (code === 0) continue
  console.log(`\n${name} failed: ${command.join(" ")}`)
  process.exit(1)
}

console.log("\n== tests")
const code = await run(tests, (line) => report.take(line))
clearTimeout(deadline)
report.end()
if (report.counts.pass === 0) console.log("no test was counted: the totals of bun test could not be read")
if (code !== 0 && report.counts.fail === 0) console.log(`tests failed: ${tests.join(" ")}`)
process.exit(code !== 0 || report.counts.pass === 0 ? 1 : 0)
