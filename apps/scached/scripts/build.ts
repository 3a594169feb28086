/** Builds the single-file executable dist/scached at the root of the repository. */
import { existsSync, readFileSync } from "node:fs"
import { join } from "node:path"
import { $ } from "bun"

const root = join(import.meta.dir, "../../..")
const output = join(root, "dist/scached")
// Splitting keeps what only people need (help, standard error as a stream) out of the way of a start by master(8). The JIT policy is for the
// start alone, see StartUp.ts. Without the last two the executable would look for a .env and a bunfig.toml where it is started, as root.
const options = [
  "--minify",
  "--bytecode",
  "--format=esm",
  "--splitting",
  "--compile-jit-policy=10",
  "--no-compile-autoload-dotenv",
  "--no-compile-autoload-bunfig"
]
// As text in the bundle: it is loaded from wherever code may be loaded from, and not from where Bun would unpack it.
const addon = join(root, "packages/fdpass/addon/gate.node")
await $`bun run ${join(root, "packages/fdpass/scripts/buildAddon.ts")}`
const addonText = existsSync(addon) ? readFileSync(addon).toString("base64") : ""
options.push("--define", `SCACHED_GATE_ADDON=${JSON.stringify(addonText)}`)

await $`bun build --compile ${options} --outfile ${output} ${join(import.meta.dir, "../src/main.ts")}`.quiet()
console.log(`built ${output}`)
