/**
 * Programs that the laboratory starts: each ends with its scope, whatever happens.
 *
 * @category processes
 */
import { closeSync, openSync, readFileSync } from "node:fs"
import { join } from "node:path"
import { type Descriptor, SystemCalls } from "@scached/fdpass"
import { Effect, Option, type Scope } from "effect"
import { LabFailure, labFailure } from "./LabFailure.ts"
import * as TempDirectory from "./TempDirectory.ts"

/**
 * A running program.
 *
 * @category processes
 */
export interface LabProcess {
  readonly pid: number
  /** What it has written so far to its standard output and error. */
  readonly output: () => string
  /** Waits until the program ends and returns its exit code; 128 and the signal's number when a signal ended it. */
  readonly exitCode: Effect.Effect<number>
  /** Waits until the output holds `text`. Fails when the program ends before, or says nothing of the kind for `timeoutMillis`. */
  readonly waitForOutput: (text: string, timeoutMillis: number) => Effect.Effect<void, LabFailure>
}

/**
 * How a program is started.
 *
 * @category processes
 */
export interface LabProcessOptions {
  readonly environment?: Readonly<Record<string, string>>
  readonly directory?: string
  /** What becomes descriptor 3, 4, and so on of the program. They are taken: this process closes its own copies. */
  readonly descriptors?: ReadonlyArray<Descriptor>
  /** What becomes its standard input, taken likewise; /dev/null if not given. */
  readonly input?: Descriptor
}

const terminationMillisMax = 5000
const pollMillis = 5

/**
 * Starts a program, and stops it with SIGTERM when the scope closes; after five seconds with SIGKILL.
 *
 * Its output goes to a file, not through a pipe: a conversation blocks this thread, and a pipe that nobody reads would block the
 * program.
 *
 * @category processes
 */
export const start = Effect.fnUntraced(function* (
  command: ReadonlyArray<string>,
  options: LabProcessOptions = {}
): Effect.fn.Return<LabProcess, LabFailure, SystemCalls | Scope.Scope> {
  const calls = yield* SystemCalls
  const outputPath = join(yield* TempDirectory.make, "output")
  const child = yield* Effect.acquireRelease(
    Effect.try({ try: () => spawn(calls, command, options, outputPath), catch: labFailure(`start ${command[0]}`) }),
    stop
  )
  const output = () => readFileSync(outputPath, "utf8")
  const exitCode = Effect.promise(() => child.exited)

  const waitForOutput = Effect.fnUntraced(function* (text: string, timeoutMillis: number) {
    const attempt = `see "${text}" from ${command.join(" ")}`
    const seen = Effect.gen(function* () {
      while (!output().includes(text)) {
        if (child.exitCode !== null || child.signalCode !== null) {
          return yield* new LabFailure({ attempt, found: `it ended with ${child.exitCode}: ${output()}` })
        }
        yield* Effect.sleep(pollMillis)
      }
    })
    yield* Effect.timeoutOrElse(seen, {
      duration: timeoutMillis,
      orElse: () => Effect.fail(new LabFailure({ attempt, found: `nothing in ${timeoutMillis} ms but: ${output()}` }))
    })
  })
  return { pid: child.pid, output, exitCode, waitForOutput }
})

const spawn = (
  calls: SystemCalls["Service"],
  command: ReadonlyArray<string>,
  options: LabProcessOptions,
  outputPath: string
): Bun.Subprocess => {
  const inherited = (options.descriptors ?? []).map((descriptor) => descriptor.surrender())
  const input = options.input?.surrender()
  const output = openSync(outputPath, "a")
  try {
    return Bun.spawn([...command], {
      stdio: [input ?? "ignore", output, output, ...inherited],
      env: { ...Bun.env, ...options.environment },
      ...(options.directory === undefined ? {} : { cwd: options.directory })
    })
  } finally {
    closeSync(output)
    for (const number of [...inherited, ...(input === undefined ? [] : [input])]) calls.adopt(number).close()
  }
}

const stop = Effect.fnUntraced(function* (child: Bun.Subprocess) {
  const exited = Effect.promise(() => child.exited)
  child.kill("SIGTERM")
  if (Option.isNone(yield* Effect.timeoutOption(exited, terminationMillisMax))) {
    child.kill("SIGKILL")
    yield* exited
  }
})

/**
 * Runs a program to its end and returns what it wrote; a non-zero exit code is a failure.
 *
 * @category processes
 */
export const run = Effect.fnUntraced(function* (
  command: ReadonlyArray<string>,
  options: LabProcessOptions & { readonly timeoutMillis: number }
): Effect.fn.Return<string, LabFailure, SystemCalls> {
  return yield* Effect.scoped(
    Effect.gen(function* () {
      const child = yield* start(command, options)
      const code = yield* Effect.timeoutOption(child.exitCode, options.timeoutMillis)
      if (Option.isSome(code) && code.value === 0) return child.output()
      const found = Option.isSome(code) ? `exit code ${code.value}` : `no end within ${options.timeoutMillis} ms`
      return yield* new LabFailure({ attempt: `run ${command.join(" ")}`, found: `${found}: ${child.output()}` })
    })
  )
})
