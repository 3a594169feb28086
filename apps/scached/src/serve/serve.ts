/**
 * `scached serve`: a cache at a path or on the sockets that systemd passes.
 */

import { ProcessCalls } from "@scached/daemon"
import { type Descriptor, type FileIdentity, SystemCalls, UnixSocket } from "@scached/fdpass"
import { Reactor, Watchdog } from "@scached/reactor"
import { Effect, Queue, Scope } from "effect"
import { version } from "../../package.json" with { type: "json" }
import * as CacheServer from "../cache/CacheServer.ts"
import * as RunLines from "../cache/RunLines.ts"
import * as StatisticsReport from "../cache/StatisticsReport.ts"
import { Journal } from "../log/Journal.ts"
import { StandardError } from "../log/StandardError.ts"
import type { ProcessSignals } from "../process/ProcessSignals.ts"
import * as Allowed from "../settings/Allowed.ts"
import { cacheSettingsOf, remarksOn } from "../settings/cacheSettingsOf.ts"
import * as DescriptorBudget from "../settings/DescriptorBudget.ts"
import { settingTexts } from "../settings/settingTexts.ts"
import { explain } from "./listenFailure.ts"
import { reload } from "./Reload.ts"
import { serveParameters } from "./ServeParameters.ts"
import type { ServeSettings, SettingsOrigin } from "./ServeSettings.ts"
import * as SocketFile from "./SocketFile.ts"
import * as SocketPlace from "./SocketPlace.ts"
import * as ListenSockets from "./systemd/ListenSockets.ts"
import * as Notifier from "./systemd/Notifier.ts"
import { UsageError } from "./UsageError.ts"

/** Clients that wait to be accepted; a burst of delivery processes starts at once, and the kernel caps it at somaxconn. */
const backlog = 1_024

/** Only the user that started it, or all if others are allowed: the kernel then reports the user of each client. */
const standardMode = ({ allowed: { groups, users } }: ServeSettings): number =>
  groups.length + users.length === 0 ? 0o600 : 0o666

/** The inputs of `serve`, from all sources. */
export interface ServeOptions {
  readonly socketPath: string | undefined
  readonly mode: number | undefined
  /** What systemd has passed. */
  readonly passedSockets: ListenSockets.Passed
  /** A note about sockets that were passed to another process, added to the error that there is none. */
  readonly strayNote: string
  readonly notifier: Notifier.NotifierSettings
  readonly origin: SettingsOrigin
  readonly settings: ServeSettings
  readonly signals: ProcessSignals
  /** Called when clients can come. */
  readonly onListening: () => void
}

const listenAt = Effect.fnUntraced(function* (path: string, mode: number) {
  // Of two daemons that start over the same stale socket, one removes it and the other hears that it is taken.
  yield* UnixSocket.lock(path)
  return yield* UnixSocket.listen(path, { mode, backlog })
})

/** The listening sockets, and where they are, in words. */
const openListeners = Effect.fnUntraced(function* (options: ServeOptions) {
  const { mode, passedSockets, settings, socketPath, strayNote } = options
  if (passedSockets.count === 0) {
    if (socketPath === undefined) {
      return yield* UsageError.of(`--socket is missing: write scached serve --socket PATH${strayNote}`)
    }
    yield* SocketPlace.check(socketPath)
    const listener = yield* listenAt(socketPath, mode ?? standardMode(settings)).pipe(
      Effect.catch((error) => explain(socketPath, error))
    )
    const listeners: ReadonlyArray<Descriptor> = [listener]
    const file = { path: socketPath, mode: mode ?? standardMode(settings), backlog }
    return { listeners, where: socketPath, file: { ...file, file: (yield* SystemCalls).identify(socketPath) } }
  }
  if (socketPath !== undefined || mode !== undefined) {
    const [option, unit] = socketPath === undefined ? ["--mode", "SocketMode="] : ["--socket", "ListenStream="]
    return yield* UsageError.of(`${option}: systemd passes the socket: remove this option, ${unit} of the unit says it`)
  }
  const { listeners, paths } = yield* ListenSockets.adopt(passedSockets)
  return { listeners, where: `${paths.join(", ")}, passed by systemd`, file: undefined }
})

