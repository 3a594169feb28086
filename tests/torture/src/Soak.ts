/** A private Postfix that keeps delivering through scached while everything around is disturbed: is any mail lost, or comes twice? */
import { existsSync, readFileSync } from "node:fs"
import { join } from "node:path"
import type { SystemCalls } from "@scached/fdpass"
import {
  type LabFailure,
  LabProcess,
  LoopbackAddress,
  MailLoad,
  MailLog,
  type PostfixTools,
  PrivatePostfix,
  TempDirectory
} from "@scached/interop"
import { Clock, Effect, Fiber, type Scope } from "effect"
import * as ClientProcesses from "./ClientProcesses.ts"
import * as Daemon from "./Daemon.ts"
import { countDeliveryProcesses } from "./DeliveryProcesses.ts"
import * as DescriptorAudit from "./DescriptorAudit.ts"
import { DescriptorWatch } from "./DescriptorWatch.ts"
import { queuedMails } from "./queuedMails.ts"
import { Random } from "./Random.ts"
import { Restartable } from "./Restartable.ts"
import { type FaultKind, visitRudely } from "./SoakFaults.ts"
import type { Sample, SoakReport } from "./SoakReport.ts"
import { systemCalls } from "./Visitor.ts"

/** What a soak is told. */
export interface SoakOptions {
  readonly seconds: number
  readonly seed: number
  readonly program?: string | undefined
  /** Hears of each sample when it is taken. */
  readonly onSample?: (sample: Sample) => void
}

const sinkProgram = join(import.meta.dir, "programs/sink.ts")
const startMillisMax = 60_000
const mailsPerLoad = 25
/**
 * How long nothing may change in the queues before what is there is called stuck: longer than Postfix's own longest pauses, 300 seconds
 * between two wake-ups of its queue manager and for most answers of a destination. What is in a queue is not lost.
 */
const mailStandstillSecondsMax = 330
/** The same of descriptors. Only a failure takes that long. */
const descriptorStandstillSecondsMax = 90
/** A standstill that is worth a word. */
const standstillSecondsTold = 30
const rudeEveryMillis = 40
/** One that is to be killed and one rude one, besides Postfix's. */
const clientsBesides = 2
/** The part of the time in which scached is killed and restarted; the last one lives through the rest, so that it would show if it grew. */
const restartedShare = 0.4
/** Less than what is open: everything new is refused until so many have been closed. */
const descriptorsMissing = 4

const nothing = { total: 0, clients: 0, cached: 0, lasting: 0 }

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

/** The exit code of scached when it is still there to get the signal. */
const endsWith = { SIGKILL: 137, SIGTERM: 0 } as const

