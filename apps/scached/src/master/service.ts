/**
 * scached as master(8) runs it: a Postfix daemon from its first option to its last line in the log.
 */
import { ProcessCalls } from "@scached/daemon"
import { type SystemCallError, SystemCalls } from "@scached/fdpass"
import { LogLine, MasterChannel, type ServiceMode, StatusMessage } from "@scached/postfix"
import { Reactor, type Reactors, Watchdog } from "@scached/reactor"
import { Cause, Effect, Exit, type Scope } from "effect"
import { version } from "../../package.json" with { type: "json" }
import * as CacheServer from "../cache/CacheServer.ts"
import * as RunLines from "../cache/RunLines.ts"
import * as StatisticsReport from "../cache/StatisticsReport.ts"
import { Journal } from "../log/Journal.ts"
import * as SyslogLog from "../log/SyslogLog.ts"
import { ProcessSignals } from "../process/ProcessSignals.ts"
import * as StartUp from "../process/StartUp.ts"
import * as Allowed from "../settings/Allowed.ts"
import type { CacheSettings } from "../settings/CacheSettings.ts"
import { cacheSettingsOf, remarksOn } from "../settings/cacheSettingsOf.ts"
import * as DescriptorBudget from "../settings/DescriptorBudget.ts"
import { settingTexts } from "../settings/settingTexts.ts"
import * as Confinement from "./Confinement.ts"
import * as PassedClients from "./PassedClients.ts"
import { ServiceFailure } from "./ServiceFailure.ts"
import * as ServiceSettings from "./ServiceSettings.ts"

/** As in Postfix, between the last words of a service that cannot run and its end: master(8) must not start it in a loop. */
const pauseMillis = 1_000

type Requirements = Reactors.Services | ProcessCalls

/** Runs a service to its end and returns the exit code of the process. */
export const run = (
  invocation: ServiceSettings.Invocation,
  signals: ProcessSignals = new ProcessSignals()
): Effect.Effect<number, never, Requirements> =>
  Effect.scoped(
    Effect.gen(function* () {
      const process = yield* ProcessCalls
      process.resetSignals()
      const settings = yield* Effect.result(prepare(invocation))
      if (settings._tag === "Failure") {
        const early = yield* openEarlyLog(invocation)
        return yield* giveUp(early, settings.failure)
      }
      const log = yield* openLog(settings.success, process.pid, maySomebodyLook(invocation, process))
      const exit = yield* Effect.exit(serve(settings.success, log, signals))
      if (Exit.isSuccess(exit)) return 0
      if (Cause.hasInterruptsOnly(exit.cause)) return yield* Effect.interrupt
      return yield* giveUp(log, Cause.squash(exit.cause))
    })
  )

/** An operator who has set debugger_command waits for its debugger. */
const debuggerRemark =
  "option -D: debugger_command was not run, nothing is executed here: use -v, or attach a debugger to this process"

/** Everything that the log needs: the settings, and the directory from which postlogd's socket is found. */
const prepare = Effect.fnUntraced(function* (invocation: ServiceSettings.Invocation) {
  const { isDebugging, isStream } = yield* ServiceSettings.readOptions(invocation)
  const process = yield* ProcessCalls
  if (process.isTerminal(0) && !isDebugging && !isStream) {
    return yield* new ServiceFailure({
      message: "do not run this command by hand: master(8) starts it; for a cache of your own there is scached serve"
    })
  }
  const settings = yield* ServiceSettings.read(invocation)
  yield* Confinement.enter(settings.values.queueDirectory)
  return settings
})

const giveUp = Effect.fnUntraced(function* (log: SyslogLog.SyslogLog["Service"], error: unknown) {
  if (error instanceof ServiceFailure) for (const other of error.others ?? []) log.write("error", other)
  log.write("fatal", error instanceof Error ? error.message : String(error))
  yield* Effect.sleep(pauseMillis)
  return 1
})

