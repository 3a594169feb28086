/**
 * Everything that must hold, in the order in which a failure is cheapest: lint, types, the executable, and then all tests.
 *
 * Two parts run their tests at once. None disturbs another: each has its own directories, sockets and ports, and waits for states.
 */
import { writeFileSync } from "node:fs"
import { parseArgs } from "node:util"
import { Command, endAll, endWithSignals } from "./test/Command.ts"
import { expectedSeconds, inOrder, inWords, isMeasuredHere, keep, lanes, secondsOf } from "./test/Lengths.ts"
import { choose, type Part, parts } from "./test/Part.ts"
import { type Counts, type Failure, PartReport, sentence } from "./test/PartReport.ts"

const help = `bun run test [PART...]

Runs the checks and the tests of these parts, without a name all of them: ${parts.map(({ name }) => name).join(", ")}.
A part with tests brings the build along. The last line has the totals.

  --results FILE    also writes what failed and how long each part took, as JSON
  --keep-lengths    does not keep the lengths for the next run's expectation
  --write-lengths   keeps them for other machines too, in scripts/test/lengths.json
  --help            prints this text`

/** A test that prints nothing and does not end for so long hangs: its own limit is a minute, or ten for a few with many seeds. */
const silentMinutesMax = 12
/** Where continuous integration would end the run without a word. */
const minutesMaxOfCi = 24
/** How often a run that prints nothing says where it stands. */
const progressSeconds = 60

const options = () => {
  try {
    return parseArgs({
      allowPositionals: true,
      options: {
        help: { type: "boolean", short: "h" },
        results: { type: "string" },
        "keep-lengths": { type: "boolean" },
        "write-lengths": { type: "boolean" }
      }
    })
  } catch (error) {
    console.log(`${error instanceof Error ? error.message : error}\n\n${help}`)
    process.exit(2)
  }
}

const { positionals, values } = options()
if (values.help) {
  console.log(help)
  process.exit(0)
}
const chosen = choose(positionals)
if ("unknown" in chosen) {
  console.log(`no part is named ${chosen.unknown}; there are: ${parts.map(({ name }) => name).join(", ")}`)
  process.exit(2)
}

const startMillis = performance.now()
const secondsSince = (millis: number): number => (performance.now() - millis) / 1000
const totals: Counts = { pass: 0, skip: 0, fail: 0 }
const failures: Array<Failure> = []
const skips = new Map<string, number>()
const lengths: Record<string, number> = {}

const finish = async (): Promise<never> => {
  await endAll()
  if (values.results !== undefined) {
    const content = { seconds: secondsSince(startMillis), lengths, failures: failures.map(({ test }) => test), totals }
    writeFileSync(values.results, JSON.stringify(content))
  }
  if (!values["keep-lengths"]) keep(lengths, "here")
  if (values["write-lengths"]) keep(lengths, "everywhere")
  for (const [reason, count] of skips) console.log(`skipped: ${count} (${reason})`)
  if (failures.length > 0) console.log("\n== failures")
  for (const { text } of failures) console.log(`\n${text}`)
  console.log(`\ntook ${inWords(secondsSince(startMillis))}\n${sentence(totals)}`)
  process.exit(failures.length === 0 ? 0 : 1)
}

/** What turbo says of itself with every run. */
const isChatter = (line: string): boolean =>
  /^\s*•|^ *(Tasks|Cached|Time):|^\s*$|cache (hit|miss|bypass)|no output files found/i.test(line)

const check = async ({ commands, directory, name }: Part): Promise<void> => {
  const start = performance.now()
  for (const command of commands) {
    const lines: Array<string> = []
    const code = await new Command(command, directory).read((line) => {
      if (!isChatter(line)) lines.push(line)
    })
    if (code === 0) continue
    console.log(lines.join("\n"))
    failures.push({ test: name, text: `${name} failed: ${command.join(" ")}\n${lines.join("\n")}` })
    totals.fail++
    return finish()
  }
  lengths[name] = secondsSince(start)
  console.log(`${name}: good (${inWords(lengths[name])})`)
}

interface Running {
  readonly part: Part
  readonly report: PartReport
  readonly command: Command
  readonly start: number
  stopped: string | undefined
}
const running = new Set<Running>()

const runTests = async (part: Part): Promise<void> => {
  const report = new PartReport(part.name, part.directory)
  const command = new Command(part.commands[0] ?? [], part.directory)
  const one: Running = { part, report, command, start: performance.now(), stopped: undefined }
  running.add(one)
  const code = await command.read((line) => report.take(line))
  running.delete(one)
  report.end(code, one.stopped)
  const seconds = secondsSince(one.start)
  if (report.failures.length === 0) lengths[part.name] = seconds
  for (const kind of ["pass", "skip", "fail"] as const) totals[kind] += report.counts[kind]
  for (const [reason, count] of report.skips) skips.set(reason, (skips.get(reason) ?? 0) + count)
  failures.push(...report.failures)
  console.log(`${part.name}: ${sentence(report.counts)} (${inWords(seconds)})`)
  for (const { text } of report.failures) console.log(`\n${text}\n`)
}

let progressMillis = performance.now()

/** Where the tests stand; ends one that makes no progress, and all in continuous integration before that ends them. */
const watch = (): void => {
  const isOverTime = process.env["CI"] === "true" && secondsSince(startMillis) > minutesMaxOfCi * 60
  for (const one of running) {
    const silent = secondsSince(one.command.lastLineMillis)
    if (!isOverTime && silent < silentMinutesMax * 60) continue
    one.stopped = isOverTime
      ? `not done within ${minutesMaxOfCi} minutes, in ${one.report.place}`
      : `no test has ended for ${silentMinutesMax} minutes, in ${one.report.place}`
    void one.command.end()
  }
  if (secondsSince(progressMillis) < progressSeconds || running.size === 0) return
  progressMillis = performance.now()
  const places = [...running].map(
    ({ part, report, start }) =>
      `${part.name} for ${inWords(secondsSince(start))} of about ${inWords(secondsOf(part))}, in ${report.place}`
  )
  console.log(`  running: ${places.join("; ")}`)
}

endWithSignals()
const source = isMeasuredHere(chosen)
  ? "by the last run here"
  : "on a quiet machine of two cores; not measured here yet"
console.log(`expected length: ${inWords(expectedSeconds(chosen))} (${source})`)
for (const part of chosen) if (part.kind === "check") await check(part)

const line = [...inOrder(chosen)]
const lane = async (): Promise<void> => {
  for (let part = line.shift(); part !== undefined; part = line.shift()) await runTests(part)
}
const watching = setInterval(watch, 1000)
await Promise.all(Array.from({ length: lanes }, lane))
clearInterval(watching)
await finish()
