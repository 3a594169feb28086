/**
 * The table of docs/postfix.md that says with which Postfix of which distribution scached was tried, and what is different there. Each suite is
 * a column.
 *
 * @category suites
 */
import type { Reuse, TestOutput } from "./TestOutput.ts"

/**
 * What a suite's Postfix is like, apart from tests.
 *
 * @category suites
 */
export interface SuiteFacts {
  readonly distribution: string
  readonly version: string
  readonly isGreeted: boolean
  readonly hasDeniedNewCode: boolean
  /** The fifth column of scache's line in the package's master.cf. */
  readonly chroot: string
  readonly compatibilityLevel: string
}

/**
 * A column: the cells by the names of their rows.
 *
 * @category suites
 */
export type Column = ReadonlyMap<string, string>

const begin = '<!-- Made by "bun run test:postfix --write": change that, not this. -->'
const end = "<!-- The end of what is made. -->"

interface Part {
  readonly row: string
  /** The runs whose figures are told, with scache(8) and with scached. */
  readonly runs?: readonly [own: string | undefined, ours: string]
  /** The files whose tests show it, and which of their tests. */
  readonly files: ReadonlyArray<string>
  readonly names?: RegExp
}

const pair = (name: string): readonly [string, string] => [`${name} with its own scache`, `${name} with scached`]

const parts: ReadonlyArray<Part> = [
  {
    row: "300 mails, `serve`",
    runs: ["its own scache", "the executable scached"],
    files: ["Delivery.test.ts", "BesidePostfix.test.ts"]
  },
  {
    row: "300 mails, in master.cf with chroot",
    runs: [undefined, "scached in a chroot"],
    files: ["Service.test.ts"],
    names: /300 mails/
  },
  {
    row: "300 mails over TLS",
    runs: ["TLS with its own scache", "TLS with the executable scached"],
    files: ["TlsReuse.test.ts"]
  },
  ...["LMTP over TCP", "LMTP over a UNIX socket", "SMTP with AUTH PLAIN"].map((name) => ({
    row: `300 mails by ${name}`,
    runs: pair(name),
    files: ["Transports.test.ts"],
    names: new RegExp(`by ${name} >`)
  })),
  {
    row: "below the distribution's unit",
    runs: ["unit with scache", "unit with scached"],
    files: ["DistributionUnit.test.ts"]
  },
  {
    row: "reloads under load lose no mail",
    runs: [undefined, "with three reloads"],
    files: ["Service.test.ts"],
    names: /reload under load/
  },
  { row: "random requests", files: ["Differential.test.ts", "Goldens.test.ts", "Scache.test.ts"] },
  { row: "main.cf: values, defaults", files: ["corpus.test.ts", "expressions.test.ts", "Defaults.test.ts"] },
  { row: "log lines", files: ["Statistics.test.ts", "StartTrouble.test.ts", "Foreground.test.ts", "LogLine.test.ts"] },
  { row: "this guide", files: ["PostfixGuide.test.ts"] },
  { row: "[systemd.md](systemd.md)", files: ["SystemdGuide.test.ts"] }
]

const figureOf = (output: TestOutput, run: string | undefined): Reuse | undefined =>
  output.reuse.findLast((each) => each.run === run)

/** A figure for each cache; without figures, that it passed. */
const cellOf = (part: Part, output: TestOutput): string => {
  const shown = part.files.map((file) =>
    output.results.filter((each) => each.file === file && (part.names?.test(each.name) ?? true))
  )
  if (shown.some((results) => results.length === 0)) return "not run"
  const outcomes = new Set(shown.flat().map(({ outcome }) => outcome))
  if (outcomes.has("fail")) return "fails"
  if (outcomes.has("skip")) return "not run"
  if (part.runs === undefined) return "yes"
  const [own, ours] = part.runs.map((run) => figureOf(output, run))
  if (ours === undefined) return "not run"
  return own === undefined || own.mails !== ours.mails
    ? `${own === undefined ? "" : `${own.reused} of ${own.mails} / `}${ours.reused} of ${ours.mails}`
    : `${own.reused} / ${ours.reused} of ${ours.mails}`
}

/**
 * The column of a suite.
 *
 * @category suites
 */
export const columnOf = (facts: SuiteFacts, output: TestOutput): Column =>
  new Map([
    ["Postfix", facts.version],
    ...parts.map((part) => [part.row, cellOf(part, output)] as const),
    ["set `scached_greeting = no`", facts.isGreeted ? "no" : "yes"],
    ["unit forbids executable memory", facts.hasDeniedNewCode ? "yes" : "no"],
    ["chroot of the stock master.cf", `\`${facts.chroot}\``],
    ["`compatibility_level` of the stock main.cf", facts.compatibilityLevel]
  ])

const cells = (line: string): ReadonlyArray<string> =>
  line
    .split("|")
    .slice(1, -1)
    .map((cell) => cell.trim())

/** The columns that the document has already, by distribution. */
const read = (table: string): ReadonlyMap<string, Column> => {
  const [head = "", , ...lines] = table.split("\n").filter((line) => line.startsWith("|"))
  const rows = lines.map(cells)
  return new Map(
    cells(head)
      .slice(1)
      .map((distribution, index) => [
        distribution,
        new Map(rows.map(([name = "", ...values]) => [name, values[index] ?? ""]))
      ])
  )
}

/**
 * The document with these columns, by distribution, in its table. The other columns stay; all are in the order of their versions. Throws where
 * the document has no place for the table.
 *
 * @category suites
 */
export const write = (document: string, columns: ReadonlyMap<string, Column>): string => {
  const [before, rest] = document.split(begin)
  const [table, after] = rest?.split(end) ?? []
  if (before === undefined || table === undefined || after === undefined) {
    throw new Error(`the document has no place for the table: ${begin} ... ${end}`)
  }
  const versionOf = (column: Column): string => column.get("Postfix") ?? ""
  const all = [...new Map([...read(table), ...columns])].sort(([, one], [, other]) =>
    versionOf(one).localeCompare(versionOf(other), "en", { numeric: true })
  )
  const rows = [...new Set(all.flatMap(([, column]) => [...column.keys()]))]
  const lines = [
    ["", ...all.map(([distribution]) => distribution)],
    ["---", ...all.map(() => "---")],
    ...rows.map((row) => [row, ...all.map(([, column]) => column.get(row) ?? "")])
  ]
  const made = lines.map((line) => `| ${line.join(" | ")} |`).join("\n")
  return `${before}${begin}\n\n${made}\n\n${end}${after}`
}