/** At a terminal, or if master(8) did not start it: an operator would not look at the log there. */
const maySomebodyLook = (
  { environment }: ServiceSettings.Invocation,
  process: Pick<ProcessCalls["Service"], "isTerminal">
): boolean => environment["GENERATION"] === undefined || process.isTerminal(0) || process.isTerminal(2)

const openLog = (
  { values, options, environment }: ServiceSettings.ServiceSettings,
  processId: number,
  isWatched: boolean
) => {
  const { postlogService } = environment
  return SyslogLog.open({
    tag: LogLine.programTag(values.syslogName, values.processName),
    processId,
    hostname: values.hostname,
    facility: values.syslogFacility,
    isUtf8: values.isUtf8Logged,
    postlogPath:
      postlogService === undefined ? undefined : SyslogLog.postlogPathWithin(values.queueDirectory, postlogService),
    onStandardError: options.isLoggedToStandardError ? "everything" : isWatched ? "fatal" : "nothing"
  })
}

/** The log of a service that does not know its configuration: what the environment says must do. */
const openEarlyLog = (invocation: ServiceSettings.Invocation) =>
  Effect.flatMap(ProcessCalls, (process) => {
    const { words, environment, processName } = invocation
    // The options themselves may be wrong: an operator who wrote a V among them wants to see it.
    const isWatched = maySomebodyLook(invocation, process) || words.some((word) => /^-[a-zA-Z]*V/.test(word))
    return SyslogLog.open({
      tag: LogLine.programTag(environment["MAIL_LOGTAG"] || "postfix", processName),
      processId: process.pid,
      hostname: environment["POSTLOG_HOSTNAME"],
      facility: "mail",
      isUtf8: true,
      postlogPath: environment["POSTLOG_SERVICE"] || undefined,
      onStandardError: isWatched ? "fatal" : "nothing"
    })
  })

const serve = Effect.fnUntraced(function* (
  settings: ServiceSettings.ServiceSettings,
  log: SyslogLog.SyslogLog["Service"],
  signals: ProcessSignals
) {
  const { options, environment } = settings
  const isVerbose = options.verbosity > 0 || environment.isVerbose
  // Log what a handler of the loop throws: nothing else would log it here.
  const loop = yield* Reactor
  loop.onDefect = (defect) => log.write("error", `internal error: ${defect instanceof Error ? defect.stack : defect}`)
  for (const remark of settings.remarks) log.write("warning", remark)
  if (options.isDebuggerStarted) log.write("warning", debuggerRemark)
  yield* Effect.scoped(work(settings, signals)).pipe(Effect.provide(SyslogLog.journal(log, isVerbose)))
})

type Work = Effect.fn.Return<
  void,
  ServiceFailure | SystemCallError | MasterChannel.NotFromMaster,
  Requirements | Journal | Scope.Scope
>

const work = (settings: ServiceSettings.ServiceSettings, signals: ProcessSignals) =>
  settings.mode._tag === "Stream" ? serveStream(settings, signals) : serveMaster(settings, settings.mode, signals)

/** Settles into the process: what it may open, its root, its user, no privilege. With that, the settings of the cache. */
const settle = Effect.fnUntraced(function* ({
  allowed,
  farewells,
  mode,
  options,
  owner,
  values
}: ServiceSettings.ServiceSettings): Effect.fn.Return<CacheSettings, ServiceFailure, Requirements | Journal> {
  const journal = yield* Journal
  const budget = yield* DescriptorBudget.raise
  const remarks = yield* Confinement.confine({
    rootDirectory: options.isChroot ? values.queueDirectory : undefined,
    owner: options.isUnprivileged ? owner : undefined
  })
  // Under a distribution's unit they are the same at every start, and nothing is wrong.
  if (journal.isVerbose) for (const remark of remarks) journal.verbose(remark)
  // The client of a stream was passed by the program that started this process; for a client over the network the kernel knows no user.
  const isKnown = mode._tag === "Listen" && mode.transport !== "inet"
  const access = isKnown ? yield* Allowed.access(allowed) : undefined
  const settings = cacheSettingsOf(values, budget, access, yield* Allowed.insiders(allowed), farewells)
  const wrong = [...remarksOn(settings, budget), ...(isKnown ? yield* Allowed.remarksOn(allowed) : [])]
  for (const remark of wrong) journal.warning(remark)
  // The one client of a stream may take its time.
  return mode._tag === "Stream" ? { ...settings, idleSecondsMax: 0 } : settings
})

