/**
 * Makes man/scached.8 and man/scache-bench.1 from the comments at the heads of their programs, which are the manual pages in a form that
 * people can read, from the table of parameters and from the programs' own help. With `--print NAME` it only prints that page.
 *
 *   NAME                a heading: at the margin
 *       text            a paragraph, up to the next empty line
 *       term            with text below it that is indented further: an entry of a list
 *           text
 *       | text          kept as it is
 *       **bold** and *italic*
 *       @parameters     the entries of the table in apps/scached/src/settings/parameters.ts
 *       @options NAME   the flags of a subcommand, from its help
 */
import { mkdirSync, readFileSync, writeFileSync } from "node:fs"
import { join } from "node:path"
import { cacheParameterList } from "../apps/scached/src/settings/parameters.ts"

const root = join(import.meta.dir, "..")

/** A page, and what it is made of. */
interface Page {
  readonly name: string
  readonly section: number
  /** The program, whose first comment is the page. */
  readonly source: string
  /** What else is in it, for those who would change the page itself. */
  readonly sources: string
}

const pages: ReadonlyArray<Page> = [
  {
    name: "scached",
    section: 8,
    source: "apps/scached/src/main.ts",
    sources: "apps/scached/src/main.ts and settings/parameters.ts"
  },
  {
    name: "scache-bench",
    section: 1,
    source: "apps/scache-bench/src/main.ts",
    sources: "apps/scache-bench/src/main.ts and its help"
  }
]

const indentOf = (line: string): number => line.length - line.trimStart().length

/** The lines of the first comment, without what makes it one. */
const headOf = (source: string): ReadonlyArray<string> => {
  const comment = /\/\*\*\n(.*?)\n \*\/\n/s.exec(readFileSync(join(root, source), "utf8"))?.[1]
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

/** The flags of a subcommand as its help has them: a name at two blanks, its description in a column, gone on with on the lines below. */
const optionEntries = (source: string, subcommand: string): ReadonlyArray<string> => {
  const help = Bun.spawnSync([process.execPath, join(root, source), subcommand, "--help"], {
    env: { ...process.env, NO_COLOR: "1" }
  })
  const section = /\nFLAGS\n(.*?)\n\n/s.exec(help.stdout.toString())?.[1]
  if (section === undefined) throw new Error(`${source} ${subcommand} --help has no flags`)
  return section.split("\n").flatMap((line) => {
    const [, flag, metavar = "", text] = /^ {2}(--\S+)(?: (\S+))? {2,}(\S.*)$/.exec(line) ?? []
    if (flag === undefined) return [`        ${line.trim()}`]
    const value = metavar === "" ? "" : ` *${metavar}*`
    return ["", `    **${flag}**${value}`, `        ${text}`]
  })
}

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

const expand = (source: string, line: string): ReadonlyArray<string> => {
  const [, word, subcommand = ""] = /^\s+@(parameters|options)(?: (\S+))?$/.exec(line) ?? []
  if (word === "parameters") return parameterEntries()
  return word === "options" ? optionEntries(source, subcommand) : [line]
}

/** The whole page. */
const manualPage = ({ name, section, source, sources }: Page): string => {
  const lines = headOf(source).flatMap((line) => expand(source, line))
  const output = [
    `.\\" Made by "bun run manual" from ${sources}: change those, not this.`,
    `.TH ${name.toUpperCase()} ${section} "" "" "${name}"`
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

const [mode, wanted = "scached"] = process.argv.slice(2)
for (const page of pages.filter(({ name }) => mode !== "--print" || name === wanted)) {
  const text = manualPage(page)
  if (mode === "--print") process.stdout.write(text)
  else {
    mkdirSync(join(root, "man"), { recursive: true })
    const target = join(root, `man/${page.name}.${page.section}`)
    writeFileSync(target, text)
    console.log(`made ${target}`)
  }
}
