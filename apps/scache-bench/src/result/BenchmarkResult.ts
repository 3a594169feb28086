/**
 * What a run of the benchmark has found: `ResultFile.ts` writes and reads it.
 *
 * Numbers that could not be measured are null, never 0. Times and sizes carry their unit in their name.
 */
import { Effect, Schema, SchemaIssue, SchemaTransformation } from "effect"
import { LatencyHistogram } from "./LatencyHistogram.ts"

/** Raised whenever a reader of the former version would misunderstand a file. */
export const resultVersion = 2

/** Violations beyond these are counted, not kept. */
export const violationsMax = 100

/** What a target may be called. */
export const targetName = /^[^\s(),<>=]+$/

const Amount = Schema.Finite.check(Schema.isGreaterThanOrEqualTo(0))
const Count = Schema.Int.check(Schema.isGreaterThanOrEqualTo(0))
const Positive = Schema.Finite.check(Schema.isGreaterThan(0))
const PositiveCount = Schema.Int.check(Schema.isGreaterThan(0))

/** A latency histogram, as base64 in the file. */
export const Histogram = Schema.String.annotate({
  description: "All operations by their nanoseconds: HdrHistogram's V2 form, compressed, in base64."
}).pipe(
  Schema.decodeTo(
    Schema.declare((value): value is LatencyHistogram => value instanceof LatencyHistogram),
    SchemaTransformation.transformEffect({
      decode: (text: string) =>
        Effect.mapError(
          Effect.fromResult(LatencyHistogram.decode(text)),
          (error) => new SchemaIssue.InvalidValue({ message: error.message })
        ),
      encode: (histogram: LatencyHistogram) => Effect.succeed(histogram.encode())
    })
  )
)

const said = <S extends Schema.Top>(description: string, schema: S) => schema.annotate({ description })

/** Where the run took place. */
export const Machine = Schema.Struct({
  cpu: said("The processor's name.", Schema.String),
  cores: said("How many processors the kernel sees.", PositiveCount),
  kernel: said("The kernel's release.", Schema.String),
  bunVersion: said("The version of Bun that ran scache-bench.", Schema.String)
})
export type Machine = typeof Machine.Type

/** A value of a workload's parameter. */
export const ParameterValue = Schema.Union([Schema.String, Schema.Finite, Schema.Boolean])
export type ParameterValue = typeof ParameterValue.Type

const processors = Schema.NullOr(Schema.String)

/** What was asked for. */
export const Settings = Schema.Struct({
  workload: said(
    "What the clients did.",
    Schema.Struct({
      name: said("For people, for instance cycle.", Schema.NonEmptyString),
      parameters: said("All that makes two workloads comparable or not.", Schema.Record(Schema.String, ParameterValue))
    })
  ),
  clients: said("Connections to each cache, each with one request at a time.", PositiveCount),
  ratePerSecond: said(
    "Operations a second of an open loop; null: a closed loop, in which a client begins an operation when its last has ended.",
    Schema.NullOr(Positive)
  ),
  seed: said("The same seed makes the same requests.", Schema.Int),
  rounds: said("Rounds that were asked for.", PositiveCount),
  roundSeconds: said("How long a round measured; null where operations were counted.", Schema.NullOr(Positive)),
  roundOperations: said("Operations of a round; null where it was limited in time.", Schema.NullOr(PositiveCount)),
  warmUpSeconds: said("Load before each round that was not measured.", Amount),
  patienceSeconds: said("An operation that took longer counts as stuck.", Positive),
  pinning: said(
    "Processors of both sides as taskset writes them; null: wherever the kernel put them.",
    Schema.Struct({ server: said("Of the servers.", processors), client: said("Of scache-bench.", processors) })
  )
})
export type Settings = typeof Settings.Type

/** One whole second of a round: a last one that was cut short is left out, it would look like a dip. */
export const SeriesPoint = Schema.Struct({
  second: said("The second's number in the round, from 0.", Count),
  operations: said("Operations that were answered in it.", Count),
  p50Nanos: said("Their median latency; null in a second without an answer.", Schema.NullOr(Amount)),
  p99Nanos: said("What 99% of them took at most; null likewise.", Schema.NullOr(Amount))
})
export type SeriesPoint = typeof SeriesPoint.Type

const MaybeCount = Schema.NullOr(Count)

/** What the server's process used in a round; null where the process is not known or the kernel does not tell. */
export const ServerUse = Schema.Struct({
  cpuNanosPerOperation: said("Processor time of all its threads, divided by the operations.", Schema.NullOr(Amount)),
  voluntarySwitches: said("Times that it went to sleep.", MaybeCount),
  involuntarySwitches: said("Times that the processor was taken from it.", MaybeCount),
  residentBytesBefore: said("Resident memory before the round.", MaybeCount),
  residentBytesPeak: said("The most that was seen during the round.", MaybeCount),
  residentBytesAfter: said("Resident memory after the round.", MaybeCount)
})
export type ServerUse = typeof ServerUse.Type

/** What kept the throughput from being higher: the load generator, the server, the rate that was asked for. */
export const Limit = Schema.Literals(["client", "server", "rate", "unknown"])
export type Limit = typeof Limit.Type

