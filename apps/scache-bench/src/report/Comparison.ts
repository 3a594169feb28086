import type { BenchmarkResult, ParameterValue, Settings, Target } from "../result/BenchmarkResult.ts"
import { type Metric, metricNames, metricOf, spreadOfMetric } from "../result/Metric.ts"
import { describeLoop, describeSettings, describeViolations } from "./describe.ts"

/** A metric in two runs. */
export interface MetricComparison {
  readonly metric: Metric
  /** In the first and in the second run; null: not measured. */
  readonly before: number | null
  readonly after: number | null
  /** The second over the first; null where one was not measured, or the first is 0. */
  readonly ratio: number | null
  /**
   * What the change means: `better` and `worse` only where the rounds of the two runs do not overlap, so that the
   * difference is more than what rounds of one run differ among themselves; `none` where they are equal.
   */
  readonly change: "better" | "worse" | "within the spread" | "none" | "unknown"
}

/** A target in two runs. */
export interface TargetComparison {
  readonly name: string
  readonly metrics: ReadonlyArray<MetricComparison>
}

/** Something to know before the numbers are believed. */
export interface Note {
  /** A target answered wrongly: its numbers are worth nothing. */
  readonly isViolation: boolean
  readonly text: string
}

/** Two runs side by side. */
export interface Comparison {
  readonly before: BenchmarkResult
  readonly after: BenchmarkResult
  /** Targets of both runs, in the order of the first. */
  readonly targets: ReadonlyArray<TargetComparison>
  /** What differs between the runs beside the numbers, and so may explain them. */
  readonly notes: ReadonlyArray<Note>
}

/** A ratio is shown with two digits behind the point; what does not show there is no change. */
const ratioShown = 0.005

const changeOf = (metric: Metric, before: Target, after: Target, ratio: number | null): MetricComparison["change"] => {
  const first = spreadOfMetric(metric, before)
  const second = spreadOfMetric(metric, after)
  // One round alone has no spread that a difference could be held against.
  if (first === undefined || second === undefined || first.perRound.length < 2 || second.perRound.length < 2) {
    return "unknown"
  }
  const isSame = ratio === null ? first.maximum === second.maximum : Math.abs(ratio - 1) < ratioShown
  if (isSame) return "none"
  if (second.minimum > first.maximum) return metric.better === "more" ? "better" : "worse"
  if (second.maximum < first.minimum) return metric.better === "less" ? "better" : "worse"
  return "within the spread"
}

const compareTargets = (before: Target, after: Target): TargetComparison => ({
  name: before.name,
  metrics: metricNames.map((name) => {
    const metric = metricOf(name)
    const [first, second] = [metric.ofTarget(before), metric.ofTarget(after)]
    const ratio = first === null || second === null || first === 0 ? null : second / first
    return { metric, before: first, after: second, ratio, change: changeOf(metric, before, after, ratio) }
  })
})

const show = (value: ParameterValue | undefined): string => (value === undefined ? "absent" : String(value))

/** A note for each of the things that are not the same. */
const differences = (
  what: string,
  pairs: ReadonlyArray<readonly [name: string, before: ParameterValue | undefined, after: ParameterValue | undefined]>
): ReadonlyArray<string> =>
  pairs.flatMap(([name, before, after]) =>
    before === after ? [] : [`${what}: ${name} was ${show(before)}, is ${show(after)}`]
  )

const settingPairs = (before: Settings, after: Settings) => {
  const [first, second] = [new Map(describeSettings(before)), new Map(describeSettings(after))]
  return [...new Set([...first.keys(), ...second.keys()])].map(
    (name) => [name, first.get(name), second.get(name)] as const
  )
}

const targetNotes = (before: BenchmarkResult, after: BenchmarkResult): ReadonlyArray<string> => [
  ...before.targets.flatMap((target) => {
    const other = after.targets.find(({ name }) => name === target.name)
    if (other === undefined) return [`target ${target.name} is only in the first run`]
    return differences(`target ${target.name} differs`, [
      ["kind", target.kind, other.kind],
      ["command", target.command, other.command],
      ["version", target.version ?? "unknown", other.version ?? "unknown"]
    ])
  }),
  ...after.targets
    .filter(({ name }) => !before.targets.some((target) => target.name === name))
    .map(({ name }) => `target ${name} is only in the second run`)
]

const plainNotes = (before: BenchmarkResult, after: BenchmarkResult): ReadonlyArray<string> => [
  ...differences("the machine differs", [
    ["processor", before.machine.cpu, after.machine.cpu],
    ["cores", before.machine.cores, after.machine.cores],
    ["kernel", before.machine.kernel, after.machine.kernel],
    ["Bun", before.machine.bunVersion, after.machine.bunVersion]
  ]),
  ...differences("the tool differs", [["scache-bench", before.toolVersion, after.toolVersion]]),
  ...differences("the settings differ", settingPairs(before.settings, after.settings)),
  ...targetNotes(before, after)
]

const truthNotes = (run: string, { targets }: BenchmarkResult): ReadonlyArray<string> =>
  targets.flatMap((target) =>
    describeViolations(target).length === 0
      ? []
      : [`VIOLATIONS in the ${run} run: ${target.name}, ${target.truth.violationsTotal} in all`]
  )

/** Puts two runs side by side: each metric of each target that both have, and what else is different. */
export const compareResults = (before: BenchmarkResult, after: BenchmarkResult): Comparison => ({
  before,
  after,
  targets: before.targets.flatMap((target) => {
    const other = after.targets.find(({ name }) => name === target.name)
    return other === undefined ? [] : [compareTargets(target, other)]
  }),
  notes: [
    ...[...truthNotes("first", before), ...truthNotes("second", after)].map((text) => ({ isViolation: true, text })),
    ...plainNotes(before, after).map((text) => ({ isViolation: false, text }))
  ]
})
/** A run in one line: when, and with which load. */
export const describeRun = ({ date, settings }: BenchmarkResult): string =>
  `${date}, ${settings.workload.name}, ${describeLoop(settings)}`
