/**
 * Throws damaged bytes, misplaced descriptors and conversations with one thing wrong at the codec and at a running scached.
 *
 *     bun run fuzz [--seconds 60] [--seed N] [--only NAME[,NAME]] [--program PATH] [--path P] [--write]
 *
 * Exit code 1 when something did not hold; a failure names its smallest case and the command that replays it.
 */
import { KernelSystemCalls } from "@scached/fdpass"
import { Effect } from "effect"
import { positive, readOptions, refuse } from "../src/arguments.ts"
import { table, writeBlock } from "../src/Blocks.ts"
import { type Fuzzer, fuzzers, run } from "../src/Fuzz.ts"

const { value, has } = readOptions(["seconds", "seed", "only", "program", "path"], ["write"])
const isFuzzer = (name: string): name is Fuzzer => fuzzers.some((each) => each === name)
const named = value("only")?.split(",") ?? fuzzers
const only = named.map((name) => (isFuzzer(name) ? name : refuse(`--only ${name}: expected ${fuzzers.join(", ")}`)))
const seconds = positive("seconds", value("seconds"), 60)
const seed = Math.trunc(positive("seed", value("seed"), 1 + (crypto.getRandomValues(new Uint32Array(1))[0] ?? 0) / 4))
const path = value("path")

console.log(`seed ${seed}, ${seconds} s over ${only.join(", ")}`)
const check = () => ({ seed, seconds: seconds / only.length, ...(path === undefined ? {} : { path }) })
const program = run({ program: value("program"), only, check })
const report = await Effect.runPromise(Effect.scoped(program).pipe(Effect.provide(KernelSystemCalls.layer)))

for (const { name, cases, failure } of report.results) {
  console.log(`${name}: ${cases.toLocaleString("en")} cases, ${failure === undefined ? "all held" : "FAILED"}`)
}
console.log(`${report.descriptorsPassed.toLocaleString("en")} descriptors were passed to the daemon`)
console.log(`${report.politeAnswers.toLocaleString("en")} exchanges of a well-behaved client beside them`)
console.log(`the daemon's memory grew by ${report.grownKib.toLocaleString("en")} KiB`)
const failures = report.results.flatMap(({ failure }) => failure ?? [])
for (const failure of failures) console.log(`\n${failure}`)
if (failures.length === 0 && has("write")) {
  const what: Readonly<Record<Fuzzer, string>> = {
    "server-session": "the server's session in memory, three splits each, against a reference",
    "client-session": "the client's session in memory, three splits each",
    conversations: "whole visits with one thing wrong, against a reference and a running daemon",
    bytes: "rounds of four clients' damaged bytes against a running daemon"
  }
  const rows = report.results.flatMap(({ name, cases }) =>
    isFuzzer(name) ? [[what[name], cases.toLocaleString("en")]] : []
  )
  const rest = [
    ["descriptors passed to the daemon meanwhile", report.descriptorsPassed.toLocaleString("en")],
    ["exchanges of a well-behaved client beside them, all answered rightly", report.politeAnswers.toLocaleString("en")]
  ]
  writeBlock("fuzz", `\nSeed ${seed}, ${seconds} seconds:\n\n${table(["bad input", "cases"], [...rows, ...rest])}\n`)
}
process.exit(failures.length === 0 ? 0 : 1)
