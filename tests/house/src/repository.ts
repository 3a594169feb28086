/**
 * What the tests of the repository look at: its files, its modules and what they import.
 */
import { readFileSync } from "node:fs"
import { dirname, join, relative } from "node:path"

export const root = join(import.meta.dir, "../../..")

/** Every file that belongs to the repository, tracked or about to be, relative to the root. */
export const files: ReadonlyArray<string> = (() => {
  const listed = Bun.spawnSync(["git", "ls-files", "--cached", "--others", "--exclude-standard"], { cwd: root })
  if (listed.exitCode !== 0) throw new Error(`git ls-files failed: ${listed.stderr.toString()}`)
  const existing = (path: string) => path !== "" && Bun.spawnSync(["test", "-f", join(root, path)]).exitCode === 0
  return listed.stdout.toString().split("\n").filter(existing)
})()

export const read = (path: string): string => readFileSync(join(root, path), "utf8")

/** One module, and what it imports, with the line of each import. */
export interface Module {
  readonly path: string
  readonly text: string
  readonly imports: ReadonlyArray<{ readonly specifier: string; readonly line: number }>
  /** The text with the lines of its comments empty. */
  readonly code: string
}

/** Finds every import of a module's text, with the line it ends on. */
export const scanImports = (text: string): Module["imports"] => {
  const found: Array<{ specifier: string; line: number }> = []
  const statement =
    /(?:^|\n)\s*(?:import|export)\b[^"'`;]*?from\s+"([^"]+)"|\bimport\(\s*"([^"]+)"\s*\)|(?:^|\n)import\s+"([^"]+)"/g
  for (const match of text.matchAll(statement)) {
    const specifier = match[1] ?? match[2] ?? match[3]
    if (specifier === undefined) continue
    found.push({ specifier, line: text.slice(0, match.index + match[0].length).split("\n").length })
  }
  return found
}

export const modules: ReadonlyArray<Module> = files
  .filter((path) => path.endsWith(".ts"))
  .map((path) => {
    const text = read(path)
    const code = text.replace(/^\s*(\*|\/\/|\/\*).*$/gm, "")
    return { path, text, code, imports: scanImports(text) }
  })

/** The folder that makes one part of the house: `packages/store`, `apps/scached`, `tests/interop`, `scripts`. */
export const partOf = (path: string): string => {
  const [first = "", second = ""] = path.split("/")
  return first === "packages" || first === "apps" || first === "tests" ? `${first}/${second}` : first
}

/** Where a relative import leads, relative to the root. */
export const resolveRelative = (from: string, specifier: string): string =>
  relative(root, join(root, dirname(from), specifier))

/** What the tests look at in a package.json. */
export interface Manifest {
  readonly name: string
  readonly version?: string
  readonly license?: string
  readonly exports?: unknown
  readonly scripts?: Readonly<Record<string, string>>
  readonly dependencies?: Readonly<Record<string, string>>
  readonly peerDependencies?: Readonly<Record<string, string>>
  readonly devDependencies?: Readonly<Record<string, string>>
}

/** The manifests of all parts, by folder. */
export const manifests: ReadonlyMap<string, Manifest> = new Map(
  files
    .filter((path) => /^(packages|apps|tests)\/[^/]+\/package\.json$/.test(path))
    .map((path) => [dirname(path), JSON.parse(read(path))])
)
