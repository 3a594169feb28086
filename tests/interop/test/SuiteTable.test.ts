/** The table of docs/postfix.md: how it is made from what `bun test` prints. */
import { describe, expect, test } from "bun:test"
import { readFileSync } from "node:fs"
import { join } from "node:path"
import * as SuiteTable from "../src/SuiteTable.ts"
import * as TestOutput from "../src/TestOutput.ts"

const printed = `bun test v1.4.5

test/Service.test.ts:
scached in a chroot: 280 of 300 mails over used connections
(pass) in scache's place in a real Postfix > 300 mails, another root [8068.25ms]
with three reloads: 275 of 300 mails over used connections
(fail) in scache's place in a real Postfix > postfix reload under load loses no mail [2.1s]

../../packages/postfix/test/corpus.test.ts:
(skip) each file of the corpus means what it means to postconf > as recorded

1 tests failed:
(fail) in scache's place in a real Postfix > postfix reload under load loses no mail [2.1s]
`

const facts: SuiteTable.SuiteFacts = {
  distribution: "Debian 11 (bullseye)",
  version: "3.5.25",
  isGreeted: false,
  hasDeniedNewCode: false,
  chroot: "y",
  compatibilityLevel: "2"
}

const place = (table: string): string => {
  const document = readFileSync(join(import.meta.dir, "../../../docs/postfix.md"), "utf8")
  return document.replace(/(<!-- Made by "bun run test:postfix --write"[^\n]*-->\n).*(\n<!-- The end)/s, `$1${table}$2`)
}

describe("what bun test prints", () => {
  const output = TestOutput.parse(printed)

  test("is read once, file by file", () => {
    expect(output.results.map(({ file, outcome }) => `${file} ${outcome}`)).toEqual([
      "Service.test.ts pass",
      "Service.test.ts fail",
      "corpus.test.ts skip"
    ])
    expect(output.reuse).toEqual([
      { run: "scached in a chroot", reused: 280, mails: 300 },
      { run: "with three reloads", reused: 275, mails: 300 }
    ])
  })

  test("becomes a column in which nothing passes that did not", () => {
    const column = SuiteTable.columnOf(facts, output)
    expect(column.get("300 mails, in master.cf with chroot")).toBe("280 of 300")
    expect(column.get("reloads under load lose no mail")).toBe("fails")
    expect(column.get("random requests")).toBe("not run")
    expect(column.get("main.cf: values, defaults")).toBe("not run")
    expect(column.get("set `scached_greeting = no`")).toBe("yes")
  })
})

describe("the table", () => {
  const column = (version: string) => new Map([["Postfix", version]])

  test("keeps the columns that are not written, in the order of versions", () => {
    const first = SuiteTable.write(place(""), new Map([["testing", column("3.11.7")]]))
    const both = SuiteTable.write(first, new Map([["old", column("3.5.25")]]))
    expect(both).toContain("|  | old | testing |\n| --- | --- | --- |\n| Postfix | 3.5.25 | 3.11.7 |\n")
    expect(SuiteTable.write(both, new Map([["old", column("3.5.26")]]))).toContain("| Postfix | 3.5.26 | 3.11.7 |\n")
  })

  test("needs its place in the document", () => {
    expect(() => SuiteTable.write("no place", new Map())).toThrow("no place for the table")
  })
})
