/**
 * What an operation of the store costs with few and with many connections cached, and what a cached connection weighs.
 *
 * Each label is a string of its own, made just before the timed batch: that is how one comes off the wire, in the processor's cache and
 * not hashed yet. Each operation has its own connections, so that none profits from what another fetched from memory.
 */
import { Bench, OPERATIONS, PATTERNS, type Pattern } from "./Bench.ts"
import { printWeight } from "./weight.ts"

const SIZES = [100, 10_000, 100_000]
const ROUNDS = 9
const WARM_UP_ROUNDS = 3

const median = (values: ReadonlyArray<number>): number =>
  [...values].sort((left, right) => left - right)[values.length >> 1] ?? 0

const printTimes = (pattern: Pattern): void => {
  const benches = SIZES.map((size) => new Bench(size, pattern))
  // Rounds alternate between the sizes, so that a noisy neighbour does not hit only one of them.
  for (let round = 0; round < WARM_UP_ROUNDS + ROUNDS; round++) {
    for (const bench of benches) {
      if (round === WARM_UP_ROUNDS) bench.nanos.clear()
      bench.round()
    }
  }
  const sizes = SIZES.map((size) => String(size).padStart(9)).join("")
  console.log(`\n${`ns, ${pattern}`.padEnd(44)}${sizes}    ratio`)
  for (const operation of OPERATIONS) {
    const figures = benches.map((bench) => median(bench.nanos.get(operation) ?? []))
    const ratio = (figures.at(-1) ?? 0) / (figures[0] ?? 1)
    const columns = figures.map((nanos) => nanos.toFixed(0).padStart(9)).join("")
    console.log(`${operation.padEnd(44)}${columns}${ratio.toFixed(2).padStart(9)}`)
  }
}

printWeight()
for (const pattern of PATTERNS) printTimes(pattern)