/** What those hear of the program who look into the cache. */
const factsOf = ({ values }: ServiceSettings.ServiceSettings, mode: "master" | "stream") =>
  Effect.map(ProcessCalls, ({ pid }) => ({
    version,
    mode,
    processId: pid,
    settings: () => settingTexts(ServiceSettings.table, values)
  }))

/** Serves the sockets that master(8) listens on, until no client has connected for max_idle, or master(8) ends it. */
const serveMaster = Effect.fnUntraced(function* (
  settings: ServiceSettings.ServiceSettings,
  mode: Extract<ServiceMode.ServiceMode, { readonly _tag: "Listen" }>,
  signals: ProcessSignals
): Work {
  const { values, environment } = settings
  const process = yield* ProcessCalls
  const master = yield* MasterChannel.open()
  const listeners = yield* MasterChannel.listeners(mode.socketCount)
  yield* StartUp.settleLater
  const cacheSettings = yield* settle(settings)
  yield* Watchdog.start(values.watchdogSeconds * 1000)
  const runLines = yield* RunLines.open(signals, { current: cacheSettings })
  const isPassed = mode.transport === "pass"
  const server = yield* CacheServer.make(isPassed ? [] : listeners, cacheSettings, yield* factsOf(settings, "master"))
  if (isPassed) yield* PassedClients.open(listeners, server)
  yield* StatisticsReport.start(server, values.statisticsSeconds)
  const tellMaster = (isAvailable: boolean) =>
    master.tell(StatusMessage.encode({ processId: process.pid, generation: environment.generation, isAvailable }))
  // Once, and not with every request: with a process limit of 1 master needs it only to know that this process was of use, and
  // so to start the next one at once should this one ever crash.
  yield* Effect.forkScoped(
    Effect.andThen(
      server.used,
      Effect.sync(() => tellMaster(false) && tellMaster(true))
    )
  )
  runLines.started(server)
  yield* Effect.raceFirst(
    Effect.tap(server.idle, () => Effect.sync(() => runLines.endsBy("max_idle"))),
    Effect.tap(master.gone, () => Effect.sync(() => runLines.endsBy("the end of master(8)")))
  )
})

/** Serves one client on standard input (`-S`), until it leaves. */
const serveStream = Effect.fnUntraced(function* (
  settings: ServiceSettings.ServiceSettings,
  signals: ProcessSignals
): Work {
  const calls = yield* SystemCalls
  const process = yield* ProcessCalls
  const found = process.inspect(0)
  if (found !== "stream") {
    const what = typeof found === "string" ? found : "closed"
    return yield* new ServiceFailure({
      message: `-S needs a connected UNIX socket as standard input, on which descriptors can come; it is ${what}`
    })
  }
  const cacheSettings = yield* settle(settings)
  yield* Watchdog.start(settings.values.watchdogSeconds * 1000)
  const runLines = yield* RunLines.open(signals, { current: cacheSettings })
  const server = yield* CacheServer.make([], cacheSettings, yield* factsOf(settings, "stream"))
  yield* StatisticsReport.start(server, settings.values.statisticsSeconds)
  const client = calls.adopt(0)
  process.setNonBlocking(client)
  runLines.started(server)
  server.admit(client)
  yield* server.vacated
  runLines.endsBy("the end of its client")
})
