/**
 * Does to Postfix's scache(8) and to scached what no client should, and prints what each does then.
 *
 *     bun run hostile [--program PATH] [--write]
 *
 * As root, where Postfix is installed. --write puts the table into docs/reliability.md. Exit code 1 when scached did anything else than it must.
 */
import { KernelSystemCalls } from "@scached/fdpass"
import { PostfixTools } from "@scached/interop"
import { Effect, Layer } from "effect"
import { readOptions, refuse } from "../src/arguments.ts"
import { table, writeBlock } from "../src/Blocks.ts"
import { hostileCases, impedimentOf, observe, startScache, startScached } from "../src/Hostile.ts"

const { value, has } = readOptions(["program"], ["write"])
for (const each of hostileCases) {
  const impediment = impedimentOf(each)
  if (impediment !== undefined) refuse(`${each.name}: ${impediment}`)
}
const laboratory = PostfixTools.PostfixTools.layer.pipe(Layer.provideMerge(KernelSystemCalls.layer))

const both = Effect.scoped(
  Effect.gen(function* () {
    const { version } = yield* PostfixTools.PostfixTools
    const scached = yield* observe(startScached(value("program")))
    return { version: yield* version, scached, scache: yield* observe(startScache) }
  })
)
const { version, scache, scached } = await Effect.runPromise(both.pipe(Effect.provide(laboratory)))
const rows = hostileCases.map(({ name }, index) => [name, scache[index] ?? "", scached[index] ?? ""])
const text = table(["what a client does", `scache(8), Postfix ${version}`, "scached"], rows)
console.log(text)
if (has("write")) writeBlock("hostile", `\n${text}\n`)
const wrong = hostileCases.filter((each, index) => each.scached !== scached[index])
for (const each of wrong) console.log(`scached must do this: ${each.name}: ${each.scached}`)
process.exit(wrong.length === 0 ? 0 : 1)
