import { mkdtempSync, readFileSync, rmSync } from "node:fs"
import { tmpdir } from "node:os"
import { join } from "node:path"
import { Result } from "effect"
import type { BenchmarkResult } from "../../src/result/BenchmarkResult.ts"
import type { Fault } from "./FaultyCache.ts"
import { parseResult } from "./parseResult.ts"

export const main = join(import.meta.dir, "../../src/main.ts")
export const server = join(import.meta.dir, "faultyServer.ts")

/** How a run differs from the usual one. */
export interface LoadOptions {
  readonly rounds?: number
  /** Whether a script starts the server, and waits for it. */
  readonly isScript?: boolean
}

/** Four clients who race for four labels, on a cache with a fault. */
const spawn = (fault: Fault, json: string, extra: ReadonlyArray<string>, options: LoadOptions) => {
  const command = `'${process.execPath}' '${server}' '${fault}' {socket}`
  const target = `cache=spawn:${options.isScript === true ? `sh -c "${command}; true"` : command}`
  const size = ["--clients", "4", "--cached", "20", "--endpoints", "4", "--destinations", "4"]
  const length = extra.includes("--duration") ? [] : ["--operations", "300"]
  const warmUp = extra.includes("--warm-up") ? [] : ["--warm-up", "0"]
  const rounds = [...length, ...warmUp, "--rounds", String(options.rounds ?? 1)]
  const child = Bun.spawnSync(
    [process.execPath, main, "run", "--quiet", "--target", target, "--json", json, ...size, ...rounds, ...extra],
    { env: { ...process.env, NO_COLOR: "1" } }
  )
  return { exitCode: child.exitCode, table: child.stdout.toString(), errors: child.stderr.toString() }
}

/** The same where there will be no result. */
export const loadUnreported = (fault: Fault) => spawn(fault, "/dev/null", [], {})

/** What the program says, and what it leaves with. */
export const load = (fault: Fault, extra: ReadonlyArray<string> = [], options: LoadOptions = {}) => {
  const directory = mkdtempSync(join(tmpdir(), "scache-bench-test-"))
  const json = join(directory, "result.json")
  const found = spawn(fault, json, extra, options)
  try {
    const result: BenchmarkResult = Result.getOrThrow(parseResult(json, readFileSync(json, "utf8")))
    const [target] = result.targets
    return { ...found, result, target, truth: target?.truth, rounds: target?.rounds ?? [] }
  } catch (error) {
    throw new Error(`${found.table}${found.errors}`, { cause: error })
  } finally {
    rmSync(directory, { recursive: true })
  }
}

export const texts = ({ truth }: ReturnType<typeof load>): string =>
  (truth?.violations ?? []).map(({ text }) => text).join("\n")
