/**
 * A result as a run would write it, made up from a seed: the same one every time.
 */
import {
  type BenchmarkResult,
  type Round,
  resultVersion,
  type Settings,
  type Target
} from "../../src/result/BenchmarkResult.ts"
import { LatencyHistogram } from "../../src/result/LatencyHistogram.ts"
import { ratiosBetween } from "../../src/result/ratios.ts"

/** Numbers from 0 to 1, by Lehmer's generator. */
export const numbersFrom = (seed: number): (() => number) => {
  let state = seed
  return () => {
    state = (state * 48_271) % 2_147_483_647
    return state / 2_147_483_647
  }
}

interface Character {
  readonly seed: number
  readonly operationsPerSecond: number
  readonly medianNanos: number
  readonly cpuNanosPerOperation: number | null
  readonly residentBytes: number | null
}

const seconds = 6

/** A round of a target of that character; times spread around its median, with a slow one in a thousand. */
export const makeRound = (character: Character, index: number, isOpen = false): Round => {
  const random = numbersFrom(character.seed + index)
  const latency = LatencyHistogram.empty()
  const series = Array.from({ length: seconds }, (_, second) => {
    const ofSecond = LatencyHistogram.empty()
    const operations = Math.round(character.operationsPerSecond * (0.96 + 0.08 * random()))
    // A thousandth of the operations, counted a thousand times each, has the same shape and takes no time to make.
    for (let each = 0; each < 1_000; each++) {
      const isSlow = random() < 0.002
      const nanos = character.medianNanos * (0.7 + 0.6 * random() ** 3) * (isSlow ? 20 + 200 * random() : 1)
      ofSecond.recordNanos(nanos, Math.round(operations / 1_000))
    }
    latency.add(ofSecond)
    return { second, operations, p50Nanos: ofSecond.percentileNanos(50), p99Nanos: ofSecond.percentileNanos(99) }
  })
  const operations = series.reduce((sum, point) => sum + point.operations, 0)
  const { cpuNanosPerOperation: cpu, residentBytes } = character
  return {
    operations,
    seconds,
    operationsPerSecond: operations / seconds,
    errors: 0,
    late: 0,
    neverBegun: 0,
    stuck: 0,
    beyondScale: 0,
    operationsByKind: { save_endp: Math.ceil(operations / 2), find_endp: Math.floor(operations / 2) },
    serviceTime: latency,
    correctedLatency: isOpen ? latency : null,
    series,
    server: {
      cpuNanosPerOperation: cpu === null ? null : cpu * (1 + 0.02 * index),
      voluntarySwitches: Math.round(operations / 40),
      involuntarySwitches: 12,
      residentBytesBefore: residentBytes,
      residentBytesPeak: residentBytes === null ? null : Math.round(residentBytes * 1.4),
      residentBytesAfter: residentBytes === null ? null : Math.round(residentBytes * 1.2)
    },
    client: { cpuShare: 0.82, cpuNanosPerOperation: 6_300 + 100 * index },
    limitedBy: "server"
  }
}

export const settings: Settings = {
  workload: { name: "cycle", parameters: { endpoints: 1_000, popularity: "zipf 1.1", cached: 10_000 } },
  clients: 16,
  ratePerSecond: null,
  seed: 24_022_024,
  rounds: 3,
  roundSeconds: seconds,
  roundOperations: null,
  warmUpSeconds: 1,
  patienceSeconds: 10,
  pinning: { server: "0", client: "1" }
}

const rounds = (character: Character): Target["rounds"] =>
  Array.from({ length: settings.rounds }, (_, index) => makeRound(character, index))

const noViolations = { checkedDescriptors: 812_345, checkedReplies: 2_436_901, violationsTotal: 0, violations: [] }

export const scached: Target = {
  name: "scached",
  kind: "spawn",
  command: "dist/scached serve --socket {socket}",
  version: "0.1.0",
  rounds: rounds({
    seed: 7,
    operationsPerSecond: 136_000,
    medianNanos: 104_000,
    cpuNanosPerOperation: 6_900,
    residentBytes: 48_000_000
  }),
  lost: null,
  truth: noViolations
}

export const scache: Target = {
  name: "scache",
  kind: "postfix",
  command: "/usr/lib/postfix/sbin/scache",
  version: "Postfix 3.7.11",
  rounds: rounds({
    seed: 77,
    operationsPerSecond: 9_300,
    medianNanos: 1_640_000,
    cpuNanosPerOperation: 104_000,
    residentBytes: 9_000_000
  }),
  lost: null,
  truth: noViolations
}

export const makeResult = (
  targets: ReadonlyArray<Target>,
  changed: Partial<BenchmarkResult> = {}
): BenchmarkResult => ({
  format: "scache-bench",
  version: resultVersion,
  toolVersion: "0.1.0",
  date: "2026-01-31T12:00:00.000Z",
  command: ["scache-bench", "run", "--target", "scached=spawn:dist/scached serve --socket {socket}", "--postfix"],
  isComplete: true,
  interruptedInRound: null,
  machine: { cpu: "Imaginary 9000 @ 3 GHz", cores: 2, kernel: "6.1.0", bunVersion: "1.4.5" },
  settings,
  targets,
  ratios: ratiosBetween(targets),
  ...changed
})

/** The result that the tests read, unless they say otherwise. */
export const result = makeResult([scached, scache])

/** The same target after it answered wrongly. */
export const violated = (target: Target): Target => ({
  ...target,
  truth: {
    ...target.truth,
    violationsTotal: 3,
    violations: [
      { round: 1, text: "label 10.0.0.1:25 gave the connection that was saved under 10.0.0.2:25" },
      { round: null, text: "the connection of label <b>10.0.0.3:25</b> was never seen again" }
    ]
  }
})
