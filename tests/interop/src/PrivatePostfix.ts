/**
 * A whole Postfix in a temporary directory, which delivers real mail and leaves nothing behind.
 *
 * @category postfix
 */
import { chownSync, copyFileSync, existsSync, linkSync, mkdirSync, readdirSync, readFileSync } from "node:fs"
import { basename, join } from "node:path"
import type { SystemCalls } from "@scached/fdpass"
import { Effect, type Scope } from "effect"
import * as ConfigurationFile from "./ConfigurationFile.ts"
import { LabFailure, labFailure } from "./LabFailure.ts"
import * as LabProcess from "./LabProcess.ts"
import * as LoopbackAddress from "./LoopbackAddress.ts"
import * as MailLog from "./MailLog.ts"
import { mainSettings, masterLines, type PostfixPlan, stockMasterLines } from "./PostfixConfiguration.ts"
import { PostfixTools } from "./PostfixTools.ts"
import * as TempDirectory from "./TempDirectory.ts"

/**
 * Which connection cache a private Postfix uses: its own scache(8), a service of some other name that `serve` provides at a socket
 * path before Postfix starts, or another program that master(8) runs in scache's place.
 *
 * @category postfix
 */
export type PostfixCache<R = never> =
  | "scache"
  | {
      readonly serviceName: string
      readonly serve: (socketPath: string) => Effect.Effect<unknown, LabFailure, R>
    }
  | { readonly executable: string; readonly commandArguments: string; readonly isChrooted?: boolean }

/**
 * How a private Postfix is set up.
 *
 * @category postfix
 */
export interface PostfixOptions<R = never> {
  readonly cache: PostfixCache<R>
  /** Settings of main.cf that are added, or replace the laboratory's. */
  readonly settings?: Readonly<Record<string, string>>
  /** Whether its daemon_directory is its own, so that programs can be installed there. */
  readonly hasOwnDaemons?: boolean
  /** Whether its master.cf is the one that the package installs, and not the laboratory's, but for the address that it listens on. */
  readonly hasStockMaster?: boolean
  /** Whether it runs in the foreground, as in a container, and logs to its standard output. */
  readonly isInForeground?: boolean
  /** Its loopback address; one that nobody else uses if not given. */
  readonly address?: string
}

/**
 * A running private Postfix.
 *
 * @category postfix
 */
export interface PrivatePostfix {
  /** The directory with everything in it: `conf`, `q` (the queue), `data`, `mail.log`. */
  readonly directory: string
  /** Where it accepts mail, and where it expects the destination of all mail. */
  readonly address: string
  /** What its log says so far. */
  readonly readLog: () => ReadonlyArray<MailLog.LogEntry>
  /** Waits until so many mails were sent; fails when that takes longer, with the problems that the log tells of. */
  readonly waitForSent: (count: number, timeoutMillis: number) => Effect.Effect<MailLog.DeliverySummary, LabFailure>
  /** Has every daemon replaced by a new one. */
  readonly reload: Effect.Effect<void, LabFailure>
  /** Reloads, and waits until the cache that leaves has logged its statistics; when Postfix stops it leaves without a word. */
  readonly awaitStatistics: Effect.Effect<void, LabFailure>
  /** Stops it before the scope does, so that the log can be read to its end. */
  readonly stop: Effect.Effect<void>
}

/** Only failures take that long. */
const commandMillisMax = 120_000
const statisticsMillisMax = 60_000
const foregroundSettings = { maillog_file: "/dev/stdout", maillog_file_prefixes: "/dev/stdout" }
const pollMillis = 20

/**
 * Starts a private Postfix. When the scope closes it is stopped, its leftover processes are killed and its directory is removed.
 *
 * @category postfix
 */
