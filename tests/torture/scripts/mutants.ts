/**
 * Plants bugs in a copy of the repository, one at a time, and looks whether the tests catch them.
 *
 *     bun run mutants [--quick] [--only TEXT] [--write]
 *
 * Exit code 1 when one survived, or could not be planted. --write puts the table into docs/reliability.md.
 */
import { readOptions } from "../src/arguments.ts"
import { table, writeBlock } from "../src/Blocks.ts"
import { tryMutants } from "../src/MutationRun.ts"
import { mutants } from "../src/PlantedMutants.ts"

const { value, has } = readOptions(["only"], ["quick", "write"])
const only = value("only") ?? ""
const chosen = mutants.filter((each) => each.name.includes(only) && (!has("quick") || each.isQuick === true))
const results = tryMutants(chosen, ({ name, outcome, by, seconds }) => {
  console.log(`${outcome.padEnd(11)} ${seconds.toFixed(1).padStart(5)} s  ${name}\n${" ".repeat(21)}${by}`)
})
const missed = results.filter(({ outcome }) => outcome !== "caught")
console.log(`\n${results.length - missed.length} of ${results.length} caught`)
if (has("write")) {
  const rows = results.map(({ name, outcome, by }) => [name, outcome === "caught" ? by : `**${outcome}**`])
  const head = ["bug", "caught by"]
  writeBlock("mutants", `\n${results.length - missed.length} of ${results.length} caught:\n\n${table(head, rows)}\n`)
}
process.exit(missed.length === 0 && results.length > 0 ? 0 : 1)
