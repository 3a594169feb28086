/**
 * Makes man/scache-bench.1 from what the program's `--help` prints. With `--print` it only prints what it makes.
 */
import { writeFileSync } from "node:fs"
import { join } from "node:path"

const root = join(import.meta.dir, "..")
const target = join(root, "man/scache-bench.1")
const program = join(root, "apps/scache-bench/src/main.ts")

const helpOf = (...command: ReadonlyArray<string>): string => {
  const { exitCode, stderr, stdout } = Bun.spawnSync([process.execPath, "run", program, ...command, "--help"])
  if (exitCode !== 0) throw new Error(stderr.toString())
  return stdout.toString()
}

const escaped = (line: string): string => {
  const text = line.replaceAll("\\", "\\e").replaceAll("-", "\\-")
  return /^[.']/.test(text) ? `\\&${text}` : text
}

/** Help is laid out for a terminal, and kept so; of the flags that all commands have one page is enough. */
const kept = (help: string): ReadonlyArray<string> => {
  const own = help.replace(/\n?GLOBAL FLAGS\n(?: .*\n|\n(?= ))*/, "\n").trimEnd()
  return [".nf", ...own.split("\n").map(escaped), ".fi"]
}

const subcommands = ["run", "report", "standard", "schema"]

const page = [
  '.\\" Made by "bun run manual" from what scache\\-bench \\-\\-help prints: change that, not this.',
  '.TH SCACHE\\-BENCH 1 "" "" "scached"',
  ".SH NAME",
  "scache\\-bench \\- load generator for connection caches",
  ".SH SYNOPSIS",
  ".nf",
  ...subcommands.map((name) => `\\fBscache\\-bench ${name}\\fR [flags]`),
  ".fi",
  ".SH DESCRIPTION",
  ...kept(helpOf()).map((line) => line),
  ...subcommands.flatMap((name) => [`.SH ${name.toUpperCase()}`, ...kept(helpOf(name))]),
  '.SH "SEE ALSO"',
  "scached(8), scache(8)",
  ""
].join("\n")

if (process.argv.includes("--print")) process.stdout.write(page)
else {
  writeFileSync(target, page)
  console.log(`made ${target}`)
}
