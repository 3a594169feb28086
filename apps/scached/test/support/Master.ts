/**
 * The real service as a process of its own, with a test in master(8)'s place.
 */
import { mkdirSync, rmSync, writeFileSync } from "node:fs"
import { type Descriptor, KernelSystemCalls, SystemCalls, UnixSocket } from "@scached/fdpass"
import { Effect, type Scope } from "effect"
import { Directory } from "./Daemon.ts"

const calls = Effect.runSync(Effect.map(SystemCalls, (found) => found).pipe(Effect.provide(KernelSystemCalls.layer)))

/** A service that runs, and what it says. */
export interface RunningService {
  /** Where its listening socket is. */
  readonly socketPath: string
  readonly queueDirectory: string
  readonly processId: number
  /** Ends master's side of the status channel, as when master(8) dies. */
  readonly loseMaster: () => void
  /** Its exit code and all that it wrote to standard error, once it has ended. */
  readonly ended: Effect.Effect<{ readonly exitCode: number; readonly lines: ReadonlyArray<string> }>
}

/** How a service is started. */
export interface StartOptions {
  /** What becomes its standard input; it is taken. */
  readonly input?: Descriptor
  /** Without -V: what it logs goes to the logger alone. */
  readonly isLoggedElsewhere?: boolean
}

/** The lines that scache(8) has too: most tests are not about the others. A word behind it has the last say. */
export const linesOfScache = ["-o", "scached_log_lines=scache"]

/** Starts the service with `words`, besides those that say where it logs; killed with the scope. */
export const start = Effect.fnUntraced(function* (
  command: ReadonlyArray<string>,
  words: ReadonlyArray<string>,
  { input, isLoggedElsewhere = false }: StartOptions = {}
): Effect.fn.Return<RunningService, unknown, SystemCalls | Scope.Scope> {
  const directory = yield* Effect.acquireRelease(
    Effect.sync(() => new Directory()),
    ({ path }) => Effect.sync(() => rmSync(path, { recursive: true, force: true }))
  )
  const queueDirectory = directory.join("queue")
  mkdirSync(queueDirectory)
  writeFileSync(
    directory.join("main.cf"),
    `queue_directory = ${queueDirectory}\nsyslog_name = lab\nconnection_cache_ttl_limit = 100s\n`
  )
  const socketPath = directory.join("s")
  const listener = yield* UnixSocket.listen(socketPath, { mode: 0o600, backlog: 1000 })
  const [flow, other] = yield* UnixSocket.pair
  const [status, theirs] = yield* UnixSocket.pair
  const numbers = [flow, other, theirs, listener].map((each) => each.surrender())
  const standardInput = input?.surrender()
  const child = Bun.spawn([...command, ...linesOfScache, ...words, ...(isLoggedElsewhere ? [] : ["-V"])], {
    stdio: [standardInput ?? "ignore", "ignore", "pipe", ...numbers],
    env: { ...process.env, MAIL_CONFIG: directory.path, GENERATION: "1" }
  })
  for (const number of [...numbers, ...(standardInput === undefined ? [] : [standardInput])]) {
    calls.adopt(number).close()
  }
  yield* Effect.addFinalizer(() =>
    Effect.promise(() => {
      child.kill("SIGKILL")
      return child.exited
    })
  )
  const standardError = new Response(child.stderr).text()
  return {
    socketPath,
    queueDirectory,
    processId: child.pid,
    loseMaster: () => status.close(),
    ended: Effect.promise(async () => ({
      exitCode: await child.exited,
      lines: (await standardError).split("\n").filter((line) => line !== "")
    }))
  }
})
