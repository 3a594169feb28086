import { closeSync, mkdtempSync, openSync, readFileSync, rmSync } from "node:fs"
import { tmpdir } from "node:os"
import { join } from "node:path"
import { type Descriptor, SystemCalls, UnixSocket } from "@scached/fdpass"
import { Effect, Option, type Scope } from "effect"
import { TargetFailure } from "./TargetFailure.ts"

/** A program that was started for the run; it ends with its scope at the latest. */
export interface ServerProcess {
  readonly pid: number
  /** What it wrote to its standard output and error, the last of it. */
  readonly output: () => string
  /** How it has ended, and what it said; `undefined` while it runs. */
  readonly findEnd: () => string | undefined
  /** SIGTERM, and SIGKILL after five seconds; once it has ended, says what was wrong with how it did. */
  readonly stop: Effect.Effect<string | undefined>
}

/** How it is started. */
export interface ServerProcessOptions {
  readonly target: string
  readonly command: ReadonlyArray<string>
  readonly environment?: Readonly<Record<string, string>>
  /** What becomes its descriptors 3, 4 and so on; taken from the caller. */
  readonly descriptors?: ReadonlyArray<Descriptor>
  /** What becomes its standard input, taken likewise. */
  readonly input?: Descriptor
  /** Processors it may run on, as taskset writes them. */
  readonly processors?: string | undefined
}

const terminationMillisMax = 5_000
const startMillisMax = 15_000
const pollMillis = 10
const outputBytesShown = 2_000
const lineLengthMax = 300

/** The last line of a program's output that is not indented, as those of a stack are. */
const lastLine = (output: string): string =>
  (output.split("\n").findLast((line) => /^\S/.test(line)) ?? output.trim()).slice(0, lineLengthMax)

/** A new directory for a run; removed with the scope. */
export const temporaryDirectory: Effect.Effect<string, never, Scope.Scope> = Effect.acquireRelease(
  Effect.sync(() => mkdtempSync(join(tmpdir(), "scache-bench-"))),
  (path) => Effect.sync(() => rmSync(path, { recursive: true, force: true }))
)

/** The words that start a command on certain processors. */
export const pinned = (command: ReadonlyArray<string>, processors: string | undefined): ReadonlyArray<string> =>
  processors === undefined ? command : ["taskset", "--cpu-list", processors, ...command]

const spawn = (calls: SystemCalls["Service"], options: ServerProcessOptions, outputPath: string): Bun.Subprocess => {
  const inherited = (options.descriptors ?? []).map((descriptor) => descriptor.surrender())
  const input = options.input?.surrender()
  // To a file and not through a pipe: the load loop has the thread for long stretches, and a pipe fills up that is not read.
  const output = openSync(outputPath, "a")
  try {
    return Bun.spawn([...pinned(options.command, options.processors)], {
      stdio: [input ?? "ignore", output, output, ...inherited],
      env: { ...Bun.env, ...options.environment }
    })
  } finally {
    closeSync(output)
    for (const number of [...inherited, ...(input === undefined ? [] : [input])]) calls.adopt(number).close()
  }
}

/** What a shell and many a runtime make of SIGTERM, which some programs are ended by and others end well on. */
const terminatedCode = 143

const refusedToEnd = `it did not end within ${terminationMillisMax / 1_000} s of SIGTERM`

/** SIGTERM, and SIGKILL after five seconds; says what was wrong with its end. */
const terminate = Effect.fnUntraced(function* (child: Bun.Subprocess): Effect.fn.Return<string | undefined> {
  const exited = Effect.promise(() => child.exited)
  if (child.exitCode !== null || child.signalCode !== null) return `it had ended already, with ${statusOf(child)}`
  child.kill("SIGTERM")
  if (Option.isNone(yield* Effect.timeoutOption(exited, terminationMillisMax))) {
    child.kill("SIGKILL")
    yield* exited
    return refusedToEnd
  }
  const isWell = child.signalCode === "SIGTERM" || child.exitCode === 0 || child.exitCode === terminatedCode
  return isWell
    ? undefined
    : `it ended with ${statusOf(child)} on SIGTERM, expected SIGTERM, exit code 0 or ${terminatedCode}`
})

const statusOf = (child: Bun.Subprocess): string => String(child.signalCode ?? `exit code ${child.exitCode}`)

/** Whether a process, ours or not, still runs. */
export const isAlive = (pid: number): boolean => {
  try {
    // A zombie has closed everything, and waits for a parent that is not us.
    return !/\) Z /.test(readFileSync(`/proc/${pid}/stat`, "latin1"))
  } catch {
    return false
  }
}

const signal = (pid: number, name: "SIGTERM" | "SIGKILL"): void => {
  try {
    process.kill(pid, name)
  } catch {
    // It has ended meanwhile.
  }
}

/** Ends a process that is not our own child, as `stop` does: SIGTERM, and SIGKILL after five seconds. Its status is its parent's to know. */
export const end = Effect.fnUntraced(function* (pid: number): Effect.fn.Return<string | undefined> {
  if (!isAlive(pid)) return "it had ended already"
  signal(pid, "SIGTERM")
  for (let waitedMillis = 0; waitedMillis < terminationMillisMax; waitedMillis += pollMillis) {
    if (!isAlive(pid)) return undefined
    yield* Effect.sleep(pollMillis)
  }
  signal(pid, "SIGKILL")
  return refusedToEnd
})

/** Starts a program. */
export const start = Effect.fnUntraced(function* (
  options: ServerProcessOptions
): Effect.fn.Return<ServerProcess, TargetFailure, SystemCalls | Scope.Scope> {
  const calls = yield* SystemCalls
  const outputPath = join(yield* temporaryDirectory, "output")
  const child = yield* Effect.acquireRelease(
    Effect.try({
      try: () => spawn(calls, options, outputPath),
      catch: (error) =>
        new TargetFailure({
          target: options.target,
          attempt: `start ${options.command.join(" ")}`,
          reason: error instanceof Error ? error.message : String(error)
        })
    }),
    terminate
  )
  const output = () => readFileSync(outputPath, "utf8").slice(-outputBytesShown).trim()
  const said = () => lastLine(output())
  return {
    pid: child.pid,
    output,
    findEnd: () =>
      child.exitCode === null && child.signalCode === null
        ? undefined
        : `the program has ended with ${statusOf(child)}, and said: ${said() || "nothing"}`,
    stop: terminate(child)
  }
})

/** Why a client cannot connect to a socket; undefined when it can. */
export const tryConnect = (path: string) =>
  Effect.scoped(Effect.as(UnixSocket.connect(path), undefined)).pipe(
    Effect.catch((error) => Effect.succeed(error.message))
  )

/** Waits until a client can connect to the socket. */
export const awaitSocket = Effect.fnUntraced(function* (
  target: string,
  path: string,
  child: ServerProcess
): Effect.fn.Return<void, TargetFailure, SystemCalls> {
  const fail = (reason: string) => new TargetFailure({ target, attempt: `connect to ${path}`, reason })
  for (let waitedMillis = 0; ; waitedMillis += pollMillis) {
    const reason = yield* tryConnect(path)
    if (reason === undefined) return
    const end = child.findEnd()
    if (end !== undefined) return yield* fail(end)
    if (waitedMillis >= startMillisMax) {
      return yield* fail(
        `${reason}, ${startMillisMax / 1_000} s after its start; it said: ${child.output() || "nothing"}`
      )
    }
    yield* Effect.sleep(pollMillis)
  }
})