/** One round of one target. */
export const Round = Schema.Struct({
  operations: said("Operations that were answered.", Count),
  seconds: said("The time that was measured.", Positive),
  operationsPerSecond: said("Operations that were answered, over the time that was measured.", Amount),
  errors: said("Clients that were lost with their operation.", Count),
  late: said("Open loop: operations that began more than a millisecond after they were due.", Count),
  neverBegun: said("Open loop: operations that were due and never begun; the latency has the time they waited.", Count),
  stuck: said(
    "Operations that took longer than the patience, answered in the end or not; the latency has the time they took.",
    Count
  ),
  beyondScale: said("Operations that took longer than an hour, where the scale of the latency ends.", Count),
  operationsByKind: said("Operations by request; finds that found nothing apart.", Schema.Record(Schema.String, Count)),
  serviceTime: said("From the start of an operation to its end.", Histogram),
  correctedLatency: said(
    "Open loop: from when the operation was due to its end, so that waiting for a slow server counts; null: closed loop.",
    Schema.NullOr(Histogram)
  ),
  series: said("The round second by second.", Schema.Array(SeriesPoint)),
  server: said("What the server's process used; null: not known.", ServerUse),
  client: said(
    "What scache-bench itself used.",
    Schema.Struct({
      cpuShare: said("Of one processor, from 0 to 1; null: not known.", Schema.NullOr(Amount)),
      cpuNanosPerOperation: said(
        "Processor time of its main thread, divided by the operations; null in an open loop, which waits awake.",
        Schema.NullOr(Amount)
      )
    })
  ),
  limitedBy: said("What kept the throughput from being higher.", Limit)
})
export type Round = typeof Round.Type

/** Something that a correct cache cannot do. */
export const Violation = Schema.Struct({
  round: said("From 0; null: found outside any round.", Schema.NullOr(Count)),
  text: said("What was done, and what was expected.", Schema.String)
})
export type Violation = typeof Violation.Type

/** What was checked, and what was found. */
export const Truth = Schema.Struct({
  checkedDescriptors: said("Descriptors that were looked at.", Count),
  checkedReplies: said("Replies that were looked at.", Count),
  violationsTotal: said("Wrong answers.", Count),
  violations: said(
    `The first ${violationsMax} of them.`,
    Schema.Array(Violation).check(Schema.isMaxLength(violationsMax))
  )
})
export type Truth = typeof Truth.Type

/** How a target went away that could be loaded for a while. */
export const Lost = Schema.Struct({
  round: said("In which round, from 0; null: after the last one.", Schema.NullOr(Count)),
  reason: said("How, on one line: the signal or the exit code, and what it said.", Schema.String)
})
export type Lost = typeof Lost.Type

/** A cache that was loaded. */
export const Target = Schema.Struct({
  // Thresholds are written with it, and so it has none of the characters that mean something there.
  name: said(
    "What the run called it.",
    Schema.String.check(Schema.isPattern(targetName, { message: "no name for a target" }))
  ),
  kind: said(
    "Found at a socket, started for the run, or Postfix's own scache(8).",
    Schema.Literals(["socket", "spawn", "postfix"])
  ),
  command: said("The socket's path, or the command that was started.", Schema.String),
  version: said("What the program says of itself; null: it does not.", Schema.NullOr(Schema.String)),
  rounds: said("The rounds that it finished.", Schema.Array(Round).check(Schema.isMinLength(1))),
  lost: said("How it ended in the middle of the run; null: it did not.", Schema.NullOr(Lost)),
  truth: said("Whether its answers were right.", Truth)
})
export type Target = typeof Target.Type

/** Throughput of one target over that of another, in rounds that followed each other. */
export const Ratio = Schema.Struct({
  numerator: said("The target above the line.", Schema.String),
  denominator: said("The target below the line.", Schema.String),
  perRound: said("The ratio of each round.", Schema.Array(Amount).check(Schema.isMinLength(1))),
  median: said("The ratio in the middle.", Amount),
  minimum: said("The smallest.", Amount),
  maximum: said("The largest.", Amount)
})
export type Ratio = typeof Ratio.Type

/** A run of the benchmark. */
export const BenchmarkResult = Schema.Struct({
  format: said("Tells such a file from others.", Schema.Literal("scache-bench")),
  version: said(
    "Of the format: raised whenever a reader of the former version would misunderstand a file.",
    Schema.Literal(resultVersion)
  ),
  toolVersion: said("Of scache-bench.", Schema.String),
  date: said(
    "When the run began, in ISO 8601, UTC.",
    Schema.String.check(
      Schema.isPattern(/^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d+)?Z$/, {
        message: "not a date such as 2026-01-31T12:00:00.000Z"
      })
    )
  ),
  command: said("The command line, word by word: it repeats the run.", Schema.Array(Schema.String)),
  isComplete: said(
    "Whether all rounds were run: false where the run was interrupted or a target lost.",
    Schema.Boolean
  ),
  interruptedInRound: said("The round that was interrupted, from 0; null: none was.", Schema.NullOr(Count)),
  machine: said("Where the run took place.", Machine),
  settings: said("What was asked for.", Settings),
  targets: said(
    "The caches that were loaded, in the order of the command line.",
    Schema.Array(Target).check(
      Schema.isMinLength(1),
      Schema.makeFilter(
        (targets: ReadonlyArray<Target>) =>
          new Set(targets.map((target) => target.name)).size === targets.length || "two targets have the same name"
      )
    )
  ),
  ratios: said("Throughput of each target over that of each other one.", Schema.Array(Ratio))
})
export type BenchmarkResult = typeof BenchmarkResult.Type
