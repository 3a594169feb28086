/**
 * What `scache-bench run --json FILE` writes and `scache-bench report` reads.
 *
 * Numbers that could not be measured are null, never 0. Times and sizes carry their unit in their name.
 */
import { Effect, Result, Schema, SchemaIssue, SchemaTransformation } from "effect"
import { LatencyHistogram } from "./LatencyHistogram.ts"

/** Raised whenever a reader of the former version would misunderstand a file. */
export const resultVersion = 1

/** Violations beyond these are counted, not kept. */
export const violationsMax = 100

/** What a target may be called. */
export const targetName = /^[^\s(),<>=]+$/

const Amount = Schema.Finite.check(Schema.isGreaterThanOrEqualTo(0))
const Count = Schema.Int.check(Schema.isGreaterThanOrEqualTo(0))
const Positive = Schema.Finite.check(Schema.isGreaterThan(0))
const PositiveCount = Schema.Int.check(Schema.isGreaterThan(0))

/** A latency histogram, as base64 in the file. */
export const Histogram = Schema.String.pipe(
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

/** Where the run took place. */
export const Machine = Schema.Struct({
  cpu: Schema.String,
  cores: PositiveCount,
  kernel: Schema.String,
  bunVersion: Schema.String
})
export type Machine = typeof Machine.Type

/** A value of a workload's parameter. */
export const ParameterValue = Schema.Union([Schema.String, Schema.Finite, Schema.Boolean])
export type ParameterValue = typeof ParameterValue.Type

/** What was asked for. */
export const Settings = Schema.Struct({
  /** Its name, for people, for instance `cycle`; and whatever else makes two workloads comparable or not. */
  workload: Schema.Struct({
    name: Schema.NonEmptyString,
    parameters: Schema.Record(Schema.String, ParameterValue)
  }),
  clients: PositiveCount,
  /** Operations a second of an open loop; null: closed loop, each client starts when its last operation is done. */
  ratePerSecond: Schema.NullOr(Positive),
  seed: Schema.Int,
  rounds: PositiveCount,
  /** What a round was limited to; null where it was the other one. */
  roundSeconds: Schema.NullOr(Positive),
  roundOperations: Schema.NullOr(PositiveCount),
  warmUpSeconds: Amount,
  /** Processors of both sides as taskset writes them (`0`, `2-3`); null: wherever the kernel put them. */
  pinning: Schema.Struct({ server: Schema.NullOr(Schema.String), client: Schema.NullOr(Schema.String) })
})
export type Settings = typeof Settings.Type

/** One whole second of a round: a last one that was cut short is left out, it would look like a dip. */
export const SeriesPoint = Schema.Struct({
  /** The second's number in the round, from 0. */
  second: Count,
  operations: Count,
  p50Nanos: Amount,
  p99Nanos: Amount
})
export type SeriesPoint = typeof SeriesPoint.Type

/** What the server's process used in a round; null where the process is not known or the kernel does not tell. */
export const ServerUse = Schema.Struct({
  cpuNanosPerOperation: Schema.NullOr(Amount),
  voluntarySwitches: Schema.NullOr(Count),
  involuntarySwitches: Schema.NullOr(Count),
  residentBytesBefore: Schema.NullOr(Count),
  residentBytesPeak: Schema.NullOr(Count),
  residentBytesAfter: Schema.NullOr(Count)
})
export type ServerUse = typeof ServerUse.Type

/** What kept the throughput from being higher: the load generator, the server, the rate that was asked for. */
export const Limit = Schema.Literals(["client", "server", "rate", "unknown"])
export type Limit = typeof Limit.Type

/** One round of one target. */
export const Round = Schema.Struct({
  operations: Count,
  seconds: Positive,
  operationsPerSecond: Amount,
  errors: Count,
  /** Open loop: operations that were due in the round and began late or not at all. */
  lateOrNotStarted: Count,
  operationsByKind: Schema.Record(Schema.String, Count),
  /** From the start of an operation to its end. */
  serviceTime: Histogram,
  /** Open loop: from when the operation was due to its end, so that waiting for a slow server counts; null: closed loop. */
  correctedLatency: Schema.NullOr(Histogram),
  series: Schema.Array(SeriesPoint),
  server: ServerUse,
  client: Schema.Struct({
    /** Of one processor, from 0 to 1. */
    cpuShare: Schema.NullOr(Amount)
  }),
  limitedBy: Limit
})
export type Round = typeof Round.Type

/** Something that a correct cache cannot do. */
export const Violation = Schema.Struct({
  /** From 0; null: found outside any round. */
  round: Schema.NullOr(Count),
  text: Schema.String
})
export type Violation = typeof Violation.Type

/** What was checked, and what was found. */
export const Truth = Schema.Struct({
  checkedDescriptors: Count,
  checkedReplies: Count,
  violationsTotal: Count,
  /** The first ones. */
  violations: Schema.Array(Violation).check(Schema.isMaxLength(violationsMax))
})
export type Truth = typeof Truth.Type

/** A cache that was loaded. */
export const Target = Schema.Struct({
  /** Thresholds are written with it, and so it has none of the characters that mean something there. */
  name: Schema.String.check(Schema.isPattern(targetName, { message: "no name for a target" })),
  /** Found at a socket, started for the run, or Postfix's own scache(8). */
  kind: Schema.Literals(["socket", "spawn", "postfix"]),
  /** The socket's path, or the command that was started. */
  command: Schema.String,
  /** What the program says of itself; null: it does not. */
  version: Schema.NullOr(Schema.String),
  rounds: Schema.Array(Round).check(Schema.isMinLength(1)),
  truth: Truth
})
export type Target = typeof Target.Type

/** Throughput of one target over that of another, in rounds that followed each other. */
export const Ratio = Schema.Struct({
  numerator: Schema.String,
  denominator: Schema.String,
  perRound: Schema.Array(Amount).check(Schema.isMinLength(1)),
  median: Amount,
  minimum: Amount,
  maximum: Amount
})
export type Ratio = typeof Ratio.Type

/** A run of the benchmark. */
export const BenchmarkResult = Schema.Struct({
  format: Schema.Literal("scache-bench"),
  version: Schema.Literal(resultVersion),
  toolVersion: Schema.String,
  /** When the run began, in ISO 8601, UTC. */
  date: Schema.String.check(
    Schema.isPattern(/^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d+)?Z$/, {
      message: "not a date such as 2026-01-31T12:00:00.000Z"
    })
  ),
  machine: Machine,
  settings: Settings,
  targets: Schema.Array(Target).check(
    Schema.isMinLength(1),
    Schema.makeFilter(
      (targets: ReadonlyArray<Target>) =>
        new Set(targets.map((target) => target.name)).size === targets.length || "two targets have the same name"
    )
  ),
  ratios: Schema.Array(Ratio)
})
export type BenchmarkResult = typeof BenchmarkResult.Type

