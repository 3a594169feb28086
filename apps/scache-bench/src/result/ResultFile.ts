/**
 * What `--json` writes and `scache-bench report` reads: results, and what can be read of them without decoding anything.
 */
import { Result, Schema } from "effect"
import {
  type BenchmarkResult,
  BenchmarkResult as ResultSchema,
  Round,
  resultVersion,
  Target
} from "./BenchmarkResult.ts"
import { Numbers, numbersOfRound, numbersOfTarget } from "./Numbers.ts"

/** What became of a threshold, for one target or one pair of them. */
export const Verdict = Schema.Struct({
  threshold: Schema.String.annotate({ description: "As --require had it." }),
  subject: Schema.String.annotate({ description: "What it was held against, for instance p99(scached)." }),
  actual: Schema.NullOr(Schema.Finite).annotate({
    description: "What was measured, in the unit; null: nothing, and the threshold is missed."
  }),
  unit: Schema.Literals(["operations a second", "nanoseconds", "bytes", "count", "ratio"]).annotate({
    description: "What the value counts, or in what."
  }),
  isPassed: Schema.Boolean.annotate({ description: "Whether the threshold is met." })
})
export type Verdict = typeof Verdict.Type

const numbers = Numbers.annotate({
  identifier: "Numbers",
  description: "What was measured, as plain numbers; null: not measured."
})

const WrittenTarget = Schema.Struct({
  ...Target.fields,
  numbers,
  rounds: Schema.Array(Schema.Struct({ ...Round.fields, numbers })).annotate({
    description: "The rounds that it finished, each with its numbers."
  })
})

/** A file of `run --json`. */
export const ResultFile = Schema.Struct({
  ...ResultSchema.fields,
  targets: Schema.Array(WrittenTarget).annotate({
    description: "The caches that were loaded, in the order of the command line."
  }),
  thresholds: Schema.Array(Verdict).annotate({ description: "What --require asked for, and whether it holds." })
}).annotate({
  identifier: "Result",
  description: "A run of scache-bench. Numbers that could not be measured are null, never 0."
})

const times = Schema.Struct({
  median: Schema.Finite.annotate({ description: "The ratio in the middle." }),
  minimum: Schema.Finite.annotate({ description: "The smallest." }),
  maximum: Schema.Finite.annotate({ description: "The largest." }),
  rounds: Schema.Int.annotate({ description: "Rounds that it is made of." })
}).annotate({ identifier: "Times" })

/** How scached stands to the two others, over the rounds of all comparisons. */
export const Headline = Schema.Struct({
  timesScache: Schema.NullOr(times).annotate({
    description: "Throughput of scached over that of Postfix's scache; null: it was not there."
  }),
  timesFloor: Schema.NullOr(times).annotate({
    description: "Throughput of scached over that of the floor; null: it was not there."
  })
})
export type Headline = typeof Headline.Type

const standardFormat = "scache-bench-standard"

/** A file of `standard --json`. */
export const StandardFile = Schema.Struct({
  format: Schema.Literal(standardFormat).annotate({ description: "Tells such a file from others." }),
  version: Schema.Literal(resultVersion).annotate({ description: "Of the format, as in a result." }),
  isComplete: Schema.Boolean.annotate({ description: "Whether all comparisons were run, with all their rounds." }),
  headline: Headline.annotate({ description: "How scached stands to the two others, over all comparisons." }),
  results: Schema.Array(ResultFile).annotate({ description: "One result a comparison." })
}).annotate({ identifier: "Standard", description: "The standard comparison." })

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

const Head = Schema.Struct({ format: Schema.Literals(["scache-bench", standardFormat]), version: Schema.Finite })
const Several = Schema.Struct({ results: Schema.Array(ResultSchema).check(Schema.isMinLength(1)) })

const decodeHead = Schema.decodeUnknownResult(Head)
const decodeResult = Schema.decodeUnknownResult(ResultSchema, { errors: "all" })
const decodeSeveral = Schema.decodeUnknownResult(Several, { errors: "all" })
const encodeResult = Schema.encodeSync(ResultFile)
const encodeStandard = Schema.encodeSync(StandardFile)

/** The first lines of a list of issues, which has two lines for each. */
const issueLinesMax = 20

const listIssues = (text: string): string => {
  const lines = text.split("\n")
  const shown = lines.slice(0, issueLinesMax)
  const hidden = lines.length - shown.length
  return [...shown, ...(hidden > 0 ? [`and ${Math.ceil(hidden / 2)} more`] : [])].map((line) => `\n  ${line}`).join("")
}

/** Reads the text of a `--json` file: one result, or those of a standard comparison; `source` is its name in errors. */
export const parseResults = (
  source: string,
  text: string
): Result.Result<ReadonlyArray<BenchmarkResult>, ResultUnreadable> => {
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
      `a result of version ${head.success.version}, and this scache-bench reads version ${resultVersion}: measure again`
    )
  }
  const decoded =
    head.success.format === standardFormat
      ? Result.map(decodeSeveral(value), ({ results }) => results)
      : Result.map(decodeResult(value), (result) => [result])
  return Result.isSuccess(decoded)
    ? Result.succeed(decoded.success)
    : fail(`a result of scache-bench that is damaged:${listIssues(decoded.failure.message)}`)
}

const written = (result: BenchmarkResult, thresholds: ReadonlyArray<Verdict>): typeof ResultFile.Type => ({
  ...result,
  targets: result.targets.map((target) => ({
    ...target,
    numbers: numbersOfTarget(target),
    rounds: target.rounds.map((round) => ({ ...round, numbers: numbersOfRound(target, round) }))
  })),
  thresholds
})

const asText = (value: unknown): string => `${JSON.stringify(value, null, 2)}\n`

/** The text of a file of `run --json`. */
export const printResult = (result: BenchmarkResult, thresholds: ReadonlyArray<Verdict> = []): string =>
  asText(encodeResult(written(result, thresholds)))

/** The text of a file of `standard --json`. */
export const printStandard = (
  results: ReadonlyArray<BenchmarkResult>,
  headline: Headline,
  isComplete: boolean
): string =>
  asText(
    encodeStandard({
      format: standardFormat,
      version: resultVersion,
      isComplete,
      headline,
      results: results.map((result) => written(result, []))
    })
  )

/** The JSON schema of both kinds of file, draft 2020-12. */
export const jsonSchema = (): string => {
  const either = Schema.Union([ResultFile, StandardFile])
  const { schema, definitions } = Schema.toJsonSchemaDocument(either)
  return asText({
    $schema: "https://json-schema.org/draft/2020-12/schema",
    title: "What scache-bench writes with --json",
    ...schema,
    $defs: definitions
  })
}