export const start = Effect.fnUntraced(function* <R = never>(
  options: PostfixOptions<R>
): Effect.fn.Return<PrivatePostfix, LabFailure, PostfixTools | SystemCalls | Scope.Scope | R> {
  const { paths } = yield* PostfixTools
  const { cache } = options
  const directory = yield* TempDirectory.make
  const address = options.address ?? (yield* LoopbackAddress.next)
  const replaced = typeof cache === "object" && "executable" in cache ? cache : undefined
  const plan: PostfixPlan = {
    paths,
    directory,
    address,
    daemonDirectory:
      replaced === undefined && options.hasOwnDaemons !== true ? paths.daemonDirectory : join(directory, "daemons"),
    cacheCommand: replaced === undefined ? "scache" : `${basename(replaced.executable)} ${replaced.commandArguments}`,
    isCacheChrooted: replaced?.isChrooted ?? false,
    cacheServiceName: typeof cache === "object" && "serviceName" in cache ? cache.serviceName : "scache",
    settings: { ...(options.isInForeground === true ? foregroundSettings : {}), ...options.settings }
  }
  yield* Effect.try({
    try: () => makeDirectories(plan, replaced?.executable, options.hasStockMaster ?? false),
    catch: labFailure("make Postfix's directories")
  })
  if (typeof cache === "object" && "serve" in cache) {
    yield* cache.serve(join(directory, "q/private", cache.serviceName))
    yield* Effect.try({
      try: () => giveToPostfix(join(directory, "q/private")),
      catch: labFailure("give sockets away")
    })
  }

  const configuration = join(directory, "conf")
  const logPath = join(directory, "mail.log")
  let output: (() => string) | undefined
  const logText = () => output?.() ?? readTextOf(logPath)
  const readLog = () => MailLog.parse(logText())
  const control = (verb: "start" | "reload") =>
    LabProcess.run([paths.postfix, "-c", configuration, verb], { timeoutMillis: commandMillisMax })
  const calls = yield* Effect.context<SystemCalls>()
  let running = true
  const stop = Effect.suspend(() => {
    if (!running) return Effect.void
    running = false
    return Effect.andThen(endMaster(directory, configuration), killLeftovers(configuration))
  }).pipe(Effect.provideContext(calls))
  const startInForeground = Effect.gen(function* () {
    const master = yield* LabProcess.start([paths.postfix, "-c", configuration, "start-fg"])
    output = master.output
    yield* master.waitForOutput("daemon started", commandMillisMax)
  })
  // What goes wrong at the start is said in the log, which is gone with the directory.
  const started = Effect.mapError(
    options.isInForeground === true ? startInForeground : Effect.asVoid(control("start")),
    ({ attempt, found }) => new LabFailure({ attempt, found: `${found}\n${logText()}` })
  )
  yield* Effect.acquireRelease(
    Effect.onError(started, () => stop),
    () => stop
  )
  const reload = Effect.provideContext(Effect.asVoid(control("reload")), calls)
  const awaitStatistics = Effect.andThen(reload, waitForStatistics(readLog))
  return { directory, address, readLog, waitForSent: waitForSent(readLog), reload, awaitStatistics, stop }
})

const readTextOf = (path: string): string => (existsSync(path) ? readFileSync(path, "latin1") : "")

const makeDirectories = (plan: PostfixPlan, executable: string | undefined, hasStockMaster: boolean): void => {
  const postfix = ownerOfPostfix()
  for (const name of ["conf", "q", "q/private", "data"]) mkdirSync(join(plan.directory, name))
  for (const name of ["q/private", "data"]) chownSync(join(plan.directory, name), postfix.uid, 0)
  ConfigurationFile.write(join(plan.directory, "conf/main.cf"), ConfigurationFile.settings(mainSettings(plan)))
  const lines = hasStockMaster ? stockMasterLines(plan) : masterLines(plan)
  ConfigurationFile.write(join(plan.directory, "conf/master.cf"), lines)
  if (plan.daemonDirectory === plan.paths.daemonDirectory) return
  mkdirSync(plan.daemonDirectory)
  const programs = readdirSync(plan.paths.daemonDirectory).map((name) => join(plan.paths.daemonDirectory, name))
  if (executable !== undefined) programs.push(executable)
  for (const program of programs) linkOrCopy(program, join(plan.daemonDirectory, basename(program)))
}

/** A cache runs as root here, and not as mail_owner as it should: `postfix start` warns of what such a one makes in this directory. */
const giveToPostfix = (directory: string): void => {
  const { uid } = ownerOfPostfix()
  for (const name of readdirSync(directory)) chownSync(join(directory, name), uid, 0)
}

