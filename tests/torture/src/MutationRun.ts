/** Plants each bug in a copy of the repository, and looks which test catches it. */
import { mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, symlinkSync, writeFileSync } from "node:fs"
import { tmpdir } from "node:os"
import { dirname, join } from "node:path"
import type { Mutant } from "./PlantedMutants.ts"

const repository = join(import.meta.dir, "../../..")

/** What came of a bug. */
export interface MutantResult {
  readonly name: string
  readonly outcome: "caught" | "survived" | "not planted" | "not tried"
  /** The test that caught it, or what stood in the way. */
  readonly by: string
  readonly seconds: number
}

/** A copy of all files that belong to the repository, with the workspaces' packages resolving to the copies. */
class Copy implements Disposable {
  readonly directory = mkdtempSync(join(tmpdir(), "scached-mutants-"))

  constructor() {
    const listed = Bun.spawnSync(["git", "ls-files", "-z", "--cached", "--others", "--exclude-standard"], {
      cwd: repository
    })
    for (const path of listed.stdout.toString().split("\0")) {
      if (path === "" || path.endsWith("/")) continue
      const target = join(this.directory, path)
      try {
        const content = readFileSync(join(repository, path))
        mkdirSync(dirname(target), { recursive: true })
        writeFileSync(target, content)
      } catch {
        // Deleted, but not yet from the index.
      }
    }
    const modules = join(this.directory, "node_modules")
    mkdirSync(join(modules, "@scached"), { recursive: true })
    for (const name of readdirSync(join(repository, "node_modules"))) {
      if (name !== "@scached") symlinkSync(join(repository, "node_modules", name), join(modules, name))
    }
    for (const kind of ["packages", "apps", "tests"]) {
      for (const name of readdirSync(join(this.directory, kind))) {
        symlinkSync(join(this.directory, kind, name), join(modules, "@scached", name))
      }
    }
  }

  [Symbol.dispose](): void {
    rmSync(this.directory, { recursive: true, force: true })
  }
}

const millisMax = 60_000

interface TestRun {
  readonly isGreen: boolean
  /** The first test that failed; what went wrong where none did. */
  readonly failed: string | undefined
  readonly text: string
}

const runTests = (directory: string, tests: ReadonlyArray<string>): TestRun => {
  const run = Bun.spawnSync([process.execPath, "test", "--bail", ...tests.map((path) => `./${path}`)], {
    cwd: directory,
    // No failure of a mutant belongs into a report of its own, and no interop test is wanted.
    env: { ...process.env, CI: undefined, FORCE_COLOR: "0", NO_COLOR: "1" },
    timeout: millisMax
  })
  const text = `${run.stdout}${run.stderr}`
  const failed = /^\(fail\) (.*?)(?: \[[\d.]+ ?m?s\])?$/m.exec(text)?.[1]
  const hasHung = run.exitedDueToTimeout === true
  // The signal that ends a run which hangs can also end the very wait that it hangs in, and the rest of the run is green then.
  return {
    isGreen: run.exitCode === 0 && !hasHung,
    failed: failed ?? (hasHung ? "no end within the time limit" : undefined),
    text
  }
}

/** Tries the bugs one after the other; `onResult` hears of each when it is done. */
export const tryMutants = (
  mutants: ReadonlyArray<Mutant>,
  onResult: (result: MutantResult) => void = () => {}
): ReadonlyArray<MutantResult> => {
  using copy = new Copy()
  const baseline = new Map<string, TestRun>()
  const results: Array<MutantResult> = []
  for (const mutant of mutants) {
    const result = tryOne(copy.directory, mutant, baseline)
    results.push(result)
    onResult(result)
  }
  return results
}

const tryOne = (directory: string, mutant: Mutant, baseline: Map<string, TestRun>): MutantResult => {
  const begin = performance.now()
  const result = (outcome: MutantResult["outcome"], by: string): MutantResult => ({
    name: mutant.name,
    outcome,
    by,
    seconds: (performance.now() - begin) / 1000
  })
  const path = join(directory, mutant.file)
  const original = (() => {
    try {
      return readFileSync(path, "utf8")
    } catch {
      return ""
    }
  })()
  const found = original.split(mutant.find).length - 1
  if (found !== 1) return result("not planted", `its text is in ${mutant.file} ${found} times: change the list of bugs`)
  // A bug that is caught by a test which fails anyway is not caught.
  const key = mutant.tests.join(" ")
  const before = baseline.get(key) ?? runTests(directory, mutant.tests)
  baseline.set(key, before)
  if (!before.isGreen)
    return result("not tried", `the tests fail without it: ${before.failed ?? before.text.slice(-300)}`)
  writeFileSync(
    path,
    original.replace(mutant.find, () => mutant.replace)
  )
  try {
    const after = runTests(directory, mutant.tests)
    if (after.isGreen) return result("survived", `${mutant.tests.length} test files are green`)
    return after.failed === undefined
      ? result("not tried", `no test failed, the run did: ${after.text.slice(-300)}`)
      : result("caught", after.failed)
  } finally {
    writeFileSync(path, original)
  }
}
