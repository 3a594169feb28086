/** The C programs here, which do what only C can do, or does cheaply. */
import { join } from "node:path"
import { LabFailure, TempDirectory } from "@scached/interop"
import { Effect, type Scope } from "effect"

/** What they need and the machine does not have; undefined where it has it. */
export const findMissing = (): string | undefined =>
  Bun.which("cc") === null ? "needs cc: install gcc and libc6-dev" : undefined

/** Compiles `programs/NAME.c` into a directory, and returns the program's path; throws a `LabFailure` with the compiler's words. */
export const compile = (name: string, directory: string): string => {
  const program = join(directory, name)
  const source = join(import.meta.dir, "programs", `${name}.c`)
  const options = ["-std=c11", "-D_GNU_SOURCE", "-O2", "-Wall", "-Wextra"]
  const run = Bun.spawnSync(["cc", ...options, "-o", program, source])
  if (run.exitCode === 0) return program
  throw new LabFailure.LabFailure({ attempt: `compile ${source}`, found: run.stderr.toString() })
}

/** Starts programs by their names, for plain code. */
export interface Launcher {
  readonly launch: (name: string, ...words: ReadonlyArray<string>) => void
  /** Runs one to its end, and returns what it has printed; throws a `LabFailure` where it fails. */
  readonly runToEnd: (name: string, ...words: ReadonlyArray<string>) => string
}

/** Compiles programs when they are first needed; what was launched is killed when the scope closes. */
export const makeLauncher: Effect.Effect<Launcher, LabFailure.LabFailure, Scope.Scope> = Effect.gen(function* () {
  const directory = yield* TempDirectory.make
  const compiled = new Map<string, string>()
  const programNamed = (name: string): string => {
    const program = compiled.get(name) ?? compile(name, directory)
    compiled.set(name, program)
    return program
  }
  const children: Array<Bun.Subprocess> = []
  yield* Effect.addFinalizer(() =>
    Effect.promise(() => {
      for (const child of children) child.kill("SIGKILL")
      return Promise.all(children.map(({ exited }) => exited))
    })
  )
  return {
    launch: (name, ...words) => {
      children.push(Bun.spawn([programNamed(name), ...words], { stdio: ["ignore", "ignore", "inherit"] }))
    },
    runToEnd: (name, ...words) => {
      const ended = Bun.spawnSync([programNamed(name), ...words], { stdio: ["ignore", "pipe", "pipe"] })
      if (ended.exitCode === 0) return ended.stdout.toString().trim()
      throw new LabFailure.LabFailure({ attempt: `run ${name} ${words.join(" ")}`, found: ended.stderr.toString() })
    }
  }
})
