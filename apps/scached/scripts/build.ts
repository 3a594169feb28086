/** Builds the single-file executable dist/scached at the root of the repository. */
import { join } from "node:path"
import { $ } from "bun"

const root = join(import.meta.dir, "../../..")
const output = join(root, "dist/scached")
await $`bun build --compile --minify --bytecode --format=esm --outfile ${output} ${join(import.meta.dir, "../src/main.ts")}`.quiet()
console.log(`built ${output}`)
