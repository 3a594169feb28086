/** A private Postfix that keeps delivering through scached while everything around is disturbed: is any mail lost, or comes twice? */
import { existsSync, readFileSync } from "node:fs"
import { join } from "node:path"
import type { SystemCalls } from "@scached/fdpass"
import {
  type LabFailure,
  LabProcess,
  LoopbackAddress,
  MailLoad,
  type PostfixTools,
  PrivatePostfix,
  TempDirectory
} from "@scached/interop"
import { Clock, Effect, Exit, Fiber, Scope } from "effect"
import * as Daemon from "./Daemon.ts"
import { Random } from "./Random.ts"
import { type FaultKind, visitRudely } from "./SoakFaults.ts"
import { systemCalls } from "./Visitor.ts"

/** What a soak is told. */
export interface SoakOptions {
  readonly seconds: number
  readonly seed: number
  readonly program?: string | undefined
  /** Hears of each sample when it is taken. */
  readonly onSample?: (sample: Sample) => void
}

/** How things stood at a moment. */
export interface Sample {
  readonly second: number
  readonly delivered: number
  readonly descriptors: number
  readonly residentKib: number
}

/** What came of it. */
export interface SoakReport {
  readonly accepted: number
  /** Mails of which the destination has at least one copy. */
  readonly delivered: number
  readonly lost: number
  /** Copies too many where the destination was stopped right behind its reply, which SMTP cannot tell from no reply. */
  readonly explainedCopies: number
  /** Copies too many for no such reason. */
  readonly unexplainedCopies: number
  /** Deliveries over a connection that was used before. */
  readonly reused: number
  readonly faults: ReadonlyMap<FaultKind, number>
  readonly samples: ReadonlyArray<Sample>
  /** Descriptors of the last scached before any client came, and at rest after the last one left. */
  readonly descriptorsBefore: number
  readonly descriptorsAfter: number
  /** What those after are, where they are not as many as before. */
  readonly open: string
  readonly residentKibMax: number
  /** How often scached said that it had no descriptors left: 0 would mean that the fault never took place. */
  readonly descriptorWants: number
  /** What scached said about errors inside itself; nothing is expected. */
  readonly internalErrors: ReadonlyArray<string>
}

const sinkProgram = join(import.meta.dir, "programs/sink.ts")
const startMillisMax = 10_000
const mailsPerLoad = 25
const settleSecondsMax = 30
const rudeEveryMillis = 40
/** Less than what is open: everything new is refused until so many have been closed. */
const descriptorsMissing = 4

const settings = {
  smtp_connection_cache_destinations: "static:all",
  connection_cache_ttl_limit: "2s",
  enable_long_queue_ids: "yes",
  minimal_backoff_time: "1s",
  maximal_backoff_time: "2s",
  queue_run_delay: "1s",
  transport_retry_time: "1s",
  smtp_destination_concurrency_failed_cohort_limit: "0",
  // A delivery process that has given up caching does so for its whole life: let that be short.
  max_use: "20",
  ipc_idle: "1s"
}

/** As root, which it runs as here, it serves nobody else unless told: Postfix's delivery processes are user postfix. */
const parameters = { connection_cache_ttl_limit: "2s", scached_allow_users: "postfix" }

/** A program that can be ended and started anew. */
class Restartable<A extends { readonly pid: number }, R> {
  current: A | undefined
  #scope: Scope.Closeable | undefined
  readonly #start: Effect.Effect<A, LabFailure.LabFailure, R | Scope.Scope>

  constructor(start: Effect.Effect<A, LabFailure.LabFailure, R | Scope.Scope>) {
    this.#start = start
  }

