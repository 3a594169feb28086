import { type Violation, violationsMax } from "../result/BenchmarkResult.ts"

/** What was found wrong with a target: all counted, the first ones kept as text. */
export class ViolationLog {
  checkedDescriptors = 0
  checkedReplies = 0
  total = 0
  /** The round that is being run; null between rounds. */
  round: number | null = null
  readonly violations: Array<Violation> = []

  add(text: string): void {
    this.total++
    if (this.violations.length < violationsMax) this.violations.push({ round: this.round, text })
  }
}
