/** Builds what operators install: executables, Debian packages and their checksums. */
import { createHash } from "node:crypto"
import { mkdirSync, readFileSync, rmSync, writeFileSync } from "node:fs"
import { join } from "node:path"
import { parseArgs } from "node:util"
import { packages, root, versionOf } from "./pack/manifests.ts"
import { buildPackage, type Compression } from "./release/DebianPackage.ts"
import { benchPackage, scachedPackage } from "./release/packages.ts"

const help = `bun run release [--only TARGET] [--quick] [--out DIRECTORY]

Builds executables of scached and scache-bench for x64 and arm64, Debian packages for amd64 and arm64, and SHA256SUMS, by default in
dist/release. The same commit makes the same files. Times are those of SOURCE_DATE_EPOCH, or of the commit.

  --only TARGET     one target alone
  --quick           does not compress the packages
  --out DIRECTORY   where all of it goes; what is there already is removed
  --help            prints this text`

/**
 * A processor as Bun names it, and as Debian does. There is no `x64-baseline` beside `x64`: Bun 1.4.5 makes the same executable of both, byte for
 * byte, which needs an x86-64-v2.
 */
const targets = [
  { name: "x64", debian: "amd64" },
  { name: "arm64", debian: "arm64" }
] as const

const options = {
  only: { type: "string" },
  quick: { type: "boolean" },
  out: { type: "string" },
  help: { type: "boolean", short: "h" }
} as const
const { values } = parseArgs({ options })
if (values.help) {
  console.log(help)
  process.exit(0)
}
const chosen = targets.filter(({ name }) => values.only === undefined || values.only === name)
if (chosen.length === 0)
  throw new Error(`there is no target ${values.only}: ${targets.map(({ name }) => name).join(", ")}`)

const output = values.out ?? join(root, "dist/release")
const compression: Compression = values.quick === true ? "none" : "xz"
const version = versionOf(packages)

const run = (command: ReadonlyArray<string>): string => {
  const { exitCode, stderr, stdout } = Bun.spawnSync([...command], { cwd: root })
  if (exitCode !== 0) throw new Error(`${command.join(" ")} failed:\n${stdout.toString()}${stderr.toString()}`)
  return stdout.toString().trim()
}

const { SOURCE_DATE_EPOCH } = process.env
const epochSeconds = Number(SOURCE_DATE_EPOCH ?? run(["git", "log", "-1", "--format=%ct"]))
const commit = run(["git", "rev-parse", "--short=12", "HEAD"])
// Who reads the version must not take this for the commit alone.
const isChanged = run(["git", "status", "--porcelain", "--untracked-files=no"]) !== ""

const bun = process.execPath

/** Builds both programs; the paths of their files. */
const buildExecutables = (target: string) => {
  const nameOf = (program: string) => join(output, `${program}-${version}-linux-${target}`)
  const [scached, bench] = [nameOf("scached"), nameOf("scache-bench")]
  const said = ["--commit", isChanged ? `${commit}+changes` : commit]
  run([bun, "run", "apps/scached/scripts/build.ts", "--target", `bun-linux-${target}`, "--out", scached, ...said])
  const benchOptions = ["--minify", "--format=esm", "--no-compile-autoload-dotenv", "--no-compile-autoload-bunfig"]
  const main = "apps/scache-bench/src/main.ts"
  run([bun, "build", "--compile", ...benchOptions, `--target=bun-linux-${target}`, "--outfile", bench, main])
  return { scached, bench }
}

rmSync(output, { recursive: true, force: true })
mkdirSync(output, { recursive: true })
const completion = `${run([bun, "run", "apps/scache-bench/src/main.ts", "--completions", "bash"])}\n`
const made: Array<string> = []
for (const { debian, name } of chosen) {
  process.stderr.write(`building and packing for ${name}: this takes minutes\n`)
  const { bench, scached } = buildExecutables(name)
  made.push(...[scached, bench].map((path) => path.slice(output.length + 1)))
  made.push(buildPackage(scachedPackage(version, debian, scached), output, epochSeconds, compression))
  made.push(buildPackage(benchPackage(version, debian, bench, completion), output, epochSeconds, compression))
}
const sums = made.sort().map((name) => {
  const sum = createHash("sha256").update(readFileSync(join(output, name)))
  return `${sum.digest("hex")}  ${name}\n`
})
writeFileSync(join(output, "SHA256SUMS"), sums.join(""))
process.stdout.write(sums.join(""))
