/**
 * What `bun test` prints behind turbo's prefix, made short: a line for each package, and what failed, with all that was printed on the way to it.
 */

/** How many tests came to which end. */
export interface Counts {
  pass: number
  skip: number
  fail: number
}

/** Lines kept of a package that ends without a word about what failed. */
const tailLinesMax = 60

const isKind = (text: string | undefined): text is keyof Counts => text === "pass" || text === "skip" || text === "fail"

const sentence = ({ fail, pass, skip }: Counts): string => `${pass} passed, ${fail} failed, ${skip} skipped`

const add = (to: Counts, more: Counts): void => {
  to.pass += more.pass
  to.skip += more.skip
  to.fail += more.fail
}

/** One package's tests. */
class Suite {
  readonly name: string
  readonly counts: Counts = { pass: 0, skip: 0, fail: 0 }
  /** Where it stands: the file that runs, and the test that ended last. */
  place = ""
  readonly failures: Array<string> = []
  readonly #tail: Array<string> = []
  /** What was printed since the last test ended. */
  #block: Array<string> = []

  constructor(name: string) {
    this.name = name
  }

  take(line: string, skips: Map<string, number>): void {
    this.#tail.push(line)
    if (this.#tail.length > tailLinesMax) this.#tail.shift()
    const total = /^ (\d+) (pass|skip|fail)$/.exec(line)
    if (total !== null && isKind(total[2])) this.counts[total[2]] = Number(total[1])
    const file = /^(\S+\.tsx?):$/.exec(line)?.[1]
    const ended = /^\((pass|skip|fail|todo)\) (.*)$/.exec(line)
    if (file !== undefined) {
      this.place = file
      this.#block = []
    } else if (ended === null) this.#block.push(line)
    else {
      const [, kind, test = ""] = ended
      // Bun repeats the names of what failed at its end; those have nothing before them.
      if (kind === "fail" && !this.failures.some((each) => each.includes(line))) this.failures.push(this.#explain(line))
      // The reason stands in brackets at the end of the name.
      if (kind === "skip") {
        const reason = /\[([^\]]+)\]$/.exec(test)?.[1] ?? test
        skips.set(reason, (skips.get(reason) ?? 0) + 1)
      }
      this.#block = []
    }
  }

  /** What is to be said of a package that failed, if need be without a failed test. */
  explainFailure(): ReadonlyArray<string> {
    return this.failures.length > 0
      ? this.failures
      : [`${this.name}: no test failed, and yet it did:\n${this.#tail.join("\n")}`]
  }

  #explain(line: string): string {
    return [`${this.name}, ${this.place}`, ...this.#block, line].join("\n")
  }
}

/** Reads the output line by line, prints what is worth it at once, and knows the rest at the end. */
export class TestReport {
  readonly counts: Counts = { pass: 0, skip: 0, fail: 0 }
  readonly #print: (line: string) => void
  readonly #skips = new Map<string, number>()
  readonly #failures: Array<string> = []
  #suite: Suite | undefined

  constructor(print: (line: string) => void) {
    this.#print = print
  }

  take(line: string): void {
    const [, name = "", rest = ""] = /^(\S+):test: ?(.*)$/.exec(line) ?? []
    if (name === "") {
      // Turbo's own trouble; all else it says is about itself.
      if (/^\s*(ERROR|error:|x |×)/.test(line)) this.#print(line.trim())
      return
    }
    if (name !== this.#suite?.name) {
      this.#close()
      this.#suite = new Suite(name)
    }
    if (/^(ERROR|error): command .* exited/i.test(rest) || rest.startsWith("ERROR: command finished with error")) return
    this.#suite?.take(rest, this.#skips)
  }

  /** Where it stands, for one who has waited too long. */
  get place(): string {
    return this.#suite === undefined ? "before the first test" : `${this.#suite.name}, ${this.#suite.place}`
  }

  /** Prints what failed once more, what was skipped and why, and the totals. */
  end(): void {
    this.#close()
    for (const [reason, count] of this.#skips) this.#print(`skipped: ${count} (${reason})`)
    for (const failure of this.#failures) this.#print(`\n${failure}`)
    this.#print(`\n${this.totals}`)
  }

  get totals(): string {
    return sentence(this.counts)
  }

  #close(): void {
    const suite = this.#suite
    if (suite === undefined) return
    this.#suite = undefined
    const { counts, name } = suite
    add(this.counts, counts)
    this.#print(`${name}: ${sentence(counts)}`)
    const isBroken = counts.fail > 0 || counts.pass + counts.skip === 0
    if (!isBroken) return
    const failures = suite.explainFailure()
    if (counts.fail === 0) this.counts.fail++
    for (const failure of failures) this.#print(`\n${failure}\n`)
    this.#failures.push(...failures)
  }
}
