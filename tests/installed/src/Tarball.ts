/** The tarballs of the packages, made once for all tests of a run, and what is in them. */
import { mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync } from "node:fs"
import { tmpdir } from "node:os"
import { join } from "node:path"
import { type Outcome, root, run, runWell, tool } from "./Command.ts"

/** A package as it is packed. */
export interface Tarball {
  /** `@scached/store` */
  readonly name: string
  readonly path: string
  /** Where it lies unpacked. */
  readonly directory: string
  /** Its files, relative to the directory. */
  readonly files: ReadonlyArray<string>
}

/** A folder that is removed at the end of the process. */
export const temporaryDirectory = (): string => {
  const directory = mkdtempSync(join(tmpdir(), "scached-installed-"))
  process.once("exit", () => rmSync(directory, { recursive: true, force: true }))
  return directory
}

const unpack = async (path: string, into: string): Promise<Tarball> => {
  mkdirSync(into)
  await runWell(["tar", "-xzf", path, "-C", into], root)
  const directory = join(into, "package")
  const { name }: { readonly name: string } = JSON.parse(readFileSync(join(directory, "package.json"), "utf8"))
  const entries = readdirSync(directory, { recursive: true, withFileTypes: true })
  const files = entries
    .filter((entry) => !entry.isDirectory())
    .map((entry) => join(entry.parentPath, entry.name).slice(directory.length + 1))
  return { name, path, directory, files }
}

const make = async (): Promise<ReadonlyArray<Tarball>> => {
  const directory = temporaryDirectory()
  const packed = join(directory, "packed")
  const printed = await runWell([process.execPath, "run", "scripts/pack.ts", "--out", packed], root)
  const paths = printed.trim().split("\n")
  return Promise.all(paths.map((path, index) => unpack(path, join(directory, String(index)))))
}

let made: Promise<ReadonlyArray<Tarball>> | undefined

/** All packages, by `bun run pack`. */
export const tarballs = (): Promise<ReadonlyArray<Tarball>> => {
  made ??= make()
  return made
}

/** Packs a folder that may differ from what was packed before; the path of the tarball. */
export const packAgain = async (directory: string): Promise<string> => {
  const printed = await runWell([process.execPath, "pm", "pack", "--quiet"], directory)
  return join(directory, printed.trim())
}

/** What publint says of a tarball. */
export const publint = (path: string): Promise<Outcome> => run([tool("publint"), "--strict", path], root)

/** What arethetypeswrong says of a tarball; the packages are ES modules alone. */
export const areTheTypesWrong = (path: string): Promise<Outcome> =>
  run([tool("attw"), "--profile", "esm-only", "--no-color", path], root)
