import { SystemCalls } from "@scached/fdpass"
import { Effect, type Scope } from "effect"
import type { Limit, Round, ServerUse } from "../result/BenchmarkResult.ts"
import { awaitEnd } from "../target/awaitEnd.ts"
import { type ProcessUse, readOwnCpuNanos, readProcessUse, readResidentBytes } from "../target/ProcessUse.ts"
import type { Target } from "../target/Target.ts"
import { TargetFailure } from "../target/TargetFailure.ts"
import { TargetLost } from "../target/TargetLost.ts"
import { finalChecks } from "../truth/finalChecks.ts"
import { choicesOf, RequestSequence } from "../workload/RequestSequence.ts"
import { Topology } from "../workload/Topology.ts"
import { type Arena, type ArenaOptions, openArena, runStretch } from "./Arena.ts"
import { OpenLoopSchedule } from "./OpenLoopSchedule.ts"
import { FillSource, WorkloadSource } from "./OperationSource.ts"
import { RoundRecord } from "./RoundRecord.ts"

/** What a round is, beyond what its clients do. */
export interface RoundOptions extends ArenaOptions {
  readonly warmUpMillis: number
  /** How long operations begin; absent when they are counted. */
  readonly roundMillis: number | undefined
  readonly roundOperations: number | undefined
  /** Operations a second in an open loop. */
  readonly ratePerSecond: number | undefined
  /** Is called ten times a second with how the round goes. */
  readonly onProgress: (progress: Progress) => void
}

/** How a round goes. */
export interface Progress {
  readonly stage: "filling" | "warming up" | "measuring" | "checking"
  readonly record: RoundRecord | undefined
  readonly nowMillis: number
  readonly leftMillis: number | undefined
  readonly errors: number
}

/** From where on a processor counts as used up: nothing that waits in between reaches it. */
const busyShare = 0.93

/** What kept the throughput from being higher. */
export const findLimit = (
  clientShare: number | undefined,
  serverShare: number | undefined,
  rate: { readonly asked: number; readonly reached: number } | undefined
): Limit => {
  if (rate !== undefined && rate.reached >= 0.98 * rate.asked) return "rate"
  const isServerBusy = serverShare !== undefined && serverShare >= busyShare
  // In an open loop the client may wait awake for the next operation: its share says nothing then.
  const isClientBusy = rate === undefined && clientShare !== undefined && clientShare >= busyShare
  if (isServerBusy === isClientBusy) return "unknown"
  return isServerBusy ? "server" : "client"
}

const serverUse = (
  before: ProcessUse | undefined,
  after: ProcessUse | undefined,
  operations: number
): Omit<ServerUse, "residentBytesBefore" | "residentBytesPeak" | "residentBytesAfter"> => {
  if (before === undefined || after === undefined || operations === 0) {
    return { cpuNanosPerOperation: null, voluntarySwitches: null, involuntarySwitches: null }
  }
  // A thread that has ended takes its share with it.
  const grown = (key: keyof ProcessUse) => Math.max(0, after[key] - before[key])
  return {
    cpuNanosPerOperation: grown("cpuNanos") / operations,
    voluntarySwitches: grown("voluntarySwitches"),
    involuntarySwitches: grown("involuntarySwitches")
  }
}

const share = (before: number | undefined, after: number | undefined, seconds: number): number | undefined =>
  before === undefined || after === undefined ? undefined : (after - before) / 1e9 / seconds

const resident = (target: Target): number | null =>
  target.pid === undefined ? null : (readResidentBytes(target.pid) ?? null)

const measure = Effect.fnUntraced(function* (
  arena: Arena,
  options: RoundOptions,
  sequences: ReadonlyArray<RequestSequence>,
  onSlice: (record: RoundRecord, nowMillis: number) => void
) {
  const calls = yield* SystemCalls
  const { loop } = arena
  const startMillis = calls.monotonicMillis()
  const endMillis = startMillis + (options.roundMillis ?? Number.POSITIVE_INFINITY)
  const record = new RoundRecord(startMillis, options.ratePerSecond !== undefined, options.patienceMillis)
  const operationsMax = options.roundOperations ?? Number.POSITIVE_INFINITY
  const { ratePerSecond } = options
  if (ratePerSecond === undefined) {
    const isTimed = options.roundMillis !== undefined
    const source = new WorkloadSource(sequences, endMillis, operationsMax)
    loop.begin({ source, record, endMillis: isTimed ? endMillis : undefined })
    yield* runStretch(calls, loop, (nowMillis) => {
      record.passTo(nowMillis)
      onSlice(record, nowMillis)
    })
    record.finish()
    return { record, late: 0 }
  }
  const plannedMillis = options.roundMillis ?? (1_000 * operationsMax) / ratePerSecond
  const plannedEndMillis = startMillis + plannedMillis
  const schedule = new OpenLoopSchedule(startMillis, plannedMillis, ratePerSecond)
  const source = new WorkloadSource(sequences, Number.POSITIVE_INFINITY, Number.POSITIVE_INFINITY)
  const abandon = (nowMillis: number) =>
    schedule.abandon(nowMillis, (waitedMillis, count) => record.abandoned(waitedMillis, count))
  loop.begin({ source, record, schedule, endMillis: plannedEndMillis })
  yield* runStretch(calls, loop, (nowMillis) => {
    record.passTo(nowMillis)
    // What waits for a client when the round is over is not begun any more, but counts with the time it has waited.
    if (nowMillis >= plannedEndMillis) abandon(nowMillis)
    onSlice(record, nowMillis)
  })
  // The last operations are begun before the round is over; with its last client it is over early.
  const isWhole = schedule.nextMillis === Number.POSITIVE_INFINITY
  const endedMillis = isWhole ? plannedEndMillis : calls.monotonicMillis()
  record.passTo(endedMillis)
  if (!isWhole) abandon(endedMillis)
  record.finish(endedMillis)
  return { record, late: schedule.late }
})

