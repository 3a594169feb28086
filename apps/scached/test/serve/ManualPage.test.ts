/** man/scached.8 against the program: it is made of the header of main.ts, and has every option and parameter that there is, and no other. */
import { describe, expect, test } from "bun:test"
import { readFileSync } from "node:fs"
import { join } from "node:path"
import { DaemonOptions, debuggerCommand, scacheParameters } from "@scached/postfix"
import { Result } from "effect"
import { installOptions } from "../../src/install/main.ts"
import { options } from "../../src/serve/CommandLine.ts"
import { serveParameters } from "../../src/serve/ServeParameters.ts"
import { cacheParameters } from "../../src/settings/parameters.ts"

const { CI } = process.env
const hasGroff = Bun.which("groff") !== null
const root = join(import.meta.dir, "../../../..")
const page = readFileSync(join(root, "man/scached.8"), "utf8")

/** The text of a line of roff, without fonts and escapes. */
const plain = (line: string): string => line.replace(/\\f[BIR]/g, "").replaceAll("\\-", "-")

const sectionOf = (heading: string): string => {
  const section = page.split(/^\.SH /m).find((each) => each.replaceAll('"', "").startsWith(`${heading}\n`))
  if (section === undefined) throw new Error(`man/scached.8 has no section ${heading}`)
  return section
}

/** What the entries of a section's list are called. */
const entriesOf = (heading: string): ReadonlyArray<string> =>
  [...sectionOf(heading).matchAll(/^\.TP\n(.*)$/gm)].map((match) => plain(match[1] ?? ""))

const sorted = (words: Iterable<string>): ReadonlyArray<string> => [...words].sort()

test("docs/limits.md has the table that the parameters make", () => {
  const made = Bun.spawnSync([process.execPath, join(root, "scripts/limitsTable.ts"), "--print"], { cwd: root })
  expect(made.exitCode).toBe(0)
  const document = readFileSync(join(root, "docs/limits.md"), "utf8")
  if (made.stdout.toString() !== document) throw new Error("docs/limits.md is stale: run `bun run manual`")
})

describe("man/scached.8", () => {
  test("is what the header of main.ts and the parameters make", () => {
    const made = Bun.spawnSync([process.execPath, join(root, "scripts/manualPage.ts"), "--print", "scached"], {
      cwd: root
    })
    expect(made.exitCode).toBe(0)
    if (made.stdout.toString() !== page) throw new Error("man/scached.8 is stale: run `bun run manual`")
  })

  test("has the sections of a manual page of Postfix, in their order", () => {
    const headings = [...page.matchAll(/^\.SH (.*)$/gm)].map((match) => (match[1] ?? "").replaceAll('"', ""))
    expect(headings).toEqual([
      "NAME",
      "SYNOPSIS",
      "DESCRIPTION",
      "PROTOCOL",
      "FAREWELL",
      "LIMITS",
      "OPTIONS UNDER MASTER(8)",
      "OPTIONS OF SERVE",
      "OPTIONS OF INSTALL",
      "LOOKING INTO A CACHE",
      "SIGNALS",
      "SECURITY",
      "DIAGNOSTICS",
      "BUGS",
      "CONFIGURATION PARAMETERS",
      "ENVIRONMENT",
      "FILES",
      "SEE ALSO",
      "README FILES",
      "LICENSE",
      "AUTHORS"
    ])
  })

  test("has every letter that master(8) may start the service with", () => {
    const letters = [..."abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ"].filter((letter) => {
      const parsed = DaemonOptions.parse([`-${letter}`, "x"])
      return Result.isSuccess(parsed) || parsed.failure._tag !== "UnknownOption"
    })
    const documented = entriesOf("OPTIONS UNDER MASTER(8)").map((entry) => /^-(\w)/.exec(entry)?.[1] ?? entry)
    expect(sorted(documented)).toEqual(sorted(letters))
  })

  test("has every option of serve", () => {
    const known = Object.entries(options).flatMap(([name, option]) => [
      `--${name}`,
      ...("short" in option ? [`-${option.short}`] : [])
    ])
    const documented = entriesOf("OPTIONS OF SERVE").flatMap((entry) =>
      entry.split(", ").map((each) => each.replace(/ .*/, ""))
    )
    expect(sorted(documented)).toEqual(sorted(known))
  })

  test("has every option of install, and no other", () => {
    const known = Object.entries(installOptions).flatMap(([name, option]) => [
      `--${name}`,
      ...("short" in option ? [`-${option.short}`] : [])
    ])
    const documented = entriesOf("OPTIONS OF INSTALL").flatMap((entry) =>
      entry.split(", ").map((each) => each.replace(/ .*/, ""))
    )
    expect(sorted(documented)).toEqual(sorted(known))
  })

  test("has every parameter, with its default", () => {
    const parameters = [...Object.values(scacheParameters), debuggerCommand, ...Object.values(cacheParameters)]
    const entries = entriesOf("CONFIGURATION PARAMETERS").map((entry) => /^(\w+) \((.*)\)$/.exec(entry)?.slice(1) ?? [])
    expect(sorted(entries.map(([name = ""]) => name))).toEqual(sorted(parameters.map(({ name }) => name)))
    const wrong = parameters.flatMap(({ name, kind, default: standard }) => {
      const [, documented] = entries.find(([each]) => each === name) ?? []
      const isTold = kind === "fact" || name === "process_name"
      // Expressions and long lists are for postconf(1) to show.
      const isLong = standard.includes("$") || standard.length > 40
      const expected = isTold ? "read-only" : isLong ? "see postconf -d" : standard === "" ? "empty" : standard
      return documented === expected ? [] : [`${name}: ${documented}, should be ${expected}`]
    })
    expect(wrong).toEqual([])
  })

  test("says which parameters serve goes by: the first ones of its list", () => {
    const names = Object.values(serveParameters).map(({ name }) => name)
    const entries = entriesOf("CONFIGURATION PARAMETERS").map((entry) => entry.replace(/ .*/, ""))
    expect(sorted(entries.slice(0, names.length))).toEqual(sorted(names))
    expect(plain(sectionOf("CONFIGURATION PARAMETERS"))).toContain("the first twenty-nine of these parameters")
    expect(names).toHaveLength(29)
  })

  test.skipIf(!hasGroff && !CI)("is roff that groff has nothing to say against", () => {
    const checked = Bun.spawnSync(["groff", "-man", "-ww", "-z", "-Tutf8", join(root, "man/scached.8")])
    expect({ exitCode: checked.exitCode, said: checked.stderr.toString() }).toEqual({ exitCode: 0, said: "" })
  })
})
