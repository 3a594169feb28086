import type { SystemCalls } from "@scached/fdpass"
import { DateTime, Effect, type Scope } from "effect"
import { type Progress, type RoundOptions, runRound } from "../load/runRound.ts"
import {
  type BenchmarkResult,
  type Lost,
  type ParameterValue,
  type Round,
  resultVersion,
  type Target as TargetResult
} from "../result/BenchmarkResult.ts"
import { ratiosBetween } from "../result/ratios.ts"
import { openTarget } from "../target/openTarget.ts"
import type { Target } from "../target/Target.ts"
import type { TargetFailure } from "../target/TargetFailure.ts"
import type { TargetLost } from "../target/TargetLost.ts"
import { checkStop } from "../truth/checkStop.ts"
import { ViolationLog } from "../truth/ViolationLog.ts"
import { kindNames } from "../workload/RequestKind.ts"
import type { Workload } from "../workload/Workload.ts"
import { describeThisMachine, pinThisProcess } from "./machine.ts"
import type { RunSettings } from "./RunSettings.ts"
import { toolVersion } from "./toolVersion.ts"
import type { UsageError } from "./UsageError.ts"

/** A target and what was found out about it so far. */
interface Loaded {
  readonly target: Target
  readonly log: ViolationLog
  readonly isChecked: boolean
  readonly rounds: Array<Round>
  /** Could be loaded once, and not any more. */
  lost: Lost | null
}

/** What a run tells while it goes. */
export interface RunEvents {
  /** How each round goes. */
  readonly onProgress: (head: string, progress: Progress) => void
  /** The run is interrupted: what its finished rounds have found, undefined where there is none. */
  readonly onInterrupted: (result: BenchmarkResult | undefined) => Effect.Effect<void>
}

const mixText = ({ mix }: Workload): string =>
  mix._tag === "Cycle"
    ? "cycle of save_endp, save_dest, find_dest"
    : mix.weights.flatMap((weight, kind) => (weight > 0 ? [`${kindNames[kind]}=${weight}`] : [])).join(",")

/** For people: what tells comparisons apart at a glance. */
const nameOf = ({ mix, cached, cachedApart }: Workload): string => {
  const how = cachedApart ? "beside" : "with"
  return `${mix._tag === "Cycle" ? "cycle" : "mix"}${cached > 0 ? ` ${how} ${cached.toLocaleString("en-US")} cached` : ""}`
}

/** The same with nothing cached beforehand, and as many connections beyond that. */
const emptied = (workload: Workload): Workload => ({
  ...workload,
  cached: 0,
  connections: workload.connections - workload.cached
})

const listOf = (names: ReadonlySet<string>): string => (names.size === 0 ? "none" : [...names].join(","))

const parametersOf = (settings: RunSettings): Record<string, ParameterValue> => {
  const { workload } = settings
  const { popularity, propertyBytesMin: least, propertyBytesMax: most } = workload
  return {
    requests: mixText(workload),
    endpoints: workload.endpoints,
    destinations: workload.destinations,
    popularity: popularity._tag === "Uniform" ? "uniform" : `zipf:${popularity.exponent}`,
    propertyBytes: least === most ? least : `${least}-${most}`,
    ttlSeconds: workload.ttlSeconds,
    cached: workload.cached,
    cachedApart: workload.cachedApart,
    connections: workload.connections,
    dummyApart: settings.isDummyApart,
    ioUring: settings.batching,
    unchecked: listOf(settings.unchecked),
    empty: listOf(settings.empty)
  }
}

const resultOf = ({ target, log, rounds, lost }: Loaded): TargetResult => ({
  name: target.name,
  kind: target.kind,
  command: target.command,
  version: target.version,
  rounds,
  lost,
  truth: {
    checkedDescriptors: log.checkedDescriptors,
    checkedReplies: log.checkedReplies,
    violationsTotal: log.total,
    violations: log.violations
  }
})

/** Why a target was lost, without its name, which stands before it. */
const reasonOf = (error: TargetFailure | TargetLost): string =>
  error._tag === "TargetLost" ? error.reason : `cannot ${error.attempt}: ${error.reason}`