/** Takes the socket's file away, when it is still the same. */
const removeFile = Effect.fnUntraced(function* (path: string, file: FileIdentity | number) {
  const calls = yield* SystemCalls
  const found = calls.identify(path)
  if (typeof found === "number" || typeof file === "number") return
  if (found.inode === file.inode && found.device === file.device) calls.unlink(path)
})

/** Serves the cache until it is interrupted, or has been idle for long enough. */
export const serve = Effect.fnUntraced(function* (options: ServeOptions) {
  const journal = yield* Journal
  let { settings } = options
  for (const remark of settings.remarks) journal.warning(remark)
  yield* Watchdog.start(settings.values.watchdogSeconds * 1000)
  const notifier = yield* Notifier.open(options.notifier)
  const { file, listeners, where } = yield* openListeners(options)
  const budget = yield* DescriptorBudget.raise
  const findCacheSettings = Effect.gen(function* () {
    const found = cacheSettingsOf(
      settings.values,
      budget,
      yield* Allowed.access(settings.allowed),
      yield* Allowed.insiders(settings.allowed),
      settings.farewells
    )
    const remarks = [...remarksOn(found, budget), ...(yield* Allowed.remarksOn(settings.allowed))]
    for (const remark of remarks) journal.warning(remark)
    return found
  })
  let cacheSettings = yield* findCacheSettings
  const inForce = {
    get current() {
      return cacheSettings
    }
  }
  const runLines = yield* RunLines.open(options.signals, inForce)
  // Before the server, which accepts at sockets that are made later and must have left them when they are closed.
  const laterSockets = yield* Effect.acquireRelease(Scope.make(), Scope.close)
  const server = yield* CacheServer.make(listeners, cacheSettings, {
    version,
    mode: "serve",
    processId: (yield* ProcessCalls).pid,
    settings: () => settingTexts(serveParameters, settings.values)
  })
  const socketFile =
    file === undefined ? undefined : yield* SocketFile.make(file, server).pipe(Scope.provide(laterSockets))
  const checkFile = socketFile?.check ?? Effect.void
  const statistics = yield* StatisticsReport.start(server, settings.values.statisticsSeconds, () =>
    Effect.runSync(checkFile)
  )
  const status = `listening on ${where}`
  journal.info(status)
  notifier.ready(status)
  runLines.started(server)
  options.onListening()
  // Added last, and so the first thing that happens at the end.
  yield* Effect.addFinalizer(() => Effect.sync(notifier.stopping))

  const { restart: restartLog } = yield* StandardError
  const loop = yield* Reactor
  const giveWay = Effect.callback<void>((resume) => loop.postpone(() => resume(Effect.void)))
  const readAgain = Effect.gen(function* () {
    restartLog()
    notifier.reloading()
    yield* checkFile
    const before = settings
    settings = yield* reload(options.origin, before, giveWay)
    if (settings !== before) {
      cacheSettings = yield* findCacheSettings
      server.change(cacheSettings)
    }
    const { statisticsSeconds } = settings.values
    if (statisticsSeconds !== before.values.statisticsSeconds) statistics.changeInterval(statisticsSeconds)
    notifier.ready(status)
  })
  // One at a time, since each gives way to the clients; of those that come meanwhile one more is made.
  const asked = yield* Queue.sliding<void>(1)
  yield* Queue.take(asked).pipe(Effect.andThen(readAgain), Effect.forever, Effect.forkScoped)
  const { hangUps } = options.signals
  yield* Effect.acquireRelease(
    Effect.sync(() => hangUps.answer(() => void Queue.offerUnsafe(asked, undefined))),
    (stop) => Effect.sync(stop)
  )
  yield* server.idle
  runLines.endsBy("max_idle")
  journal.info(`no client for ${cacheSettings.idleSecondsMax} s (max_idle): leaving`)
  // systemd serves its sockets again. No one serves ours again: once clients cannot find it, those that have connected are served.
  if (options.socketPath === undefined || socketFile === undefined) return
  yield* removeFile(options.socketPath, socketFile.current())
  yield* server.serveLast
}, Effect.scoped)
