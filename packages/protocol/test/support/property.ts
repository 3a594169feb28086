import { basename } from "node:path"
import fc from "fast-check"

const { FAST_CHECK_SEED = "20260101", FAST_CHECK_RUNS = "300" } = process.env
const seed = Number(FAST_CHECK_SEED)
const numRuns = Number(FAST_CHECK_RUNS)

/** Checks a property; a failure says its seed and the command that replays it. */
export const property = <T>(
  file: string,
  name: string,
  arbitrary: fc.Arbitrary<T>,
  holds: (value: T) => void,
  runs: number = numRuns
): void => {
  fc.assert(fc.property(arbitrary, holds), {
    seed,
    numRuns: runs,
    reporter: (details) => {
      if (!details.failed) return
      throw new Error(
        `${fc.defaultReportMessage(details)}\n\nseed: ${details.seed}\nreplay: FAST_CHECK_SEED=${details.seed} FAST_CHECK_RUNS=${runs} bun run test test/${basename(file)} -t "${name}"`
      )
    }
  })
}
