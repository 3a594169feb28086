/** A project outside the repository, as somebody begins one. */
import { mkdirSync, writeFileSync } from "node:fs"
import { join } from "node:path"
import { type Outcome, run, runWell, tool } from "./Command.ts"
import { tarballs, temporaryDirectory } from "./Tarball.ts"

/** How a project resolves its imports: `module` and `moduleResolution` of the compiler. */
export type Resolution = readonly [module: string, moduleResolution: string]

export const resolutions: ReadonlyArray<Resolution> = [
  ["NodeNext", "NodeNext"],
  ["ESNext", "bundler"]
]

/** A folder with a package.json and nothing else. */
export const makeProject = (): string => {
  const directory = temporaryDirectory()
  writeFileSync(join(directory, "package.json"), JSON.stringify({ name: "project", private: true, type: "module" }))
  mkdirSync(join(directory, "run"))
  return directory
}

const install = async (): Promise<string> => {
  const directory = makeProject()
  const paths = (await tarballs()).map(({ path }) => path)
  await runWell(["npm", "install", "--no-audit", "--no-fund", "--prefer-offline", ...paths], directory)
  return directory
}

let installed: Promise<string> | undefined

/** A project with all packages, installed by npm; one for all tests of a run. */
export const installedProject = (): Promise<string> => {
  installed ??= install()
  return installed
}

/** Type-checks modules of a project, and all declarations that they lead to: skipLibCheck is off. */
export const typecheck = (
  directory: string,
  [module, moduleResolution]: Resolution,
  files: ReadonlyArray<string>
): Promise<Outcome> => {
  const options = ["--module", module, "--moduleResolution", moduleResolution, "--target", "ESNext", "--strict"]
  const command = [tool("tsc"), "--ignoreConfig", "--noEmit", "--skipLibCheck", "false", ...options, ...files]
  return run(command, directory)
}
