import type { Progress } from "../load/runRound.ts"
import { formatMillis } from "./formatMillis.ts"

/** Where the lines go: standard error. */
export interface LineOutput {
  readonly isTerminal: boolean
  readonly columns: number
  readonly write: (text: string) => void
}

const plainPauseMillis = 1_000
const clearLine = "\r\u001b[K"

/** What is shown of a round while it runs. */
export const progressText = (head: string, { stage, record, leftMillis, errors }: Progress): string => {
  const second = record?.series.at(-1)
  const parts = [`${head}: ${stage}`]
  if (second !== undefined) {
    parts.push(`${second.operations.toLocaleString("en-US")}/s`)
    const { p50Nanos, p99Nanos } = second
    if (p50Nanos === null || p99Nanos === null) parts.push("no answer")
    else parts.push(`p50 ${formatMillis(p50Nanos / 1e6)}`, `p99 ${formatMillis(p99Nanos / 1e6)}`)
  }
  parts.push(`${errors} errors`)
  if (leftMillis !== undefined) parts.push(`${Math.ceil(leftMillis / 1_000)} s left`)
  return parts.join(", ")
}

/** A line that shows how it goes: rewritten in place on a terminal, a new one every second elsewhere. */
export class LiveLine {
  readonly #output: LineOutput
  #lastMillis = Number.NEGATIVE_INFINITY
  #isShown = false

  constructor(output: LineOutput) {
    this.#output = output
  }

  show(head: string, progress: Progress): void {
    const text = progressText(head, progress)
    if (this.#output.isTerminal) {
      this.#isShown = true
      return this.#output.write(`${clearLine}${text.slice(0, Math.max(20, this.#output.columns - 1))}`)
    }
    if (progress.nowMillis - this.#lastMillis < plainPauseMillis) return
    this.#lastMillis = progress.nowMillis
    this.#output.write(`${text}\n`)
  }

  /** Takes the line away, before something else is written. */
  clear(): void {
    if (this.#isShown) this.#output.write(clearLine)
    this.#isShown = false
  }
}
