/**
 * Runs scached in the foreground on a socket below the checkout, and says what to try next once it is there.
 */
import { mkdirSync } from "node:fs"
import { join, resolve } from "node:path"

const root = join(import.meta.dir, "..")
const given = process.argv.slice(2)
const at = given.findIndex((word) => word === "--socket" || word.startsWith("--socket="))
const chosen = at < 0 ? undefined : given[at] === "--socket" ? given[at + 1] : given[at]?.slice("--socket=".length)
// From where the command was typed, before it goes to the checkout.
const chosenPath = chosen === undefined ? undefined : resolve(chosen)
process.chdir(root)
mkdirSync("run", { recursive: true, mode: 0o700 })

// Relative to the checkout, since the address of a UNIX socket is short: a deep checkout must not make it too long.
const socket = chosenPath ?? "run/scached.sock"
const bun = `npx --yes bun@${Bun.version}`
const others =
  at < 0 ? given : given.filter((_, index) => index !== at && (given[at] !== "--socket" || index !== at + 1))
const settings = ["-v", "-o", "connection_cache_ttl_limit=60s"]
const argument = chosenPath === undefined ? "" : ` ${chosenPath}`

let isListening = false

const onListening = (): void => {
  isListening = true
  process.stderr.write(`
scached keeps connections at ${resolve(socket)} until you press Ctrl-C.

Try it in a second terminal, in this directory:
  ${bun} run try${argument}
      share one live connection between two processes
  ${bun} run scached list --socket ${chosenPath ?? "run/scached.sock"}
      what is cached; status, watch and top show more
  ${bun} run scached --help
      every command and every option
With Postfix: "As Postfix's cache" in README.md
`)
}

process.on("exit", (code) => {
  if (code === 0 || isListening) return
  process.stderr.write(`
scached was not started. At another path:
  ${bun} start --socket run/another.sock
and what is there for trying it out:
  ${bun} run try run/another.sock
`)
})

// Loaded now and not above, since it takes a moment, in which a Ctrl-C should end this.
const { main } = await import("../apps/scached/src/serve/main.ts")
main(["serve", "--socket", socket, ...settings, ...others], onListening)
