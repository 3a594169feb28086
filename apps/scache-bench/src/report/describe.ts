/**
 * The parts of a run that are put in words, the same in every form of report.
 */
import type { BenchmarkResult, Limit, Ratio, Settings, Target } from "../result/BenchmarkResult.ts"
import { formatMetric, metricOf } from "../result/Metric.ts"
import { numbersOfTarget } from "../result/Numbers.ts"
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
const describeMixedLimit = (target: Target): ReadonlyArray<string> => {
  if (describeLimit(target) !== "mixed") return []
  const limits = target.rounds.map((round) => round.limitedBy).join(", ")
  return [`${target.name}: the limit changed from round to round: ${limits}`]
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

/** Operations that were not as they should be, and are in the latency all the same; one line for all kinds, none if there are none. */
const describeWaits = (target: Target): ReadonlyArray<string> => {
  const { late, neverBegun, stuck, beyondScale } = numbersOfTarget(target)
  const parts = [
    ...(late === 0 ? [] : [`${plural(late, "operation")} began late`]),
    ...(neverBegun === 0 ? [] : [`${plural(neverBegun, "operation")} never began`]),
    ...(stuck === 0 ? [] : [`${plural(stuck, "operation")} got stuck`]),
    ...(beyondScale === 0 ? [] : [`${plural(beyondScale, "operation")} took longer than an hour`])
  ]
  return parts.length === 0 ? [] : [`${target.name}: ${parts.join(", ")}; the latency counts the time they waited`]
}

/** How a target was lost, on one line; none if it was not. */
export const describeLoss = ({ name, lost }: Target): ReadonlyArray<string> => {
  if (lost === null) return []
  return [`${name}: LOST ${lost.round === null ? "after the rounds" : `in round ${lost.round + 1}`}: ${lost.reason}`]
}

/** What the load itself cost: with one core at an end the figures of a target are those of scache-bench. None in an open loop. */
export const describeOwnCosts = (targets: ReadonlyArray<Target>): ReadonlyArray<string> => {
  const metric = metricOf("own")
  const costs = targets.flatMap((target) => {
    const nanos = metric.ofTarget(target)
    return nanos === null ? [] : [`${target.name} ${formatMetric(metric, nanos)}`]
  })
  return costs.length === 0 ? [] : [`scache-bench's own CPU an operation: ${costs.join(", ")}`]
}

/** What else is to be known of how a target was measured, a line each. */
export const describeNotes = (target: Target): ReadonlyArray<string> => [
  ...describeWaits(target),
  ...describeMixedLimit(target)
]

/** That a run was interrupted; nothing of a complete one. */
export const describeIncomplete = ({ interruptedInRound, settings }: BenchmarkResult): ReadonlyArray<string> => {
  if (interruptedInRound === null) return []
  const where =
    interruptedInRound < settings.rounds
      ? `in round ${interruptedInRound + 1} of ${settings.rounds}; only finished rounds count`
      : "after the last round; how servers end was not checked"
  return [`INCOMPLETE: interrupted ${where}`]
}

/** A word of a command line as a shell reads it. */
const quoted = (word: string): string => (/^[\w@%+=:,./-]+$/.test(word) ? word : `'${word.replaceAll("'", "'\\''")}'`)

/** A command line that can be pasted into a shell. */
export const describeCommand = (command: ReadonlyArray<string>): string => command.map(quoted).join(" ")

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
  ["patience", `${settings.patienceSeconds} s`],
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