/** A file does not hold a result. */
export class ResultUnreadable extends Schema.TaggedError<ResultUnreadable>()("ResultUnreadable", {
  /** The file, or whatever else the text came from. */
  source: Schema.String,
  reason: Schema.String
}) {
  override get message(): string {
    return `${this.source}: ${this.reason}`
  }
}

const Head = Schema.Struct({ format: Schema.Literal("scache-bench"), version: Schema.Finite })

const decodeHead = Schema.decodeUnknownResult(Head)
const decodeResult = Schema.decodeUnknownResult(BenchmarkResult, { errors: "all" })
const encodeResult = Schema.encodeSync(BenchmarkResult)

/** The first lines of a list of issues, which has two lines for each. */
const issueLinesMax = 20

const listIssues = (text: string): string => {
  const lines = text.split("\n")
  const shown = lines.slice(0, issueLinesMax)
  const hidden = lines.length - shown.length
  return [...shown, ...(hidden > 0 ? [`and ${Math.ceil(hidden / 2)} more`] : [])].map((line) => `\n  ${line}`).join("")
}

/** Reads the text of a `--json` file; `source` is its name in errors. */
export const parseResult = (source: string, text: string): Result.Result<BenchmarkResult, ResultUnreadable> => {
  const fail = (reason: string) => Result.fail(new ResultUnreadable({ source, reason }))
  let value: unknown
  try {
    value = JSON.parse(text)
  } catch (cause) {
    return fail(`not JSON (${String(cause)}): give a file that scache-bench run --json wrote`)
  }
  const head = decodeHead(value)
  if (Result.isFailure(head)) return fail("JSON, but not a result of scache-bench: give a file that run --json wrote")
  if (head.success.version !== resultVersion) {
    return fail(
      `a result of version ${head.success.version}, and this scache-bench reads version ${resultVersion}: measure anew`
    )
  }
  const decoded = decodeResult(value)
  return Result.isSuccess(decoded)
    ? Result.succeed(decoded.success)
    : fail(`a result of scache-bench that is damaged:${listIssues(decoded.failure.message)}`)
}

/** The text of a `--json` file. */
export const printResult = (result: BenchmarkResult): string => `${JSON.stringify(encodeResult(result), null, 2)}\n`
