/** Text that a command makes and keeps up to date in a document, between `<!-- name -->` and `<!-- /name -->`. */
import { readFileSync, writeFileSync } from "node:fs"
import { join } from "node:path"

const document = join(import.meta.dir, "../../../docs/reliability.md")

const between = (name: string): RegExp => new RegExp(`(<!-- ${name} -->\n)[^]*?(<!-- /${name} -->)`)

/** The present text of a block; throws when the document has no such block. */
export const readBlock = (name: string): string => {
  const found = between(name).exec(readFileSync(document, "utf8"))
  if (found === null) throw new Error(`docs/reliability.md has no block "${name}": its two markers are missing`)
  return found[0].slice(found[1]?.length ?? 0, -(found[2]?.length ?? 0))
}

/** Puts a new text into a block. */
export const writeBlock = (name: string, text: string): void => {
  readBlock(name)
  const whole = readFileSync(document, "utf8")
  // A function: the text may hold what a replacement pattern would be.
  writeFileSync(
    document,
    whole.replace(between(name), (_, open: string, close: string) => `${open}${text}${close}`)
  )
}

/** A table of Markdown. */
export const table = (head: ReadonlyArray<string>, rows: ReadonlyArray<ReadonlyArray<string | number>>): string =>
  [head, head.map(() => "---"), ...rows].map((cells) => `| ${cells.join(" | ")} |\n`).join("")
