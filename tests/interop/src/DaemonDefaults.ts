/**
 * What a daemon of Postfix knows of the parameters that no main.cf sets: a value that refers to one of them is expanded by the daemon alone,
 * and each daemon knows some of Postfix's defaults, but not all.
 *
 * @category postfix
 */
import { mkdirSync } from "node:fs"
import { join } from "node:path"
import { Effect, type Scope } from "effect"
import * as ConfigurationFile from "./ConfigurationFile.ts"
import { LabFailure, labFailure } from "./LabFailure.ts"
import { postfixPaths } from "./PostfixTools.ts"
import * as TempDirectory from "./TempDirectory.ts"

/**
 * A parameter of Postfix: its default as `postconf -d` shows it, and what a reference to it is for scache(8).
 *
 * @category postfix
 */
export interface Known {
  readonly name: string
  readonly written: string
  readonly expanded: string
}

/** The parameter whose value scache(8) repeats when it is no time. */
const repeated = "connection_cache_ttl_limit"
/** Between names and values; no default holds it. */
const separator = "@@"
const namesPerRun = 40
const runsAtOnceMax = 32

const run = async (command: ReadonlyArray<string>, configuration: string): Promise<string> => {
  const child = Bun.spawn([...command], {
    stdio: ["ignore", "pipe", "pipe"],
    env: { MAIL_CONFIG: configuration, PATH: "/usr/sbin:/usr/bin:/sbin:/bin" }
  })
  const [output, complaints] = await Promise.all([child.stdout.text(), child.stderr.text()])
  return output + complaints
}

const readDefaults = async (configuration: string): Promise<ReadonlyArray<readonly [name: string, value: string]>> => {
  const text = await run([postfixPaths.postconf, "-d"], configuration)
  return [...text.matchAll(/^(\w+) =(?: (.*))?$/gm)]
    .map(([, name = "", value = ""]) => [name, value] as const)
    .filter(([name]) => name !== repeated)
}

const expand = async (names: ReadonlyArray<string>, configuration: string): Promise<ReadonlyMap<string, string>> => {
  const value = names.map((name) => `${separator}${name}${separator}$${name}`).join("")
  const words = ["-S", "-l", "-n", "scache", "-t", "unix", "-V", "-o", `${repeated}=${value}${separator}`]
  const said = await run([postfixPaths.scache, ...words], configuration)
  const pieces = said.split(separator)
  const found = names.map((name, index) => [name, pieces[2 * index + 1], pieces[2 * index + 2]] as const)
  return new Map(
    found.map(([name, named, expanded]) => {
      if (named !== name || expanded === undefined) throw new Error(`scache was asked for ${name}, and said ${said}`)
      return [name, expanded]
    })
  )
}

/**
 * Asks for all parameters that `postconf -d` names, with these settings of main.cf.
 *
 * @category postfix
 */
export const ask = Effect.fnUntraced(function* (
  settings: Readonly<Record<string, string>>
): Effect.fn.Return<ReadonlyArray<Known>, LabFailure, Scope.Scope> {
  const directory = yield* TempDirectory.make
  const paths = { queue_directory: join(directory, "queue"), data_directory: join(directory, "data") }
  yield* Effect.try({
    try: () => {
      for (const path of Object.values(paths)) mkdirSync(path)
      ConfigurationFile.write(join(directory, "master.cf"), [])
      ConfigurationFile.write(
        join(directory, "main.cf"),
        ConfigurationFile.settings({ maillog_file: "", ...paths, ...settings })
      )
    },
    catch: labFailure("configure scache")
  })
  const attempt = <A>(body: () => Promise<A>) =>
    Effect.tryPromise({
      try: body,
      catch: (cause) => new LabFailure({ attempt: "ask scache for its defaults", found: String(cause) })
    })
  const defaults = yield* attempt(() => readDefaults(directory))
  const groups = Array.from({ length: Math.ceil(defaults.length / namesPerRun) }, (_, index) =>
    defaults.slice(index * namesPerRun, (index + 1) * namesPerRun)
  )
  // Many at a time: a Postfix program sleeps for a second before it ends with a fatal error.
  const known = yield* Effect.forEach(
    groups,
    (group) =>
      Effect.map(
        attempt(() =>
          expand(
            group.map(([name]) => name),
            directory
          )
        ),
        (expanded) => group.map(([name, written]) => ({ name, written, expanded: expanded.get(name) ?? "" }))
      ),
    { concurrency: runsAtOnceMax }
  )
  return known.flat()
})
