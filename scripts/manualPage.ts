/**
 * Makes man/scached.8 from the comment at the head of apps/scached/src/main.ts, which is the manual page in a form that people can read,
 * and from the table of parameters. With `--print` it only prints what it makes.
 *
 *   NAME                a heading: at the margin
 *       text            a paragraph, up to the next empty line
 *       term            with text below it that is indented further: an entry of a list
 *           text
 *       | text          kept as it is
 *       **bold** and *italic*
 *       @parameters     the entries of the table in apps/scached/src/settings/parameters.ts
 */
import { mkdirSync, readFileSync, writeFileSync } from "node:fs"
import { join } from "node:path"
import { cacheParameterList } from "../apps/scached/src/settings/parameters.ts"

const root = join(import.meta.dir, "..")
const source = join(root, "apps/scached/src/main.ts")
const target = join(root, "man/scached.8")

const indentOf = (line: string): number => line.length - line.trimStart().length

/** The lines of the first comment, without what makes it one. */
const headOf = (text: string): ReadonlyArray<string> => {
  const comment = /\/\*\*\n(.*?)\n \*\/\n/s.exec(text)?.[1]
  if (comment === undefined) throw new Error(`${source} has no comment at its head`)
  return comment.split("\n").map((line) => line.replace(/^ \* ?/, ""))
}

/** The entries of the cache's own parameters, by name. */
const parameterEntries = (): ReadonlyArray<string> =>
  [...cacheParameterList]
    .sort((one, other) => (one.name < other.name ? -1 : 1))
    .flatMap(({ about, default: standard, details, name }) => [
      `    **${name} (${standard === "" ? "empty" : standard})**`,
      `        ${about}${details === undefined ? "" : ` ${details}`}`,
      ""
    ])

/** Text for roff: its own characters escaped, hyphens that people type kept as such, fonts switched. */
const inline = (text: string): string => {
  const escaped = text.replaceAll("\\", "\\e").replaceAll("-", "\\-")
  const fonts = escaped.replace(/\*\*(.+?)\*\*/g, "\\fB$1\\fR").replace(/\*(.+?)\*/g, "\\fI$1\\fR")
  return /^[.']/.test(fonts) ? `\\&${fonts}` : fonts
}

interface Block {
  readonly kind: "text" | "kept" | "term"
  readonly lines: ReadonlyArray<string>
}

/** Parts of a section that empty lines separate. In SYNOPSIS, FILES and the like each line stands for itself. */
const blocksOf = (lines: ReadonlyArray<string>): ReadonlyArray<Block> => {
  const paragraphs = lines.join("\n").split(/\n\n+/)
  return paragraphs
    .map((paragraph) => paragraph.split("\n").filter((line) => line !== ""))
    .filter((paragraph) => paragraph.length > 0)
    .map((paragraph): Block => {
      const [first = "", second] = paragraph
      if (first.trimStart().startsWith("| ")) return { kind: "kept", lines: paragraph }
      if (second !== undefined && indentOf(second) > indentOf(first)) return { kind: "term", lines: paragraph }
      return { kind: "text", lines: paragraph }
    })
}

const bareLines = new Set(["SYNOPSIS", "SEE ALSO", "FILES", "README FILES"])

const roffOf = (heading: string, { kind, lines }: Block): ReadonlyArray<string> => {
  const texts = lines.map((line) => line.trim())
  if (kind === "kept") return [".nf", ...texts.map((text) => inline(text.slice(2))), ".fi"]
  if (kind === "term") return [".TP", inline(texts[0] ?? ""), ...texts.slice(1).map(inline)]
  if (bareLines.has(heading)) return [".nf", ...texts.map(inline), ".fi"]
  return [".PP", ...texts.map(inline)]
}

/** The whole page. */
const manualPage = (text: string): string => {
  const lines = headOf(text).flatMap((line) => (line.trim() === "@parameters" ? parameterEntries() : [line]))
  const output = [
    '.\\" Made by "bun run manual" from apps/scached/src/main.ts and settings/parameters.ts: change those, not this.',
    '.TH SCACHED 8 "" "" "scached"'
  ]
  const headings = lines.flatMap((line, index) => (/^\S/.test(line) ? [index] : []))
  for (const [at, index] of headings.entries()) {
    const heading = lines[index] ?? ""
    output.push(`.SH ${heading.includes(" ") ? `"${heading}"` : heading}`)
    for (const [number, block] of blocksOf(lines.slice(index + 1, headings[at + 1])).entries()) {
      const roff = roffOf(heading, block)
      // A paragraph directly below a heading needs no macro, and the first one of NAME must have none.
      output.push(...(number === 0 && roff[0] === ".PP" ? roff.slice(1) : roff))
    }
  }
  return `${output.join("\n")}\n`
}

const page = manualPage(readFileSync(source, "utf8"))
if (process.argv.includes("--print")) process.stdout.write(page)
else {
  mkdirSync(join(root, "man"), { recursive: true })
  writeFileSync(target, page)
  console.log(`made ${target}`)
}
