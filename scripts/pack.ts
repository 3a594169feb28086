/** Builds every package as others install it, and packs each into a tarball. */
import { copyFileSync, cpSync, mkdirSync, mkdtempSync, readdirSync, rmSync, writeFileSync } from "node:fs"
import { tmpdir } from "node:os"
import { dirname, join } from "node:path"
import { parseArgs } from "node:util"
import { compile, compiledFiles, namesRuntime } from "./pack/compile.ts"
import { origin, type Package, packages, publishedManifest, root, versionOf } from "./pack/manifests.ts"
import { needsBun, otherRuntimesFolder, standInsOf } from "./pack/otherRuntimes.ts"

const help = `bun run pack [--out DIRECTORY]

Compiles the packages and packs each into a tarball, by default in dist/packages. Install all of them together:

    npm install effect DIRECTORY/*.tgz

  --out DIRECTORY   where the tarballs go; those of another version stay there
  --help            prints this text`

const { values } = parseArgs({ options: { out: { type: "string" }, help: { type: "boolean", short: "h" } } })
if (values.help) {
  console.log(help)
  process.exit(0)
}
const output = values.out ?? join(root, "dist/packages")

/** Lays out what the tarball has in it, and packs it; returns the tarball's name. */
const pack = async (one: Package, version: string, work: string): Promise<string> => {
  const source = join(root, "packages", one.folder)
  const stage = join(work, "stage", one.folder)
  const files = compiledFiles(work, one.folder)
  const modules = [...files.keys()].filter((name) => name.endsWith(".js")).map((name) => name.slice(0, -3))
  const isNamed = (module: string) => !/(^|\/)internal\//.test(module)
  const standIns = needsBun(one) ? await standInsOf(one, modules.filter(isNamed)) : new Map<string, string>()
  const compiled = [...files].map(([name, text]) => [join("dist", name), text] as const)
  for (const [name, text] of [...compiled, ...standIns]) {
    const path = join(stage, name)
    mkdirSync(dirname(path), { recursive: true })
    writeFileSync(path, text)
  }
  const declarations = [...files].filter(([name]) => name.endsWith(".d.ts")).map(([, text]) => text)
  const manifest = publishedManifest(one, version, origin, {
    hasRuntimeTypes: declarations.some(namesRuntime),
    standIns: standIns.size > 0 ? otherRuntimesFolder : undefined
  })
  writeFileSync(join(stage, "package.json"), `${JSON.stringify(manifest, null, 2)}\n`)
  cpSync(join(source, "src"), join(stage, "src"), { recursive: true })
  copyFileSync(join(source, "README.md"), join(stage, "README.md"))
  copyFileSync(join(root, "LICENSE"), join(stage, "LICENSE"))
  const run = Bun.spawnSync([process.execPath, "pm", "pack", "--quiet", "--destination", output], { cwd: stage })
  if (run.exitCode !== 0) throw new Error(`${one.manifest.name} cannot be packed:\n${run.stderr.toString()}`)
  return run.stdout.toString().trim()
}

const version = versionOf(packages)
// Below the repository the stages would be taken for packages of the workspace.
const work = mkdtempSync(join(tmpdir(), "scached-pack-"))
try {
  compile(work)
  mkdirSync(output, { recursive: true })
  for (const one of packages) await pack(one, version, work)
} finally {
  rmSync(work, { recursive: true, force: true })
}
for (const name of readdirSync(output).filter((each) => each.endsWith(`-${version}.tgz`)))
  console.log(join(output, name))
