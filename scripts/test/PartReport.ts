/** What `bun test` prints for one part: the counts, where it stands, and what failed with all that was printed on the way to it. */
import { readFileSync } from "node:fs"
import { join } from "node:path"

/** How many tests came to which end. */
export interface Counts {
  pass: number
  skip: number
  fail: number
}

/** One failed test: how the table names it, and what it printed. */
export interface Failure {
  readonly test: string
  readonly text: string
}

/** Lines kept of a part that ends without a word about what failed. */
const tailLinesMax = 60

const isKind = (text: string | undefined): text is keyof Counts => text === "pass" || text === "skip" || text === "fail"

export const sentence = ({ fail, pass, skip }: Counts): string => `${pass} passed, ${fail} failed, ${skip} skipped`

export class PartReport {
  readonly counts: Counts = { pass: 0, skip: 0, fail: 0 }
  readonly failures: Array<Failure> = []
  /** How many tests were skipped, by reason. */
  readonly skips = new Map<string, number>()
  readonly #name: string
  readonly #directory: string
  readonly #tail: Array<string> = []
  /** What was printed since the last test ended. */
  #block: Array<string> = []
  #file = ""
  #lastTest = ""

  constructor(name: string, directory: string) {
    this.#name = name
    this.#directory = directory
  }

  take(line: string): void {
    if (/^error: script "test" exited/.test(line)) return
    this.#tail.push(line)
    if (this.#tail.length > tailLinesMax) this.#tail.shift()
    const total = /^ (\d+) (pass|skip|fail)$/.exec(line)
    if (total !== null && isKind(total[2])) this.counts[total[2]] = Number(total[1])
    const file = /^(\S+\.tsx?):$/.exec(line)?.[1]
    const ended = /^\((pass|skip|fail|todo)\) (.*)$/.exec(line)
    if (file !== undefined) {
      this.#file = file
      this.#lastTest = ""
      this.#block = []
    } else if (ended === null) this.#block.push(line)
    else {
      const [, kind, rest = ""] = ended
      const test = rest.replace(/ \[[\d.]+m?s\]$/, "")
      if (kind === "fail") this.#fail(test, line)
      if (kind === "skip") {
        // The reason stands in brackets at the end of the name.
        const reason = /\[([^\]]+)\]$/.exec(test)?.[1] ?? test
        this.skips.set(reason, (this.skips.get(reason) ?? 0) + 1)
      }
      this.#lastTest = test
      this.#block = []
    }
  }

  /** Closes the account: a part that failed has a failure, whatever it printed. */
  end(exitCode: number, reason = "no test failed, and yet the command did"): void {
    const isEmpty = this.counts.pass + this.counts.skip + this.counts.fail === 0
    if (this.failures.length === 0 && (exitCode !== 0 || isEmpty)) {
      this.failures.push({
        test: `${this.#name}: ${reason}`,
        text: `${this.#name}: ${reason}\n${this.#tail.join("\n")}`
      })
    }
    // A command that was ended prints no totals.
    this.counts.fail = Math.max(this.counts.fail, this.failures.length)
  }

  /** The test that runs, as far as it can be told: `bun test` names a test when it ends. */
  get place(): string {
    if (this.#file === "") return "before the first test"
    const next = this.#nextTest()
    const after = this.#lastTest === "" ? "at its beginning" : `after "${this.#lastTest}"`
    return `${this.#file}, ${next === undefined ? after : `probably in "${next}"`}`
  }

  /** The name in the file's text that follows the last test that ended; undefined where names are made in a loop. */
  #nextTest(): string | undefined {
    let text = ""
    try {
      text = readFileSync(join(this.#directory, this.#file), "utf8")
    } catch {
      return undefined
    }
    const names = [...text.matchAll(/\btest(?:\.\w+)*(?:\([^)"'`\n]*\))?\(\s*(["'`])(.*?)\1/g)].map(
      ([, , name = ""]) => name
    )
    if (this.#lastTest === "") return names[0]
    const index = names.findLastIndex((name) => this.#lastTest === name || this.#lastTest.endsWith(` > ${name}`))
    return index < 0 ? undefined : names[index + 1]
  }

  #fail(test: string, line: string): void {
    const name = `${this.#name}, ${this.#file}: ${test}`
    // Bun repeats the failures of a long run at its end, with nothing before them.
    if (this.failures.some((failure) => failure.test === name || failure.text.endsWith(line))) return
    this.failures.push({ test: name, text: [`${this.#name}, ${this.#file}`, ...this.#block, line].join("\n") })
  }
}