/** After a stretch: a server that has hung up has ended, or has done wrong. */
const settleHangUps = Effect.fnUntraced(function* (
  target: Target,
  { log }: RoundOptions
): Effect.fn.Return<void, TargetLost, SystemCalls> {
  if (log.hangUps.length === 0) return
  const reason = yield* awaitEnd(target)
  if (reason === undefined) return log.judgeHangUps()
  log.forgetHangUps()
  return yield* new TargetLost({ target: target.name, reason })
})

/** Before the measured stretch: without clients there is nothing to be measured. */
const requireClients = Effect.fnUntraced(function* (
  target: Target,
  options: RoundOptions,
  { conversations }: Arena
): Effect.fn.Return<void, TargetFailure | TargetLost, SystemCalls> {
  yield* settleHangUps(target, options)
  if (conversations.some((conversation) => !conversation.isOver)) return
  const reason = conversations[0]?.failure ?? "it has no clients"
  return yield* new TargetFailure({ target: target.name, attempt: "go on to the measured part of a round", reason })
})

/** One round of one target: connects, fills the cache, warms up, measures, and checks what is left. */
export const runRound = Effect.fnUntraced(function* (
  target: Target,
  options: RoundOptions
): Effect.fn.Return<Round, TargetFailure | TargetLost, SystemCalls | Scope.Scope> {
  const calls = yield* SystemCalls
  const { workload, log, onProgress } = options
  log.forgetHangUps()
  const residentBytesBefore = resident(target)
  let residentBytesPeak = residentBytesBefore
  const arena = yield* openArena(target, options)
  const { loop } = arena
  const report =
    (stage: Progress["stage"], endMillis: number | undefined) =>
    (record: RoundRecord | undefined, nowMillis: number) => {
      const bytes = resident(target)
      if (bytes !== null) residentBytesPeak = Math.max(residentBytesPeak ?? 0, bytes)
      const leftMillis = endMillis === undefined ? undefined : Math.max(0, endMillis - nowMillis)
      onProgress({ stage, record, nowMillis, leftMillis, errors: log.total + (record?.errors ?? 0) })
    }
  if (workload.cached > 0) {
    loop.begin({ source: new FillSource(workload) })
    const reportFilling = report("filling", undefined)
    yield* runStretch(calls, loop, (nowMillis) => reportFilling(undefined, nowMillis))
  }
  const choices = choicesOf(workload)
  // Of the labels that are asked for: those of connections that are cached apart come behind them.
  const topology = new Topology(workload.endpoints, workload.destinations)
  const sequences = arena.conversations.map(
    ({ number }) => new RequestSequence(choices, topology, workload.seed, number)
  )
  if (options.warmUpMillis > 0) {
    const endMillis = calls.monotonicMillis() + options.warmUpMillis
    loop.begin({ source: new WorkloadSource(sequences, endMillis, Number.POSITIVE_INFINITY) })
    const reportWarmUp = report("warming up", endMillis)
    yield* runStretch(calls, loop, (nowMillis) => reportWarmUp(undefined, nowMillis))
  }
  yield* requireClients(target, options, arena)
  const useBefore = target.pid === undefined ? undefined : readProcessUse(target.pid)
  const ownBefore = readOwnCpuNanos()
  const endMillis = options.roundMillis === undefined ? undefined : calls.monotonicMillis() + options.roundMillis
  const { record, late } = yield* measure(arena, options, sequences, report("measuring", endMillis))
  const useAfter = target.pid === undefined ? undefined : readProcessUse(target.pid)
  const ownAfter = readOwnCpuNanos()
  const clientShare = share(ownBefore, ownAfter, record.seconds)
  yield* settleHangUps(target, options)
  if (options.isChecked) {
    report("checking", undefined)(record, calls.monotonicMillis())
    yield* finalChecks(arena)
    yield* settleHangUps(target, options)
  }
  const { operations, seconds, corrected } = record
  const serverShare = share(useBefore?.cpuNanos, useAfter?.cpuNanos, seconds)
  const operationsPerSecond = operations / seconds
  const rate =
    options.ratePerSecond === undefined ? undefined : { asked: options.ratePerSecond, reached: operationsPerSecond }
  return {
    operations,
    seconds,
    operationsPerSecond,
    errors: record.errors,
    late,
    neverBegun: record.neverBegun,
    stuck: record.stuck,
    beyondScale: record.beyondScale,
    operationsByKind: record.operationsByKind,
    serviceTime: record.service.toHistogram(),
    correctedLatency: corrected?.toHistogram() ?? null,
    series: record.series,
    server: {
      ...serverUse(useBefore, useAfter, operations),
      residentBytesBefore,
      residentBytesPeak,
      residentBytesAfter: resident(target)
    },
    client: {
      cpuShare: clientShare ?? null,
      // In an open loop it waits awake.
      cpuNanosPerOperation:
        rate !== undefined || ownBefore === undefined || ownAfter === undefined || operations === 0
          ? null
          : (ownAfter - ownBefore) / operations
    },
    limitedBy: findLimit(clientShare, serverShare, rate)
  }
}, Effect.scoped)
