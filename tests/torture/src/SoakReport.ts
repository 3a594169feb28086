/** What came of a soak, and what of it must not be. */
import type { FaultKind } from "./SoakFaults.ts"

/** How things stood at a moment. */
export interface Sample {
  readonly second: number
  readonly delivered: number
  /** Of the scached that ran then; 0 where none did. */
  readonly pid: number
  readonly descriptors: number
  readonly clients: number
  readonly cached: number
  /** Of the descriptors that are not its own, those that have been there for more than ten seconds. */
  readonly lasting: number
  readonly residentKib: number
}

/** What came of it. */
export interface SoakReport {
  readonly accepted: number
  /** Mails of which the destination has at least one copy. */
  readonly delivered: number
  /** Mails that are neither at the destination nor in a queue. */
  readonly lost: number
  /** Mails that Postfix still had when nothing moved any more, with what its log says of each. */
  readonly stuck: ReadonlyArray<string>
  /** Copies too many where the destination was stopped right behind its reply, which SMTP cannot tell from no reply. */
  readonly explainedCopies: number
  /** Copies too many for no such reason. */
  readonly unexplainedCopies: number
  /** Deliveries over a connection that was used before. */
  readonly reused: number
  readonly faults: ReadonlyMap<FaultKind, number>
  readonly samples: ReadonlyArray<Sample>
  /** Descriptors of the last scached's own, and all that it had open after the last client left. */
  readonly descriptorsBefore: number
  readonly descriptorsAfter: number
  /** What those after are, where they are not as many as before. */
  readonly open: string
  /** Descriptors under load that nothing explains; see `DescriptorWatch`. */
  readonly unexplained: ReadonlyArray<string>
  readonly residentKibMax: number
  /** How often scached said that it had no descriptors left: 0 would mean that the fault never took place. */
  readonly descriptorWants: number
  /** Where scached had ended already, or otherwise than it must, when it was to be ended. */
  readonly wrongEnds: ReadonlyArray<string>
  /** What scached said about errors inside itself; nothing is expected. */
  readonly internalErrors: ReadonlyArray<string>
}

/** Medians of the three parts of a run. */
export type Thirds = readonly [first: number, second: number, third: number]

const median = (values: ReadonlyArray<number>): number =>
  values.toSorted((one, other) => one - other)[Math.floor(values.length / 2)] ?? 0

/** Of the scached that was left alone, under load: the one that the last samples are of. */
const thirdsOf = (samples: ReadonlyArray<Sample>, value: (sample: Sample) => number): Thirds => {
  const pid = samples.at(-1)?.pid
  const values = samples.filter((sample) => sample.pid === pid).map(value)
  const [one, two] = [Math.floor(values.length / 3), Math.floor((values.length * 2) / 3)]
  return [median(values.slice(0, one)), median(values.slice(one, two)), median(values.slice(two))]
}

/** What the last scached had open, and how much memory, in the three parts of its life under load. */
export const courseOf = ({
  samples
}: SoakReport): { readonly descriptors: Thirds; readonly lasting: Thirds; readonly residentKib: Thirds } => ({
  descriptors: thirdsOf(samples, ({ descriptors }) => descriptors),
  lasting: thirdsOf(samples, ({ lasting }) => lasting),
  residentKib: thirdsOf(samples, ({ residentKib }) => residentKib)
})

/**
 * More descriptors that last, which a leak's do: clients that stay differ by less. How many are cached for a moment depends on how fast
 * clients come, and so on what else the machine does: by a factor of 1.6 within a minute.
 */
const lastingGrowthMax = 10
/** Of memory; 1.08 was the most. Of an even leak, however fast, the two last thirds are not further apart than by a factor of 1.7. */
const memoryGrowthMax = 1.2

const growthOf = (report: SoakReport): ReadonlyArray<string> => {
  const { lasting, residentKib } = courseOf(report)
  return [
    ...(lasting[2] <= lasting[0] + lastingGrowthMax ? [] : [`descriptors that last grow: ${lasting.join(", ")}`]),
    // The first third is left out: in it the heap and the compiled code come to their size.
    ...(residentKib[2] <= residentKib[1] * memoryGrowthMax ? [] : [`memory grows: ${residentKib.join(", ")} KiB`])
  ]
}

/** What did not hold; empty when all did. */
export const failuresOf = (report: SoakReport): ReadonlyArray<string> => [
  ...(report.lost === 0 ? [] : [`${report.lost} mails are lost`]),
  ...report.stuck.map((each) => `a mail does not leave its queue: ${each}`),
  ...(report.unexplainedCopies === 0 ? [] : [`${report.unexplainedCopies} mails came twice`]),
  ...(report.descriptorsAfter === report.descriptorsBefore
    ? []
    : [`${report.descriptorsAfter} descriptors are open at rest, ${report.descriptorsBefore} before: ${report.open}`]),
  ...report.unexplained.map((each) => `a descriptor under load: ${each}`),
  ...growthOf(report),
  ...(report.residentKibMax < 150_000 ? [] : [`scached had ${report.residentKibMax} KiB of memory`]),
  ...(report.descriptorWants > 0 || !report.faults.has("no descriptors left (EMFILE)")
    ? []
    : ["scached never was without descriptors: the fault did not take place"]),
  ...(report.reused > 0 ? [] : ["no connection was used twice: the cache was not at work"]),
  ...report.wrongEnds,
  ...report.internalErrors
]
