/** A scached that is looked at from outside while it runs. */
import { existsSync, readdirSync, readFileSync, readlinkSync } from "node:fs"
import { join } from "node:path"
import type { SystemCalls } from "@scached/fdpass"
import { type LabFailure, LabProcess, TempDirectory } from "@scached/interop"
import { Effect, type Scope } from "effect"

const repository = join(import.meta.dir, "../../..")
const executable = join(repository, "dist/scached")
const startMillisMax = 60_000
const pollMillis = 2
/** Only a failure takes that long. */
const settleMillisMax = 20_000

/** How it is started. */
export interface DaemonOptions {
  /** The program; dist/scached if not given, or the sources where that was not built. */
  readonly program?: string | undefined
  readonly socketPath?: string
  readonly parameters?: Readonly<Record<string, string>>
  /** What stands before the program, for instance `["prlimit", "--nofile=256"]`. */
  readonly prefix?: ReadonlyArray<string>
  /** More of its options, for instance `["-v"]`. */
  readonly options?: ReadonlyArray<string>
}

/** A running scached. */
export interface Daemon {
  readonly pid: number
  readonly socketPath: string
  readonly output: () => string
  /** Waits for its end; 128 and the signal's number where a signal ended it. */
  readonly exitCode: Effect.Effect<number>
}

/** The command that runs scached. */
export const commandOf = (program: string | undefined): ReadonlyArray<string> => {
  if (program !== undefined) return [program]
  return existsSync(executable) ? [executable] : [process.execPath, join(repository, "apps/scached/src/main.ts")]
}

/** The command line of `scached serve`. */
export const commandLineOf = (options: DaemonOptions, socketPath: string): ReadonlyArray<string> => {
  const parameters = Object.entries(options.parameters ?? {}).flatMap(([name, value]) => ["-o", `${name}=${value}`])
  const own = ["serve", "--socket", socketPath, "--mode", "0666", ...(options.options ?? []), ...parameters]
  return [...(options.prefix ?? []), ...commandOf(options.program), ...own]
}

/** Starts `scached serve`; it ends with the scope. */
export const start = Effect.fnUntraced(function* (
  options: DaemonOptions = {}
): Effect.fn.Return<Daemon, LabFailure.LabFailure, SystemCalls | Scope.Scope> {
  const socketPath = options.socketPath ?? join(yield* TempDirectory.make, "socket")
  const server = yield* LabProcess.start(commandLineOf(options, socketPath), { directory: repository })
  yield* server.waitForOutput("listening on", startMillisMax)
  return { pid: server.pid, socketPath, output: server.output, exitCode: server.exitCode }
})

/** How many descriptors a process has open; 0 when it is gone. */
export const openDescriptors = (pid: number): number => {
  try {
    return readdirSync(`/proc/${pid}/fd`).length
  } catch {
    return 0
  }
}

/** What a process's descriptors are, for messages. */
export const describeDescriptors = (pid: number): string =>
  readdirSync(`/proc/${pid}/fd`)
    .map((number) => {
      try {
        return `${number}=${readlinkSync(`/proc/${pid}/fd/${number}`)}`
      } catch {
        return `${number} closed meanwhile`
      }
    })
    .join(" ")

/** Memory that a process has resident, in KiB; 0 when it is gone. */
export const residentKib = (pid: number): number => {
  try {
    return Number(/^VmRSS:\s+(\d+)/m.exec(readFileSync(`/proc/${pid}/status`, "latin1"))?.[1] ?? 0)
  } catch {
    return 0
  }
}

/** Waits, blocking the thread, until something is so; false when it does not become so. */
export const becomes = (isSo: () => boolean, millisMax: number = settleMillisMax): boolean => {
  for (let waited = 0; ; waited += pollMillis) {
    if (isSo()) return true
    if (waited >= millisMax) return false
    Bun.sleepSync(pollMillis)
  }
}
