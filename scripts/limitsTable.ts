/**
 * Makes the table of docs/limits.md from the table of parameters. With `--print` it only prints the document that it makes.
 */
import { readFileSync, writeFileSync } from "node:fs"
import { join } from "node:path"
import { cacheParameterList } from "../apps/scached/src/settings/parameters.ts"

const target = join(import.meta.dir, "../docs/limits.md")
const begin = '<!-- Made by "bun run manual" from apps/scached/src/settings/parameters.ts: change that, not this. -->'
const end = "<!-- The end of what is made. -->"

const rows = cacheParameterList.flatMap(({ default: standard, limit, name, row }) => {
  if (row === undefined) return []
  const counters = [limit === undefined ? undefined : `\`limits reached ${limit.counter}\``, row.counters]
  const parameter = `\`${name}\`${row.parameterNote ?? ""}`
  const shown = counters.filter((each) => each !== undefined).join(", ")
  return [`| ${row.what} | ${parameter} | ${standard}${row.defaultNote ?? ""} | ${row.whenReached} | ${shown} |`]
})

const table = ["| what | parameter | default | when it is reached | counter |", "|---|---|---|---|---|", ...rows].join(
  "\n"
)

const document = readFileSync(target, "utf8")
const [before, rest] = document.split(begin)
const after = rest?.split(end)[1]
if (before === undefined || after === undefined)
  throw new Error(`${target} has no place for the table: ${begin} ... ${end}`)
const made = `${before}${begin}\n\n${table}\n\n${end}${after}`
if (process.argv.includes("--print")) process.stdout.write(made)
else {
  writeFileSync(target, made)
  console.log(`made the table of ${target}`)
}
