import { readFileSync } from "node:fs"
import { cpus, release } from "node:os"
import { Effect } from "effect"
import type { Machine } from "../result/BenchmarkResult.ts"
import { UsageError } from "./UsageError.ts"

/** Where the run takes place. */
export const describeThisMachine = (): Machine => ({
  cpu: cpus()[0]?.model.trim() || "unknown",
  cores: Math.max(1, cpus().length),
  kernel: release(),
  bunVersion: Bun.version
})

/** The command line of this process, by the name of the program. */
export const commandLine = (): ReadonlyArray<string> => ["scache-bench", ...process.argv.slice(2)]

/** How many descriptors this process may have open. */
export const descriptorsMax = (): number => {
  const limits = readFileSync("/proc/self/limits", "latin1")
  const [, soft] = /^Max open files\s+(\d+)/m.exec(limits) ?? []
  return soft === undefined ? 1_024 : Number(soft)
}

const taskset = (words: ReadonlyArray<string>): string | undefined => {
  try {
    const child = Bun.spawnSync(["taskset", ...words])
    return child.exitCode === 0 ? undefined : child.stderr.toString().trim()
  } catch {
    return "taskset is not there: install util-linux, or leave --pin away"
  }
}

/** Puts this process, all its threads, on certain processors until the scope closes. */
export const pinThisProcess = (processors: string | null) =>
  Effect.gen(function* () {
    if (processors === null) return
    const before = /^Cpus_allowed_list:\s+(\S+)/m.exec(readFileSync("/proc/self/status", "latin1"))?.[1]
    const place = (list: string) => taskset(["--all-tasks", "--cpu-list", "--pid", list, String(process.pid)])
    const failure = yield* Effect.acquireRelease(
      Effect.sync(() => place(processors)),
      () => Effect.sync(() => (before === undefined ? undefined : place(before)))
    )
    if (failure !== undefined) return yield* new UsageError({ message: `--pin: processors ${processors}: ${failure}` })
  })
