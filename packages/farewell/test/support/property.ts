import { basename } from "node:path"
import fc from "fast-check"

const { FAST_CHECK_SEED = "20260101", FAST_CHECK_RUNS = "300" } = process.env

/** Checks a property; a failure says its seed and the command that replays it. */
export const property = <T>(file: string, name: string, arbitrary: fc.Arbitrary<T>, holds: (value: T) => void): void =>
  fc.assert(fc.property(arbitrary, holds), {
    seed: Number(FAST_CHECK_SEED),
    numRuns: Number(FAST_CHECK_RUNS),
    reporter: (details) => {
      if (!details.failed) return
      throw new Error(
        `${fc.defaultReportMessage(details)}\n\nseed: ${details.seed}\nreplay: cd packages/farewell && FAST_CHECK_SEED=${details.seed} bun run test test/${basename(file)} -t "${name}"`
      )
    }
  })
