/**
 * Runs scached in the foreground on a socket below the checkout, and says what to try next.
 */
import { mkdirSync } from "node:fs"
import { join } from "node:path"

const root = join(import.meta.dir, "..")
// Relative to the checkout, since the address of a UNIX socket is short: a deep checkout must not make it too long.
const socket = "run/scached.sock"
process.chdir(root)
mkdirSync("run", { recursive: true, mode: 0o700 })

console.error(`scached keeps connections at ${join(root, socket)} until you press Ctrl-C.

Try it in a second terminal, in this directory:
  npx --yes bun@${Bun.version} run try            share one live connection between two processes
  npx --yes bun@${Bun.version} run scached --help what it can be told
With Postfix: "As Postfix's cache" in README.md
`)

const settings = ["-v", "-o", "connection_cache_ttl_limit=60s"]
process.argv = [process.execPath, "scached", "serve", "--socket", socket, ...settings, ...process.argv.slice(2)]
await import("../apps/scached/src/main.ts")
