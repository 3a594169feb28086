/** man/scache-bench.1 against the program: it is made of the header of main.ts and of the help, and names every metric and exit code. */
import { describe, expect, test } from "bun:test"
import { readFileSync } from "node:fs"
import { join } from "node:path"
import { exitCodes } from "../../src/command/ExitStatus.ts"
import { metricNames } from "../../src/result/Metric.ts"
import { unitsOf } from "../../src/threshold/Threshold.ts"

const { CI } = process.env
const hasGroff = Bun.which("groff") !== null
const root = join(import.meta.dir, "../../../..")
const path = join(root, "man/scache-bench.1")
const page = readFileSync(path, "utf8")

/** Roff without fonts and escapes. */
const plain = (text: string): string =>
  text
    .replace(/\\f[BIR]/g, "")
    .replaceAll("\\-", "-")
    .replaceAll("\\&", "")

const sectionOf = (heading: string): string => {
  const section = page.split(/^\.SH /m).find((each) => each.replaceAll('"', "").startsWith(`${heading}\n`))
  if (section === undefined) throw new Error(`man/scache-bench.1 has no section ${heading}`)
  return plain(section)
}

const entriesOf = (heading: string): ReadonlyArray<string> =>
  [...sectionOf(heading).matchAll(/^\.TP\n(\S+)/gm)].map((match) => match[1] ?? "")

describe("man/scache-bench.1", () => {
  test("is what the header of main.ts and the help make", () => {
    const words = [process.execPath, join(root, "scripts/manualPage.ts"), "--print", "scache-bench"]
    const made = Bun.spawnSync(words, { cwd: root })
    expect(made.exitCode).toBe(0)
    if (made.stdout.toString() !== page) throw new Error("man/scache-bench.1 is stale: run `bun run manual`")
  })

  test.each(["run", "standard", "report"])("has every option of %s, and no other", (name) => {
    const main = join(root, "apps/scache-bench/src/main.ts")
    const help = Bun.spawnSync([process.execPath, main, name, "--help"], { env: { ...process.env, NO_COLOR: "1" } })
    const [, flags = ""] = /\nFLAGS\n(.*?)\n\n/s.exec(help.stdout.toString()) ?? []
    const names = [...flags.matchAll(/^ {2}(--\S+)/gm)].map((match) => match[1] ?? "")
    expect(names.length).toBeGreaterThan(2)
    expect(entriesOf(`OPTIONS OF ${name.toUpperCase()}`)).toEqual(names)
  })

  test("has every exit code, every quantity and every unit", () => {
    expect(entriesOf("EXIT STATUS")).toEqual(
      Object.values(exitCodes)
        .toSorted((one, other) => one - other)
        .map(String)
    )
    const words = new Set(
      sectionOf("THRESHOLDS")
        .split(/[\s,]+/)
        .map((word) => word.replace(/\.$/, ""))
    )
    const units = Object.values(unitsOf)
      .flatMap((each) => Object.keys(each))
      .filter((unit) => /^[a-z]+$/i.test(unit) && unit !== "x")
    expect([...metricNames, ...units].filter((word) => !words.has(word))).toEqual([])
  })

  test.skipIf(!hasGroff && !CI)("is roff that groff has nothing to say against", () => {
    const checked = Bun.spawnSync(["groff", "-man", "-ww", "-z", "-Tutf8", path])
    expect({ exitCode: checked.exitCode, said: checked.stderr.toString() }).toEqual({ exitCode: 0, said: "" })
  })
})