/** Not a symbolic link: `postfix start` warns of each that leaves the directory. */
const linkOrCopy = (program: string, path: string): void => {
  try {
    linkSync(program, path)
  } catch {
    copyFileSync(program, path)
  }
}

/** The user that Postfix runs as here. */
export const ownerOfPostfix = (): { readonly uid: number } => {
  const line = readFileSync("/etc/passwd", "latin1").match(/^postfix:[^:]*:(\d+):/m)
  if (line === null) throw new Error("there is no user postfix in /etc/passwd")
  return { uid: Number(line[1]) }
}

/** Enough to see what each process did last, where mail stands still. */
const lastEntriesMax = 60

const waitForSent = (readLog: PrivatePostfix["readLog"]) =>
  Effect.fnUntraced(function* (count: number, timeoutMillis: number) {
    const attempt = `see ${count} mails sent`
    const waiting = Effect.gen(function* () {
      for (;;) {
        const summary = MailLog.summarize(readLog())
        if (summary.sent >= count) return summary
        if (summary.broken.length > 0) return yield* new LabFailure({ attempt, found: summary.broken.join("\n") })
        yield* Effect.sleep(pollMillis)
      }
    })
    return yield* Effect.timeoutOrElse(waiting, {
      duration: timeoutMillis,
      orElse: () => {
        const summary = MailLog.summarize(readLog())
        const last = readLog().slice(-lastEntriesMax).map(MailLog.describe)
        const counts = `${summary.sent} in ${timeoutMillis} ms, ${summary.unsent} deferred or bounced`
        const found = [counts, ...summary.problems, "the end of the mail log:", ...last].join("\n")
        return Effect.fail(new LabFailure({ attempt, found }))
      }
    })
  })

const waitForStatistics = (readLog: PrivatePostfix["readLog"]): Effect.Effect<void, LabFailure> => {
  const logged = Effect.gen(function* () {
    while (!MailLog.statistics(readLog()).some((interval) => interval.connectionsMax > 0))
      yield* Effect.sleep(pollMillis)
  })
  return Effect.timeoutOrElse(logged, {
    duration: statisticsMillisMax,
    orElse: () =>
      Effect.fail(
        new LabFailure({
          attempt: "see the cache's statistics",
          found: `none in ${statisticsMillisMax} ms after a reload`
        })
      )
  })
}

/** Every daemon of ours carries the configuration directory in its environment, and nobody else does. */
const leftovers = (configuration: string): ReadonlyArray<number> =>
  readdirSync("/proc")
    .filter((name) => /^\d+$/.test(name))
    .map(Number)
    .filter((pid) => {
      try {
        const environment = readFileSync(`/proc/${pid}/environ`, "latin1").split("\0")
        return pid !== process.pid && environment.includes(`MAIL_CONFIG=${configuration}`)
      } catch {
        return false
      }
    })

/** What `postfix stop` does, without its pauses of a second between two looks whether master(8) has ended. */
const endMaster = Effect.fnUntraced(function* (directory: string, configuration: string) {
  const [, word] = /^\s*(\d+)/.exec(readTextOf(join(directory, "q/pid/master.pid"))) ?? []
  const master = Number(word)
  // The file stays where it has ended before, and its number may be another program's by now.
  if (!leftovers(configuration).includes(master)) return
  yield* Effect.ignore(Effect.try(() => process.kill(master, "SIGTERM")))
  for (let waited = 0; waited < commandMillisMax && existsSync(`/proc/${master}`); waited += pollMillis) {
    yield* Effect.sleep(pollMillis)
  }
})

/** After that most daemons are gone at once; they get a moment, so that their last words reach the log. */
const killLeftovers = Effect.fnUntraced(function* (configuration: string) {
  for (let round = 0; round < 100; round += 1) {
    if (leftovers(configuration).length === 0) return
    yield* Effect.sleep(pollMillis)
  }
  for (const pid of leftovers(configuration)) {
    try {
      process.kill(pid, "SIGKILL")
    } catch {
      // Gone meanwhile.
    }
  }
})
