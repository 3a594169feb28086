/**
 * Everything that must hold, in the order in which a failure is cheapest: lint, then types, then the executable, then all tests.
 *
 * The tests run one package after the other: some measure that nothing happens, and neighbours would disturb them.
 */
import { join } from "node:path"

const root = join(import.meta.dir, "..")

const steps = [
  { name: "lint", command: ["biome", "ci", "--error-on-warnings", "."] },
  { name: "types", command: ["turbo", "run", "typecheck", "--output-logs=new-only"] },
  { name: "build", command: ["turbo", "run", "build", "--output-logs=new-only"] },
  { name: "tests", command: ["turbo", "run", "test", "--concurrency=1", "--continue", "--no-daemon"] }
] as const

/** A test that blocks its thread is beyond its own time limit: then this one ends the run, and says where it stood. */
const minutesMax = 14
const deadline = setTimeout(() => {
  console.log(`\nnot done within ${minutesMax} minutes: the last test named above, or the one behind it, hangs`)
  console.log(`${counts.pass} passed, ${Math.max(1, counts.fail)} failed, ${counts.skip} skipped`)
  process.exit(1)
}, minutesMax * 60_000)

const counts = { pass: 0, skip: 0, fail: 0 }

const count = (line: string): void => {
  // The totals of one package, as bun prints them behind turbo's prefix.
  const found = /^\S+:test:\s+(\d+) (pass|skip|fail)\s*$/.exec(line)
  const kind = found?.[2]
  if (kind === "pass" || kind === "skip" || kind === "fail") counts[kind] += Number(found?.[1])
}

const run = async (command: ReadonlyArray<string>): Promise<number> => {
  const [program = "", ...args] = command
  const child = Bun.spawn([join(root, "node_modules/.bin", program), ...args], {
    cwd: root,
    env: { ...process.env, TURBO_TELEMETRY_DISABLED: "1", DO_NOT_TRACK: "1" },
    stdout: "pipe",
    stderr: "inherit"
  })
  const decoder = new TextDecoder()
  let rest = ""
  for await (const chunk of child.stdout) {
    process.stdout.write(chunk)
    const lines = (rest + decoder.decode(chunk, { stream: true })).split("\n")
    rest = lines.pop() ?? ""
    for (const line of lines) count(line)
  }
  return child.exited
}

for (const { name, command } of steps) {
  console.log(`\n== ${name}`)
  const code = await run(command)
  if (code !== 0) {
    console.log(`\n${name} failed: ${command.join(" ")}`)
    if (name === "tests")
      console.log(`${counts.pass} passed, ${Math.max(1, counts.fail)} failed, ${counts.skip} skipped`)
    process.exit(1)
  }
}
if (counts.pass === 0) {
  console.log("no test was counted: the totals of bun test could not be read")
  process.exit(1)
}
clearTimeout(deadline)
console.log(`\n${counts.pass} passed, ${counts.fail} failed, ${counts.skip} skipped`)
