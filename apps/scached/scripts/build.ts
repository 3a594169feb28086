/**
 * Builds the single-file executable, by default dist/scached at the root of the repository.
 *
 *   bun run scripts/build.ts [--out FILE] [--target bun-linux-arm64] [--commit COMMIT]
 *
 * Of one source, one Bun and one name of the file it is always the same, byte for byte: the executable holds its name.
 */
import { existsSync, readFileSync } from "node:fs"
import { join } from "node:path"
import { parseArgs } from "node:util"
import { $ } from "bun"

const root = join(import.meta.dir, "../../..")
const { values } = parseArgs({
  options: { out: { type: "string" }, target: { type: "string" }, commit: { type: "string" } }
})
const output = values.out ?? join(root, "dist/scached")
const isNative = values.target === undefined || values.target.startsWith(`bun-linux-${process.arch}`)
// Splitting keeps what only people need (help, standard error as a stream) out of the way of a start by master(8). The JIT policy is for the
// start alone, see StartUp.ts. Without the last two the executable would look for a .env and a bunfig.toml where it is started, as root.
const options = [
  "--minify",
  "--format=esm",
  "--splitting",
  "--compile-jit-policy=10",
  "--no-compile-autoload-dotenv",
  "--no-compile-autoload-bunfig"
]
// What another machine would make of this one's bytecode was not tried.
if (isNative) options.push("--bytecode")
if (values.target !== undefined) options.push(`--target=${values.target}`)

// As text in the bundle: it is loaded from wherever code may be loaded from, and not from where Bun would unpack it.
const addonTextOf = async (): Promise<string> => {
  if (!isNative) return ""
  const addon = join(root, "packages/fdpass/addon/gate.node")
  await $`bun run ${join(root, "packages/fdpass/scripts/buildAddon.ts")}`
  return existsSync(addon) ? readFileSync(addon).toString("base64") : ""
}
options.push("--define", `SCACHED_GATE_ADDON=${JSON.stringify(await addonTextOf())}`)

const commitHere = async (): Promise<string> =>
  (await $`git rev-parse --short=12 HEAD`.cwd(root).nothrow().quiet()).text().trim()
options.push("--define", `SCACHED_COMMIT=${JSON.stringify(values.commit ?? (await commitHere()))}`)

await $`bun build --compile ${options} --outfile ${output} ${join(import.meta.dir, "../src/main.ts")}`.quiet()
console.log(`built ${output}`)
