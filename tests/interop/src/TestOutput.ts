/**
 * Reads what `bun test` prints: which tests of which file passed, and how many mails went over used connections in them.
 *
 * @category suites
 */

/**
 * A test and what came of it.
 *
 * @category suites
 */
export interface TestResult {
  /** The file's name without its directory, for instance `Delivery.test.ts`. */
  readonly file: string
  readonly name: string
  readonly outcome: "pass" | "fail" | "skip"
}

/**
 * Of so many mails, how many went over used connections.
 *
 * @category suites
 */
export interface Reuse {
  /** What the test calls the run. */
  readonly run: string
  readonly reused: number
  readonly mails: number
}

/**
 * What was printed, in its order.
 *
 * @category suites
 */
export interface TestOutput {
  readonly results: ReadonlyArray<TestResult>
  readonly reuse: ReadonlyArray<Reuse>
}

const fileLine = /^(?:\S*\/)?(\w+\.test\.ts):$/
const resultLine = /^\((pass|fail|skip)\) (.*?)(?: \[[\d.]+m?s\])?$/
const reuseLine = /^(.+?): (\d+) of (\d+) mails over used connections/
const summaryLine = /^\d+ tests? (?:failed|skipped):$/

const isOutcome = (word: string | undefined): word is TestResult["outcome"] =>
  word === "pass" || word === "fail" || word === "skip"

/**
 * Reads the output. The failures that `bun test` repeats at the end are not counted twice.
 *
 * @category suites
 */
export const parse = (text: string): TestOutput => {
  const results: Array<TestResult> = []
  const reuse: Array<Reuse> = []
  let file = ""
  for (const line of text.split("\n")) {
    if (summaryLine.test(line)) break
    file = fileLine.exec(line)?.[1] ?? file
    const [, outcome, name = ""] = resultLine.exec(line) ?? []
    if (isOutcome(outcome)) results.push({ file, name, outcome })
    const [, run, reused, mails] = reuseLine.exec(line) ?? []
    if (run !== undefined) reuse.push({ run, reused: Number(reused), mails: Number(mails) })
  }
  return { results, reuse }
}
