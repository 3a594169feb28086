import type { OpenFile } from "./OpenFile.ts"

/**
 * A descriptor number was closed or used that its process did not own at that moment.
 *
 * @category ledger
 */
export interface Violation {
  readonly kind: "closed" | "used" | "adopted" | "foreign"
  readonly process: string
  readonly number: number
  readonly operation: string
  readonly atMillis: number
  /** What had happened to that number of that process until then, oldest first. */
  readonly history: ReadonlyArray<string>
}

/**
 * How many descriptors came into being and ended, over all processes.
 *
 * `lost` are those that a receiver's full table swallowed.
 *
 * @category ledger
 */
export interface LedgerCounts {
  readonly made: number
  readonly closed: number
  readonly passed: number
  readonly received: number
  readonly lost: number
}

interface Entry {
  readonly atMillis: number
  readonly process: string
  readonly number: number
  readonly file: OpenFile | undefined
  readonly what: string
}

/** A number or a file that lives on for ever, a listener for instance, keeps its beginning and its latest events. */
const entriesMax = 64
const beginningMax = 8
const violationsMax = 100

class History {
  readonly #beginning: Array<Entry> = []
  #latest: Array<Entry> = []
  #forgotten = 0

  add(entry: Entry): void {
    if (this.#beginning.length < beginningMax) {
      this.#beginning.push(entry)
      return
    }
    this.#latest.push(entry)
    if (this.#latest.length > 2 * entriesMax) {
      this.#forgotten += entriesMax
      this.#latest = this.#latest.slice(entriesMax)
    }
  }

  get lines(): ReadonlyArray<string> {
    const between = this.#forgotten === 0 ? [] : [`... ${this.#forgotten} events left out ...`]
    return [...this.#beginning.map(line), ...between, ...this.#latest.map(line)]
  }
}

const line = ({ atMillis, file, number, process, what }: Entry): string => {
  const where = number < 0 ? process : `${process}[${number}]`
  return `${atMillis.toFixed(3)} ms ${where} ${what}${file === undefined ? "" : `: ${file.describe()}`}`
}

/** The book in which every descriptor's life is written down, so that a failing simulation can explain itself. */
export class Ledger {
  readonly #nowMillis: () => number
  readonly #byNumber = new Map<string, Map<number, History>>()
  readonly #byFile = new WeakMap<OpenFile, History>()
  readonly #violations: Array<Violation> = []
  readonly #counts = { made: 0, closed: 0, passed: 0, received: 0, lost: 0 }
  #violationCount = 0

  constructor(nowMillis: () => number) {
    this.#nowMillis = nowMillis
  }

  get counts(): LedgerCounts {
    return { ...this.#counts }
  }

  /** The first hundred of them. */
  get violations(): ReadonlyArray<Violation> {
    return this.#violations
  }

  get violationCount(): number {
    return this.#violationCount
  }

  record(kind: keyof LedgerCounts | "note", process: string, number: number, file: OpenFile, what: string): void {
    if (kind !== "note") this.#counts[kind]++
    const entry = { atMillis: this.#nowMillis(), process, number, file, what }
    if (number >= 0) this.#historyOfNumber(process, number).add(entry)
    this.#historyOfFile(file).add(entry)
  }

  violate(kind: Violation["kind"], process: string, number: number, operation: string): void {
    this.#violationCount++
    const atMillis = this.#nowMillis()
    const history = this.#historyOfNumber(process, number)
    if (this.#violations.length < violationsMax) {
      this.#violations.push({ kind, process, number, operation, atMillis, history: [...history.lines] })
    }
    history.add({ atMillis, process, number, file: undefined, what: `${kind} without being owned, by ${operation}` })
  }

  ofNumber(process: string, number: number): ReadonlyArray<string> {
    return this.#historyOfNumber(process, number).lines
  }

  ofFile(file: OpenFile): ReadonlyArray<string> {
    return this.#historyOfFile(file).lines
  }

  #historyOfNumber(process: string, number: number): History {
    let numbers = this.#byNumber.get(process)
    if (numbers === undefined) {
      numbers = new Map()
      this.#byNumber.set(process, numbers)
    }
    let found = numbers.get(number)
    if (found === undefined) {
      found = new History()
      numbers.set(number, found)
    }
    return found
  }

  #historyOfFile(file: OpenFile): History {
    let found = this.#byFile.get(file)
    if (found === undefined) {
      found = new History()
      this.#byFile.set(file, found)
    }
    return found
  }
}

/**
 * A violation as text of several lines: what was done, and the history of that number.
 *
 * @category ledger
 */
export const explainViolation = (violation: Violation): string => {
  const { atMillis, history, kind, number, operation, process } = violation
  const what =
    kind === "foreign"
      ? `used a descriptor of another process in ${operation}`
      : `${kind} descriptor ${number}, which it did not own, in ${operation}`
  return [`${process} ${what} at ${atMillis.toFixed(3)} ms`, ...history.map((each) => `  ${each}`)].join("\n")
}
