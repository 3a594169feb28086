/** The fuzzers of a running daemon for a short while, from a fixed seed; `bun run fuzz` does more. FAST_CHECK_SEED is another seed. */
import { expect, test } from "bun:test"
import { KernelSystemCalls } from "@scached/fdpass"
import { Effect } from "effect"
import { run } from "../src/Fuzz.ts"

const { FAST_CHECK_SEED = "20260101" } = process.env
const seed = Number(FAST_CHECK_SEED)
const timeoutMillis = 120_000

test(
  "nothing that clients may do confuses the daemon, or anybody beside them",
  async () => {
    const check = () => ({ seed, cases: 300, endsAtOnce: true })
    const program = run({ only: ["conversations", "bytes"], check })
    const report = await Effect.runPromise(Effect.scoped(program).pipe(Effect.provide(KernelSystemCalls.layer)))
    expect(report.results.flatMap(({ failure }) => failure ?? [])).toEqual([])
    expect(report.results.map(({ cases }) => cases)).toEqual([300, 300])
    // A warm daemon has grown by some 20 MB of compiled code and heap; one that keeps what is thrown at it would by far more.
    expect(report.grownKib).toBeLessThan(120_000)
  },
  timeoutMillis
)