  get up(): Effect.Effect<A, LabFailure.LabFailure, R> {
    return Effect.gen({ self: this }, function* () {
      const scope = yield* Scope.make()
      this.#scope = scope
      const running = yield* Scope.provide(this.#start, scope)
      this.current = running
      return running
    })
  }

  get down(): Effect.Effect<void> {
    return Effect.suspend(() => {
      const scope = this.#scope
      this.#scope = undefined
      this.current = undefined
      return scope === undefined ? Effect.void : Scope.close(scope, Exit.void)
    })
  }
}

/** Identifiers in the order of arrival, and those whose reply may not have been read. */
const arrivals = (file: string): { readonly ids: ReadonlyArray<string>; readonly doubtful: ReadonlySet<string> } => {
  const lines = existsSync(file) ? readFileSync(file, "latin1").split("\n").slice(0, -1) : []
  const doubtful = lines.filter((line) => line.endsWith(" ?")).map((line) => line.slice(0, -2))
  return { ids: lines.filter((line) => !line.endsWith(" ?")), doubtful: new Set(doubtful) }
}

const setDescriptorsMax = (pid: number, count: number): void => {
  Bun.spawnSync(["prlimit", "--pid", String(pid), `--nofile=${count}:`])
}

/** Disturbs, delivers and counts for so many seconds; then lets everything come to rest. */
export const run = Effect.fnUntraced(function* (
  options: SoakOptions
): Effect.fn.Return<SoakReport, LabFailure.LabFailure, PostfixTools.PostfixTools | SystemCalls | Scope.Scope> {
  const calls = yield* systemCalls
  const random = new Random(options.seed)
  const address = yield* LoopbackAddress.next
  const file = join(yield* TempDirectory.make, "arrived")
  const sink = new Restartable(
    Effect.gen(function* () {
      const port = String(LoopbackAddress.labPorts.sink)
      const running = yield* LabProcess.start([process.execPath, sinkProgram, address, port, file])
      yield* running.waitForOutput("sink is ready", startMillisMax)
      return running
    })
  )
  let socketPath = ""
  let said = ""
  const scached = new Restartable(
    Effect.suspend(() => Daemon.start({ program: options.program, socketPath, parameters }))
  )
  const restartScached = (signal: "SIGKILL" | "SIGTERM") =>
    Effect.gen(function* () {
      said += scached.current?.output() ?? ""
      if (signal === "SIGKILL" && scached.current !== undefined) process.kill(scached.current.pid, signal)
      yield* scached.down
      yield* scached.up
    })
  yield* Effect.addFinalizer(() => Effect.andThen(sink.down, scached.down))
  yield* sink.up
  const serve = (path: string) => {
    socketPath = path
    return scached.up
  }
  const postfix = yield* PrivatePostfix.start({ cache: { serviceName: "scached", serve }, settings, address })

  const faults = new Map<FaultKind, number>()
  const count = (kind: FaultKind | undefined): void => {
    if (kind !== undefined) faults.set(kind, (faults.get(kind) ?? 0) + 1)
  }
  const samples: Array<Sample> = []
  let accepted = 0
  const begin = yield* Clock.currentTimeMillis
  const secondsGone = Effect.map(Clock.currentTimeMillis, (now) => (now - begin) / 1000)
  const lasts = Effect.map(secondsGone, (gone) => gone < options.seconds)
  const during = <E, R>(work: Effect.Effect<void, E, R>) =>
    Effect.forkChild(
      Effect.gen(function* () {
        while (yield* lasts) yield* work
      })
    )

  const sample = Effect.gen(function* () {
    const pid = scached.current?.pid ?? 0
    const taken = {
      second: Math.round(yield* secondsGone),
      delivered: new Set(arrivals(file).ids).size,
      descriptors: Daemon.openDescriptors(pid),
      residentKib: Daemon.residentKib(pid)
    }
    samples.push(taken)
    options.onSample?.(taken)
  })
  const load = Effect.gen(function* () {
    yield* MailLoad.send(postfix.address, { mails: mailsPerLoad, sessions: 4 })
    accepted += mailsPerLoad
    yield* Effect.sleep(200)
  })
  const rude = Effect.gen(function* () {
    for (let left = 3; left > 0; left--) count(visitRudely(calls, socketPath, random))
    yield* Effect.sleep(rudeEveryMillis)
  })
  const starve = Effect.gen(function* () {
    const pid = scached.current?.pid ?? 0
    const before = Daemon.openDescriptors(pid)
    setDescriptorsMax(pid, before - descriptorsMissing)
    yield* Effect.sleep(700)
    setDescriptorsMax(pid, 4_096)
    count("no descriptors left (EMFILE)")
  })
  let turn = 0
  const disturb = Effect.gen(function* () {
    yield* Effect.sleep(1_000 + random.below(1_500))
    switch (turn++ % 4) {
      case 0:
        return yield* starve
      case 1:
        yield* sink.down
        yield* sink.up
        return count("destination stopped and started")
      case 2:
        yield* restartScached("SIGKILL")
        return count("scached killed (SIGKILL)")
      default:
        yield* restartScached("SIGTERM")
        return count("scached ended (SIGTERM)")
    }
  })
  const fibers = [yield* during(load), yield* during(rude), yield* during(disturb)]
  const sampling = yield* during(Effect.andThen(sample, Effect.sleep(1_000)))
  for (const fiber of [...fibers, sampling]) yield* Fiber.join(fiber)

  // The last scached starts afresh, so that what it has open at rest is known.
  yield* restartScached("SIGTERM")
  const pid = scached.current?.pid ?? 0
  const descriptorsBefore = Daemon.openDescriptors(pid)
  yield* MailLoad.send(postfix.address, { mails: mailsPerLoad, sessions: 4 })
  accepted += mailsPerLoad
  for (let index = 0; index < 100; index++) count(visitRudely(calls, socketPath, random))
  const delivered = () => new Set(arrivals(file).ids).size
  const settle = (isSettled: () => boolean) =>
    Effect.gen(function* () {
      for (let tries = settleSecondsMax * 5; tries > 0 && !isSettled(); tries--) yield* Effect.sleep(200)
    })
  yield* settle(() => delivered() >= accepted)
  // Delivery processes keep their connection to the cache for as long as they live.
  yield* postfix.stop
  yield* settle(() => Daemon.openDescriptors(pid) === descriptorsBefore)
  yield* sample
  const descriptorsAfter = Daemon.openDescriptors(pid)
  const open = descriptorsAfter === descriptorsBefore ? "" : Daemon.describeDescriptors(pid)
  said += scached.current?.output() ?? ""

  const { ids, doubtful } = arrivals(file)
  const seen = new Map<string, number>()
  for (const id of ids) seen.set(id, (seen.get(id) ?? 0) + 1)
  const copies = [...seen].map(([id, times]) => ({ isExplained: doubtful.has(id), copies: times - 1 }))
  const sum = (isExplained: boolean) =>
    copies.reduce((total, each) => (each.isExplained === isExplained ? total + each.copies : total), 0)
  const log = postfix.readLog()
  return {
    accepted,
    delivered: seen.size,
    lost: accepted - seen.size,
    explainedCopies: sum(true),
    unexplainedCopies: sum(false),
    reused: log.filter(({ text }) => / conn_use=\d+,.* status=sent /.test(text)).length,
    faults,
    samples,
    descriptorsBefore,
    descriptorsAfter,
    open,
    residentKibMax: Math.max(...samples.map(({ residentKib }) => residentKib)),
    descriptorWants: said.split("\n").filter((line) => /want of descriptors|RLIMIT_NOFILE/.test(line)).length,
    internalErrors: said.split("\n").filter((line) => line.includes("internal error"))
  }
})

/** What did not hold; empty when all did. */
export const failuresOf = (report: SoakReport): ReadonlyArray<string> => [
  ...(report.lost === 0 ? [] : [`${report.lost} mails are lost`]),
  ...(report.unexplainedCopies === 0 ? [] : [`${report.unexplainedCopies} mails came twice`]),
  ...(report.descriptorsAfter === report.descriptorsBefore
    ? []
    : [`${report.descriptorsAfter} descriptors are open at rest, ${report.descriptorsBefore} before: ${report.open}`]),
  ...(report.residentKibMax < 150_000 ? [] : [`scached had ${report.residentKibMax} KiB of memory`]),
  ...(report.descriptorWants > 0 || !report.faults.has("no descriptors left (EMFILE)")
    ? []
    : ["scached never was without descriptors: the fault did not take place"]),
  ...(report.reused > 0 ? [] : ["no connection was used twice: the cache was not at work"]),
  ...report.internalErrors
]
