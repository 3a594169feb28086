/**
 * The parts of a run that are told in words, the same in every form of report.
 */
import type { BenchmarkResult, Limit, Ratio, Settings, Target } from "../result/BenchmarkResult.ts"
import { formatCount, formatRatio } from "../result/quantities.ts"

/** The limit of all rounds, or how often each. */
export const describeLimit = (target: Target): string => {
  const counts = new Map<Limit, number>()
  for (const { limitedBy } of target.rounds) counts.set(limitedBy, (counts.get(limitedBy) ?? 0) + 1)
  const [first, ...others] = [...counts].sort(([, left], [, right]) => right - left)
  if (first === undefined) return "unknown"
  return others.length === 0 ? first[0] : "mixed"
}

/** Of a mixed limit, what it was made of. */
export const describeMixedLimit = (target: Target): string | undefined => {
  if (describeLimit(target) !== "mixed") return undefined
  const limits = target.rounds.map((round) => round.limitedBy).join(", ")
  return `${target.name}: the limit changed from round to round: ${limits}`
}

const plural = (count: number, one: string, many = `${one}s`): string =>
  `${formatCount(count)} ${count === 1 ? one : many}`

/** What was checked, and whether anything was wrong. */
export const describeTruth = ({ name, truth }: Target): string => {
  const checked = `${plural(truth.checkedDescriptors, "descriptor")} and ${plural(truth.checkedReplies, "reply", "replies")}`
  const found = truth.violationsTotal === 0 ? "nothing wrong" : plural(truth.violationsTotal, "VIOLATION", "VIOLATIONS")
  return `${name}: ${checked} checked, ${found}`
}

/** The violations that were kept, one line each, and how many more there were. */
export const describeViolations = ({ name, truth }: Target): ReadonlyArray<string> => {
  const lines = truth.violations.map(
    ({ round, text }) => `${name}, ${round === null ? "outside the rounds" : `round ${round + 1}`}: ${text}`
  )
  const more = truth.violationsTotal - truth.violations.length
  return more > 0 ? [...lines, `${name}: and ${formatCount(more)} more`] : lines
}

/** Operations that an open loop began late or not at all; undefined: none. */
export const describeNotStarted = (target: Target): string | undefined => {
  const lateOrNotStarted = target.rounds.reduce((sum, round) => sum + round.lateOrNotStarted, 0)
  return lateOrNotStarted === 0
    ? undefined
    : `${target.name}: ${plural(lateOrNotStarted, "operation")} began late or not at all`
}

/** One ratio as a line: `scached / scache: 14.6x (14.1x to 15.0x in 3 rounds)`. */
export const describeRatio = ({ numerator, denominator, perRound, median, minimum, maximum }: Ratio): string => {
  const range =
    perRound.length === 1
      ? "one round"
      : `${formatRatio(minimum)} to ${formatRatio(maximum)} in ${perRound.length} rounds`
  return `${numerator} / ${denominator}: ${formatRatio(median)} (${range})`
}

const describePinning = ({ pinning }: Settings): string => {
  if (pinning.server === null && pinning.client === null) return "not pinned"
  return `server on processor ${pinning.server ?? "any"}, client on ${pinning.client ?? "any"}`
}

/** How long a round was. */
const describeRound = ({ roundSeconds, roundOperations }: Settings): string => {
  const limits = [
    ...(roundSeconds === null ? [] : [`${roundSeconds} s`]),
    ...(roundOperations === null ? [] : [plural(roundOperations, "operation")])
  ]
  return limits.length === 0 ? "" : ` of ${limits.join(" or ")}`
}

/** Whether clients waited for answers, or operations came at a rate. */
export const describeLoop = ({ clients, ratePerSecond }: Settings): string =>
  ratePerSecond === null
    ? `${plural(clients, "client")}, closed loop`
    : `${plural(clients, "client")}, open loop at ${formatCount(ratePerSecond)}/s`

/** What was loaded how: what tells the results of one page apart. */
export const describeScenario = ({ settings }: BenchmarkResult): string =>
  `${settings.workload.name}, ${describeLoop(settings)}`

/** The settings, as names and values. */
export const describeSettings = (settings: Settings): ReadonlyArray<readonly [name: string, value: string]> => [
  ["workload", settings.workload.name],
  ...Object.entries(settings.workload.parameters).map(([name, value]) => [name, String(value)] as const),
  ["load", describeLoop(settings)],
  ["rounds", `${settings.rounds}${describeRound(settings)}, after ${settings.warmUpSeconds} s of warm-up`],
  ["seed", String(settings.seed)],
  ["processors", describePinning(settings)]
]

/** The machine and the tool, in one line. */
export const describeMachine = ({ machine, toolVersion }: BenchmarkResult): string =>
  `${machine.cpu}, ${plural(machine.cores, "core")}, Linux ${machine.kernel}, Bun ${machine.bunVersion}, scache-bench ${toolVersion}`

/** Which times the latency columns hold. */
export const describeLatency = ({ ratePerSecond }: Settings): string =>
  ratePerSecond === null
    ? "latency from the start of an operation to its end"
    : "latency from when an operation was due to its end"

/** How the numbers of several rounds became one: two lines for a terminal, a sentence elsewhere. */
export const howNumbersAreMade = [
  "ops/s, CPU and context switches (sw) an operation: median of the rounds;",
  "latency: of all rounds' operations together; RSS: the highest of any round"
] as const