/**
 * Starts all targets, loads them in turn, round after round (A B A B), and stops them. `command` is the command line that asks for it.
 */
export const executeRun = Effect.fnUntraced(function* (
  command: ReadonlyArray<string>,
  settings: RunSettings,
  { onProgress, onInterrupted }: RunEvents
): Effect.fn.Return<BenchmarkResult, TargetFailure | TargetLost | UsageError, SystemCalls | Scope.Scope> {
  const { workload, pinning, rounds } = settings
  const begun = yield* DateTime.now
  const date = DateTime.formatIso(begun)
  yield* pinThisProcess(pinning.client)
  const loaded: Array<Loaded> = []
  for (const spec of settings.targets) {
    const target = yield* openTarget(spec, workload.ttlSeconds, pinning.server ?? undefined)
    loaded.push({
      target,
      log: new ViolationLog(),
      isChecked: !settings.unchecked.has(spec.name),
      rounds: [],
      lost: null
    })
  }
  // A server that lives on may still have the labels of another run.
  const run = `run${process.pid}-${DateTime.toEpochMillis(begun).toString(36)}`
  const optionsFor = ({ target, log, isChecked }: Loaded, round: string): RoundOptions => ({
    workload: settings.empty.has(target.name) ? emptied(workload) : workload,
    labelPrefix: `${run}.${round}`,
    isChecked,
    isDummyApart: settings.isDummyApart,
    batching: settings.batching,
    patienceMillis: settings.patienceSeconds * 1_000,
    log,
    warmUpMillis: settings.warmUpSeconds * 1_000,
    roundMillis: settings.roundSeconds === undefined ? undefined : settings.roundSeconds * 1_000,
    roundOperations: settings.roundOperations,
    ratePerSecond: settings.ratePerSecond,
    onProgress: (progress) => onProgress(`[${round.replace("round", "")}/${rounds}] ${target.name}`, progress)
  })
  /** The round that is being run; behind the last one, how the servers end. */
  let current = 0
  const load = Effect.gen(function* () {
    for (; current < rounds; current++) {
      for (const each of loaded) {
        if (each.lost !== null) continue
        each.log.round = current
        const done = yield* Effect.result(runRound(each.target, optionsFor(each, `round${current + 1}`)))
        // What was measured before is not lost with it. It has no more rounds, since ratios are made of rounds with the same number.
        if (done._tag === "Success") each.rounds.push(done.success)
        else if (each.rounds.length === 0) return yield* done.failure
        else each.lost = { round: current, reason: reasonOf(done.failure) }
        each.log.round = null
      }
    }
    for (const each of loaded) {
      if (!each.isChecked || each.lost !== null) continue
      const stopped = yield* Effect.result(checkStop(each.target, optionsFor(each, "stop")))
      if (stopped._tag === "Failure") each.lost = { round: null, reason: reasonOf(stopped.failure) }
    }
  })
  const result = (interruptedInRound: number | null): BenchmarkResult => {
    const targets = loaded.filter((each) => each.rounds.length > 0).map(resultOf)
    return {
      format: "scache-bench",
      version: resultVersion,
      toolVersion,
      date,
      command,
      isComplete: interruptedInRound === null && loaded.every(({ lost }) => lost === null),
      interruptedInRound,
      machine: describeThisMachine(),
      settings: {
        workload: { name: nameOf(workload), parameters: parametersOf(settings) },
        clients: workload.clients,
        ratePerSecond: settings.ratePerSecond ?? null,
        seed: workload.seed,
        rounds,
        roundSeconds: settings.roundSeconds ?? null,
        roundOperations: settings.roundOperations ?? null,
        warmUpSeconds: settings.warmUpSeconds,
        patienceSeconds: settings.patienceSeconds,
        pinning
      },
      targets,
      ratios: ratiosBetween(targets)
    }
  }
  yield* Effect.onInterrupt(load, () =>
    Effect.suspend(() => onInterrupted(loaded.some((each) => each.rounds.length > 0) ? result(current) : undefined))
  )
  return result(null)
})
