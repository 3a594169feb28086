/**
 * Runs the tests of the laboratory with the Postfix of other Debian suites: `bun run test:postfix bookworm forky [-- MORE FOR BUN TEST]`. As
 * root; what is missing is unpacked first. It ends with 1 when a test failed in any suite.
 */
import { join } from "node:path"
import { command, suites } from "../src/SuiteRoot.ts"

const words = process.argv.slice(2)
const end = words.includes("--") ? words.indexOf("--") : words.length
const [chosen, more] = [words.slice(0, end), words.slice(end + 1)]
const isKnown = (word: string): boolean => suites.some((suite) => suite === word)
if (chosen.length === 0 || !chosen.every(isKnown)) {
  console.error(`usage: bun run test:postfix SUITE ... [-- OPTIONS OR FILES FOR bun test], of ${suites.join(", ")}`)
  process.exit(2)
}

const run = async (program: ReadonlyArray<string>, environment: Readonly<Record<string, string>>): Promise<number> =>
  Bun.spawn([...program], { stdio: ["ignore", "inherit", "inherit"], env: { ...process.env, ...environment } }).exited

const install = join(import.meta.dir, "../../../.ci/install-postfix")
/** Paths as the suite has them; CI, so that a test that cannot run there fails instead of being skipped. */
const inside = { CI: "true", PATH: "/usr/sbin:/usr/bin:/sbin:/bin", TMPDIR: "/tmp" }
const failed: Array<string> = []
for (const suite of chosen) {
  console.log(`== ${suite}`)
  const unpacked = Bun.spawnSync([install, suite], { stderr: "inherit" })
  const folder = unpacked.stdout.toString().trim().split("\n").at(-1) ?? ""
  if (unpacked.exitCode !== 0) process.exit(1)
  const tests = ["bun", "test", "--timeout", "60000", ...more]
  if ((await run(command(join(folder, "tree"), tests), inside)) !== 0) failed.push(suite)
}
console.log(failed.length === 0 ? `passed with ${chosen.join(", ")}` : `failed with ${failed.join(", ")}`)
process.exit(failed.length === 0 ? 0 : 1)
