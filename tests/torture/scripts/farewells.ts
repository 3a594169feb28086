/**
 * Caches connections to real receivers of mail and lets them expire, with scache(8) and with scached, and prints how many of the sessions ended
 * without a good-bye as the receivers have it.
 *
 *     bun run farewells [--connections N] [--receivers NAME,...] [--write]
 *
 * As root, where Postfix, npm and Debian's apt are. Receivers are fetched once, into a folder below the temporary directory. --write puts the
 * table into docs/reliability.md. Exit code 1 when a session that scached had cached ended without a good-bye.
 */
import { KernelSystemCalls } from "@scached/fdpass"
import { CacheTarget, FarewellRun, PostfixTools, Receivers } from "@scached/interop"
import { Effect, Layer } from "effect"
import { positive, readOptions, refuse } from "../src/arguments.ts"
import { table, writeBlock } from "../src/Blocks.ts"

const { value, has } = readOptions(["connections", "receivers"], ["write"])
const connections = positive("connections", value("connections"), 100)
const names = value("receivers")?.split(",")
const chosen = Receivers.receivers.filter(({ name }) => names === undefined || names.includes(name))
if (names !== undefined && chosen.length !== names.length) {
  refuse(`--receivers is "${names}": known are ${Receivers.receivers.map(({ name }) => name).join(", ")}`)
}
const impediment = CacheTarget.scachedExecutable.impediment()
if (impediment !== undefined) refuse(impediment)

const laboratory = PostfixTools.PostfixTools.layer.pipe(Layer.provideMerge(KernelSystemCalls.layer))
const options = { ttlLimitSeconds: 100, farewells: "smtp, lmtp, imap" }

const measured = Effect.forEach(chosen, (receiver) =>
  Effect.gen(function* () {
    const expire = (target: CacheTarget.CacheTarget) =>
      Effect.scoped(FarewellRun.expireAt(receiver, (path) => target.start(path, options), connections))
    const [before, after] = [yield* expire(CacheTarget.scache), yield* expire(CacheTarget.scachedExecutable)]
    const name = `${receiver.name} ${yield* receiver.version}`
    console.log(name, before, after)
    return { name, before, after }
  })
)
const results = await Effect.runPromise(measured.pipe(Effect.provide(laboratory)))
const rows = results.map(({ after, before, name }) => [
  name,
  before.unsaid,
  after.unsaid,
  before.troubles,
  after.troubles
])
const head = ["receiver", "without a good-bye: scache(8)", "scached", "warnings and resets: scache(8)", "scached"]
const text = table(head, rows)
console.log(text)
if (has("write")) writeBlock("farewells", `\n${text}\n`)
process.exit(results.every(({ after }) => after.unsaid === 0) ? 0 : 1)