/** As root, which it runs as here, it serves nobody else unless told: Postfix's delivery processes are user postfix. */
const parameters = { connection_cache_ttl_limit: "2s", scached_allow_users: "postfix" }

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
  const wrongEnds: Array<string> = []
  const restartScached = (signal: "SIGKILL" | "SIGTERM") =>
    Effect.gen(function* () {
      const running = scached.current
      if (running === undefined) return
      // It may be gone already: its exit code tells.
      yield* Effect.ignore(Effect.try(() => process.kill(running.pid, signal)))
      const code = yield* running.exitCode
      if (code !== endsWith[signal]) wrongEnds.push(`scached ended with ${code} at ${signal}: ${running.output()}`)
      said += running.output()
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

  const watches = new Map<number, DescriptorWatch>()
  const configuration = join(postfix.directory, "conf")
  const surroundings = { socketPath, destination: { address, port: LoopbackAddress.labPorts.sink } }
  const audit = (pid: number, second: number) => {
    const watch = watches.get(pid) ?? new DescriptorWatch()
    watches.set(pid, watch)
    const open = DescriptorAudit.classify(DescriptorAudit.look(pid), surroundings)
    return watch.take(open, second, countDeliveryProcesses(configuration) + clientsBesides)
  }
  const sample = Effect.gen(function* () {
    const pid = scached.current?.pid
    const second = Math.round(yield* secondsGone)
    const { total, clients, cached, lasting } = pid === undefined ? nothing : audit(pid, second)
    const taken = {
      second,
      delivered: new Set(arrivals(file).ids).size,
      pid: pid ?? 0,
      descriptors: total,
      clients,
      cached,
      lasting,
      residentKib: Daemon.residentKib(pid ?? 0)
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
  const restartSink = Effect.gen(function* () {
    yield* sink.down
    yield* sink.up
    count("destination stopped and started")
  })
  const restart = (signal: "SIGKILL" | "SIGTERM", kind: FaultKind) =>
    Effect.gen(function* () {
      yield* restartScached(signal)
      count(kind)
    })
  const disturbances = [
    restart("SIGKILL", "scached killed (SIGKILL)"),
    starve,
    restart("SIGTERM", "scached ended (SIGTERM)"),
    restartSink
  ]
  const isRestarted = Effect.map(secondsGone, (gone) => gone < options.seconds * restartedShare)
  let turn = 0
  const disturb = Effect.gen(function* () {
    yield* Effect.sleep(1_000 + random.below(1_500))
    const rest = [starve, restartSink]
    const among = (yield* isRestarted) ? disturbances : rest
    yield* among[turn++ % among.length] ?? Effect.void
  })
  yield* Effect.scoped(
    Effect.gen(function* () {
      const killed = yield* ClientProcesses.start(socketPath, options.seed)
      const fibers = [yield* during(load), yield* during(rude), yield* during(disturb)]
      const sampling = yield* during(Effect.andThen(sample, Effect.sleep(1_000)))
      for (const fiber of [...fibers, sampling]) yield* Fiber.join(fiber)
      for (const [stage, times] of killed()) faults.set(stage, times)
    })
  )

  /** Waits until nothing is left of `rest`; gives up when it stays the same for too long. */
  const settle = (rest: () => number, standstillSecondsMax: number, tell = (): string => "") =>
    Effect.gen(function* () {
      let [last, tries] = [rest(), 0]
      while (last > 0 && tries < standstillSecondsMax * 5) {
        yield* Effect.sleep(200)
        const now = rest()
        tries = now === last ? tries + 1 : 0
        if (tries === standstillSecondsTold * 5) console.log(`nothing moves for ${standstillSecondsTold} s: ${tell()}`)
        last = now
      }
    })
  // A mail that is in no queue and not at its destination is lost, however long one waits.
  const queue = join(postfix.directory, "q")
  const describe = (ids: ReadonlyArray<string>): ReadonlyArray<string> => {
    const log = postfix.readLog()
    return ids.map((id) => [id, ...log.filter(({ text }) => text.startsWith(id)).map(({ text }) => text)].join("; "))
  }
  yield* settle(
    () => queuedMails(queue).length,
    mailStandstillSecondsMax,
    () => [...describe(queuedMails(queue)), ...MailLog.summarize(postfix.readLog()).problems.slice(-20)].join("\n")
  )
  const queued = queuedMails(queue)
  // Delivery processes keep their connection to the cache for as long as they live.
  yield* postfix.stop
  const pid = scached.current?.pid ?? 0
  const descriptorsBefore = watches.get(pid)?.ownMax ?? 0
  yield* settle(() => Math.abs(Daemon.openDescriptors(pid) - descriptorsBefore), descriptorStandstillSecondsMax)
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
  // A mail whose first copy has arrived may be tried again; it is not missing.
  const stuck = queued.filter((id) => !seen.has(id))
  return {
    accepted,
    delivered: seen.size,
    lost: accepted - seen.size - stuck.length,
    stuck: describe(stuck),
    explainedCopies: sum(true),
    unexplainedCopies: sum(false),
    reused: log.filter(({ text }) => / conn_use=\d+,.* status=sent /.test(text)).length,
    faults,
    samples,
    descriptorsBefore,
    descriptorsAfter,
    open,
    unexplained: [...watches.values()].flatMap(({ complaints }) => complaints),
    residentKibMax: Math.max(...samples.map(({ residentKib }) => residentKib)),
    descriptorWants: said.split("\n").filter((line) => /want of descriptors|RLIMIT_NOFILE/.test(line)).length,
    wrongEnds,
    internalErrors: said.split("\n").filter((line) => line.includes("internal error"))
  }
})
