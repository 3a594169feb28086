/** What `bun run test` consists of: three checks, and the tests of each folder that has some. */
import { existsSync, readdirSync, readFileSync } from "node:fs"
import { join } from "node:path"

export const root = join(import.meta.dir, "../..")

/** One step of a run, as it is named on the command line. */
export interface Part {
  readonly name: string
  readonly kind: "check" | "tests"
  /** Run one after the other in this folder, until one fails. */
  readonly commands: ReadonlyArray<ReadonlyArray<string>>
  readonly directory: string
}

const bin = (program: string): string => join(root, "node_modules/.bin", program)

// Colour codes are for terminals, and the checks print into a pipe.
const turbo = (task: string) => [bin("turbo"), "run", task, "--output-logs=errors-only", "--no-color"]

/** In the order in which a failure is cheapest. */
const checks: ReadonlyArray<Part> = (
  [
    ["lint", [[bin("biome"), "ci", "--error-on-warnings", "--colors=off", "."]]],
    ["types", [turbo("typecheck"), [bin("tsc"), "-p", "."]]],
    ["build", [turbo("build")]]
  ] as const
).map(([name, commands]) => ({ name, kind: "check", commands, directory: root }))

const isTested = (manifest: string): boolean => {
  const { scripts }: { scripts?: Record<string, string> } = JSON.parse(readFileSync(manifest, "utf8"))
  return scripts?.["test"] !== undefined
}

const tests: ReadonlyArray<Part> = ["packages", "apps", "tests"].flatMap((folder) =>
  readdirSync(join(root, folder)).flatMap((name): ReadonlyArray<Part> => {
    const directory = join(root, folder, name)
    const manifest = join(directory, "package.json")
    if (!existsSync(manifest) || !isTested(manifest)) return []
    return [{ name, kind: "tests", commands: [[process.execPath, "run", "--silent", "test"]], directory }]
  })
)

export const parts: ReadonlyArray<Part> = [...checks, ...tests]

/**
 * The parts with these names, all without a name; a name that is none comes back alone. Tests bring the build along: some run the
 * executable, and one that is older than the sources would mislead.
 */
export const choose = (names: ReadonlyArray<string>): ReadonlyArray<Part> | { readonly unknown: string } => {
  const unknown = names.find((name) => !parts.some((part) => part.name === name))
  if (unknown !== undefined) return { unknown }
  const isChosen = ({ name }: Part): boolean => names.length === 0 || names.includes(name)
  const needsBuild = tests.some(isChosen)
  return parts.filter((part) => isChosen(part) || (needsBuild && part.name === "build"))
}
