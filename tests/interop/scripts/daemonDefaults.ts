/**
 * Makes the table of Postfix's defaults that a daemon knows, packages/postfix/src/internal/daemonDefaults.ts, from the unpacked suites:
 * `bun run scripts/daemonDefaults.ts`, as root. With `--ask` it prints what this machine's scache(8) knows.
 */
import { writeFileSync } from "node:fs"
import { join } from "node:path"
import { scacheParameters } from "@scached/postfix"
import { Effect } from "effect"
import * as DaemonDefaults from "../src/DaemonDefaults.ts"
import { command, suites, unpack } from "../src/SuiteRoot.ts"

/** Some defaults are empty at one of these levels. */
const levels = ["0", "3.6"]
const target = join(import.meta.dir, "../../../packages/postfix/src/internal/daemonDefaults.ts")

if (process.argv.includes("--ask")) {
  const known = levels.map((level) =>
    DaemonDefaults.ask({ compatibility_level: level, myhostname: "mail.example.test" }).pipe(Effect.scoped)
  )
  console.log(JSON.stringify((await Effect.runPromise(Effect.all(known))).flat()))
  process.exit(0)
}

const askSuite = (suite: string): ReadonlyArray<DaemonDefaults.Known> => {
  const words = command(unpack(suite), ["bun", "run", "scripts/daemonDefaults.ts", "--ask"])
  const { exitCode, stdout } = Bun.spawnSync([...words], { stderr: "inherit", env: { ...process.env, TMPDIR: "/tmp" } })
  if (exitCode !== 0) throw new Error(`${suite} could not be asked`)
  return JSON.parse(stdout.toString())
}

const isOwn = (name: string): boolean => Object.values(scacheParameters).some((parameter) => parameter.name === name)
/** What depends on the machine, or on the program alone. */
const computed = ["mydomain", "mynetworks", "mail_version", "mail_release_date", "data_directory"]

/** Each name with what it is in every suite that knows it, the newest last. */
const found = new Map<string, ReadonlyArray<DaemonDefaults.Known>>()
for (const suite of suites) {
  for (const known of askSuite(suite)) {
    if (known.expanded === "" || isOwn(known.name) || computed.includes(known.name)) continue
    found.set(known.name, [...(found.get(known.name) ?? []), known])
  }
}
const isAlike = (each: ReadonlyArray<DaemonDefaults.Known>): boolean =>
  new Set(each.map(({ written }) => written.replaceAll("<level", "<"))).size === 1
const rows = [...found]
  .filter(([, each]) => isAlike(each))
  .sort(([one], [other]) => (one < other ? -1 : 1))
  .map(([name, each]) => `  ${name}: ${JSON.stringify(each.at(-1)?.written)}`)
const head = `// biome-ignore-all lint/suspicious/noTemplateCurlyInString: these are expressions of main.cf.
/**
 * Made by tests/interop/scripts/daemonDefaults.ts: change that, not this. The defaults that scache(8) of Postfix 3.5 to 3.11 knows besides the
 * parameters that it reads, as far as they are alike in all releases that have them; directories are those of Debian's packages.
 */
export const daemonDefaults = {
`
writeFileSync(target, `${head}${rows.join(",\n")}\n} as const\n`)
console.log(
  `${rows.length} of ${found.size} names are in ${target}; not alike: ${[...found].filter(([, each]) => !isAlike(each)).map(([name]) => name)}`
)
