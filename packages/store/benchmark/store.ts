/**
 * What an operation of the store costs with few and with many connections cached, and what a cached connection weighs.
 *
 * Each label is a string of its own, made just before the timed batch: that is how one comes off the wire, in the processor's cache and
 * not hashed yet. Each operation has its own connections, so that none profits from what another fetched from memory.
 */
import { Bench, OPERATIONS, PATTERNS, type Pattern } from "./Bench.ts"
import { printWeight } from "./weight.ts"

const ROUNDS = 15
const WARM_UP_ROUNDS = 3

const LARGEST = 100_000

/** The second has its memory as far apart as that of a hundred among the most: it differs from those in nothing but how many others there are. */
const COLUMNS = ["100", "100 apart", "10000", String(LARGEST)] as const

const median = (values: ReadonlyArray<number>): number =>
  [...values].sort((left, right) => left - right)[values.length >> 1] ?? 0

/** Of each round's own: a machine that is slow for a while is so for both. */
const medianRatio = (above: ReadonlyArray<number>, below: ReadonlyArray<number>): string =>
  median(above.map((nanos, round) => nanos / (below[round] ?? Number.NaN))).toFixed(2)

const filled = (count: number, pattern: Pattern): Bench => {
  const bench = new Bench(count, pattern)
  for (let made = 0; made < count; made++) bench.add()
  return bench
}

const makeBenches = (pattern: Pattern): ReadonlyArray<Bench> => {
  const [apart, largest] = [new Bench(100, pattern), new Bench(LARGEST, pattern)]
  for (let made = 0; made < LARGEST; made++) {
    largest.add()
    if (made % (LARGEST / 100) === 0) apart.add()
  }
  return [filled(100, pattern), apart, filled(10_000, pattern), largest]
}

const printTimes = (pattern: Pattern): void => {
  const benches = makeBenches(pattern)
  const backwards = [...benches].reverse()
  // One operation in all stores, there and back, before the next: what slows the machine down hits none of them alone.
  for (let round = 0; round < WARM_UP_ROUNDS + ROUNDS; round++) {
    if (round === WARM_UP_ROUNDS) for (const bench of benches) bench.nanos.clear()
    for (const operation of OPERATIONS) {
      for (const bench of round % 2 === 0 ? benches : backwards) bench.measure(operation)
    }
  }
  const head = COLUMNS.map((column) => column.padStart(10)).join("")
  console.log(`\n${`ns, ${pattern}`.padEnd(44)}${head}    ratio   to apart`)
  for (const operation of OPERATIONS) {
    const [small = [], apart = [], ...others] = benches.map((bench) => bench.nanos.get(operation) ?? [])
    const largest = others.at(-1) ?? []
    const columns = [small, apart, ...others].map((nanos) => median(nanos).toFixed(0).padStart(10)).join("")
    const ratios = `${medianRatio(largest, small).padStart(9)}${medianRatio(largest, apart).padStart(11)}`
    console.log(`${operation.padEnd(44)}${columns}${ratios}`)
  }
}

printWeight()
for (const pattern of PATTERNS) printTimes(pattern)
