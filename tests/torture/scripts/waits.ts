/**
 * Measures how long a well-behaved client waits at most while something happens to a cache: to Postfix's scache(8), and to scached.
 *
 *     bun run waits [--program PATH] [--only TEXT] [--rounds 3] [--write]
 *
 * As root, where Postfix and a C compiler are installed, on a machine that does nothing else. --write puts the table into
 * docs/reliability.md. Exit code 1 when scached did not do what it must, or did not answer.
 */
import { KernelSystemCalls } from "@scached/fdpass"
import { PostfixTools } from "@scached/interop"
import { Effect, Layer } from "effect"
import { positive, readOptions, refuse } from "../src/arguments.ts"
import { table, writeBlock } from "../src/Blocks.ts"
import { hostileCases, impedimentOf, startScache, startScached } from "../src/Hostile.ts"
import { type WaitCase, waitCases, wholeScale } from "../src/WaitCases.ts"
import { longestOf, type Played, play } from "../src/Waits.ts"

const { value, has } = readOptions(["program", "only", "rounds"], ["write"])
const program = value("program")
const rounds = positive("rounds", value("rounds"), 3)
const all: ReadonlyArray<WaitCase> = [...waitCases(wholeScale), ...hostileCases]
const chosen = all.filter(({ name }) => name.includes(value("only") ?? ""))
for (const each of chosen) {
  // The client that is kept waiting is a program in C.
  const impediment = impedimentOf({ needs: "cc" }) ?? impedimentOf(each)
  if (impediment !== undefined) refuse(`${each.name}: ${impediment}`)
}
const laboratory = PostfixTools.PostfixTools.layer.pipe(Layer.provideMerge(KernelSystemCalls.layer))

const wrong: Array<string> = []
const judge = (each: WaitCase, { words, wait }: Played): void => {
  if (words !== each.scached) wrong.push(`${each.name}: ${words}; it must be: ${each.scached}`)
  if (wait.end !== "answered") wrong.push(`${each.name}: the other client was ${wait.end}`)
}

const measure = Effect.gen(function* () {
  const { version } = yield* PostfixTools.PostfixTools
  const rows: Array<ReadonlyArray<string>> = []
  for (const each of chosen) {
    const [theirs, ours]: [Array<Played>, Array<Played>] = [[], []]
    // In turn, so that what else the machine does at times disturbs both.
    for (let round = 0; round < rounds; round++) {
      if (each.withoutScache === undefined) theirs.push(yield* play(each, startScache))
      const played = yield* play(each, (each.startScached ?? startScached)(program))
      judge(each, played)
      ours.push(played)
    }
    const row = [each.name, each.withoutScache ?? longestOf(theirs), longestOf(ours)]
    console.log(row.join(" | "))
    rows.push(row)
  }
  return { rows, version: yield* version }
})
const { rows, version } = await Effect.runPromise(Effect.scoped(measure).pipe(Effect.provide(laboratory)))
const text = table(["what happens", `scache(8), Postfix ${version}`, "scached"], rows)
if (has("write")) writeBlock("waits", `\nLongest of ${rounds} rounds:\n\n${text}\n`)
for (const each of wrong) console.log(`scached: ${each}`)
process.exit(wrong.length === 0 ? 0 : 1)
