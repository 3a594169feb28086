/** Runs a property for a number of cases or of seconds, and says how a failure is replayed. */
import fc from "fast-check"

/** How long, and from which seed. */
export interface CheckOptions {
  readonly seed: number
  /** Cases to try; as many as the time allows if not given. */
  readonly cases?: number
  readonly seconds?: number
  /** Where in the seed's cases a failure lies, as its report names it: tries that case alone. */
  readonly path?: string
  /** Ends with the first failure, without looking for a smaller one: where time is short. */
  readonly endsAtOnce?: boolean
}

/** What came of it. */
export interface CheckResult {
  readonly name: string
  readonly cases: number
  /** The report of the failure, shrunk. */
  readonly failure: string | undefined
}

const casesMax = 2 ** 31 - 1

const shown = (value: unknown): string => {
  const text = JSON.stringify(value, undefined, 1) ?? String(value)
  return text.length > 4_000 ? `${text.slice(0, 4_000)}...` : text
}

/** Tries `holds`, which throws where something does not hold, with ever new values. */
export const check = <A>(
  name: string,
  values: fc.Arbitrary<A>,
  options: CheckOptions,
  holds: (value: A) => void
): CheckResult => {
  const details = fc.check(fc.property(values, holds), {
    seed: options.seed,
    numRuns: options.cases ?? casesMax,
    endOnFailure: options.endsAtOnce ?? false,
    ...(options.path === undefined ? {} : { path: options.path }),
    ...(options.seconds === undefined ? {} : { interruptAfterTimeLimit: options.seconds * 1000 })
  })
  if (!details.failed || details.counterexample === null) {
    // An interrupted run is told as a failure where it had no time for a single case.
    return { name, cases: details.numRuns, failure: undefined }
  }
  const { error } = details as { readonly error?: unknown }
  const cause = details.errorInstance ?? error
  const why = cause instanceof Error ? cause.message : String(cause)
  const replay = `bun run fuzz --only ${name} --seed ${options.seed} --path ${details.counterexamplePath}`
  const failure = `${name}: ${why}\nthe smallest case: ${shown(details.counterexample)}\nreplay: ${replay}`
  return { name, cases: details.numRuns, failure }
}
