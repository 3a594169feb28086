/**
 * Planted bugs in what scache-bench promises: a stall counts in full, an end is no wrong answer, and an interrupted run is marked.
 */
import type { Mutant } from "./PlantedMutants.ts"

const bench = "apps/scache-bench"

/** Merged into `mutants`. */
export const benchMutants: ReadonlyArray<Mutant> = [
  {
    name: "bench: a client is lost in a stall",
    file: `${bench}/src/load/LoadLoop.ts`,
    find: "const patienceFactor = 3",
    replace: "const patienceFactor = 1",
    tests: [`${bench}/test/Stall.test.ts`]
  },
  {
    name: "bench: an operation that was never answered has no latency",
    file: `${bench}/src/load/LoadLoop.ts`,
    find: "record?.unanswered(dueMillis, startedMillis, nowMillis)",
    replace: "",
    tests: [`${bench}/test/Stall.test.ts`]
  },
  {
    name: "bench: an operation that was never begun has no latency",
    file: `${bench}/src/load/RoundRecord.ts`,
    find: "this.corrected?.record(waitedMillis, count)",
    replace: "",
    tests: [`${bench}/test/load/RoundRecord.test.ts`]
  },
  {
    name: "bench: a second without an answer took no time",
    file: `${bench}/src/load/RoundRecord.ts`,
    find: "const isGap = operations === 0",
    replace: "const isGap = false",
    tests: [`${bench}/test/load/RoundRecord.test.ts`]
  },
  {
    name: "bench: the time of a lost client is not measured",
    file: `${bench}/src/load/RoundRecord.ts`,
    find: "this.lastMillis = Math.max(this.lastMillis, nowMillis)",
    replace: "",
    tests: [`${bench}/test/load/RoundRecord.test.ts`]
  },
  {
    name: "bench: a server that has ended has answered wrongly",
    file: `${bench}/src/load/runRound.ts`,
    find: "log.forgetHangUps()\n  return",
    replace: "log.judgeHangUps()\n  return",
    tests: [`${bench}/test/Loss.test.ts`]
  },
  {
    name: "bench: an interrupted run counts as complete",
    file: `${bench}/src/command/executeRun.ts`,
    find: "isComplete: interruptedInRound === null &&",
    replace: "isComplete:",
    tests: [`${bench}/test/command/Interrupt.test.ts`]
  }
]
