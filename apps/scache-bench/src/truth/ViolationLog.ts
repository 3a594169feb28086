import { type Violation, violationsMax } from "../result/BenchmarkResult.ts"

/** What was found wrong with a target: all counted, the first ones kept as text. */
export class ViolationLog {
  checkedDescriptors = 0
  checkedReplies = 0
  total = 0
  /** The round that is being run; null between rounds. */
  round: number | null = null
  readonly violations: Array<Violation> = []
  /** Conversations that the server's side has ended, in the order in which they were found. */
  readonly hangUps: Array<string> = []

  /** The server has hung up: wrong of one that lives on, and no answer at all of one that has ended. */
  hungUp(text: string): void {
    this.hangUps.push(text)
  }

  /** The server lives: it should not have hung up. */
  judgeHangUps(): void {
    for (const text of this.hangUps.splice(0)) this.add(text)
  }

  /** The server has ended, and its clients with it. */
  forgetHangUps(): void {
    this.hangUps.length = 0
  }

  add(text: string): void {
    this.total++
    if (this.violations.length < violationsMax) this.violations.push({ round: this.round, text })
  }
}
