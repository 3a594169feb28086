/** `scached install`: puts the program in the place of scache(8), and goes back. */
import { parseArgs } from "node:util"
import { Result } from "effect"
import { printable } from "../log/printable.ts"
import { type CommandRunner, runOnMachine } from "./CommandRunner.ts"
import { InstallFailure } from "./InstallFailure.ts"
import { foreignProgram, type Step, shellOf, stepsToInstall, stepsToUndo } from "./InstallPlan.ts"
import { installHelp } from "./installHelp.ts"
import { findPostfix } from "./PostfixFacts.ts"

const exitCodes = { done: 0, failed: 1, usage: 2 } as const

/** Every option of `install`, by its name: what is parsed, and what the manual page must hold. */
export const installOptions = {
  postfix: { type: "boolean" },
  yes: { type: "boolean" },
  undo: { type: "boolean" },
  "keep-hardening": { type: "boolean" },
  "config-directory": { type: "string" },
  help: { type: "boolean", short: "h" }
} as const

/** Where it runs, and what it prints to. */
export interface Surroundings {
  readonly run: CommandRunner
  /** The executable; undefined where Bun runs the sources, which cannot be installed. */
  readonly program: string | undefined
  readonly isRoot: boolean
  readonly print: (text: string) => void
  readonly complain: (text: string) => void
}

const parse = (words: ReadonlyArray<string>) =>
  Result.try({
    try: () => parseArgs({ args: [...words], options: installOptions, strict: true }).values,
    // "Unknown option '--maybe'. To specify ...": the first sentence says it.
    catch: (error) => {
      const [why = ""] = String(error instanceof Error ? error.message : error).split(". ")
      return `${why}: see scached install --help`
    }
  })

/** Does one step after the other; what failed, if one did. */
const carryOut = (steps: ReadonlyArray<Step>, { print, run }: Surroundings): InstallFailure | undefined => {
  for (const step of steps) {
    print(`# ${step.why}\n${shellOf(step)}\n`)
    const { exitCode, stderr } = run(step.command, step.input)
    if (exitCode === 0) continue
    const found = stderr.trim() === "" ? `exit status ${exitCode}` : stderr.trim()
    const why = `${step.command.join(" ")} failed: ${found}. What was done before stays: go back with scached install --postfix --undo`
    return new InstallFailure({ why })
  }
  return undefined
}

/** Runs `scached install` with its arguments; returns the exit status. */
export const install = (words: ReadonlyArray<string>, surroundings: Surroundings): number => {
  const { complain, isRoot, print, program, run } = surroundings
  const parsed = parse(words)
  if (Result.isFailure(parsed)) {
    complain(parsed.failure)
    return exitCodes.usage
  }
  const values = parsed.success
  if (values.help === true) {
    print(installHelp)
    return exitCodes.done
  }
  if (values.postfix !== true) {
    complain(
      "write scached install --postfix, and --yes to run the commands that it prints; see scached install --help"
    )
    return exitCodes.usage
  }
  const fail = (message: string): number => {
    complain(message)
    return exitCodes.failed
  }
  if (program === undefined)
    return fail("only the executable can be installed, which bun run build makes: dist/scached install --postfix")
  const isUndone = values.undo === true
  const isDone = values.yes === true || isUndone
  if (isDone && !isRoot) return fail("only root can change Postfix: run it as root, or without --yes to see the steps")
  const facts = findPostfix(run, program, values["config-directory"])
  if (Result.isFailure(facts)) return fail(facts.failure.message)
  const foreign = foreignProgram(facts.success)
  if (!isUndone && foreign !== undefined) {
    return fail(
      `the program of scache in master.cf is ${foreign}, which scached does not replace: restore Postfix's own, scache unix - - y - 1 scache`
    )
  }
  const steps = isUndone ? stepsToUndo(facts.success) : stepsToInstall(facts.success, values["keep-hardening"] === true)
  if (steps.length === 0) {
    print(
      isUndone
        ? "# scached is not in the place of scache: nothing to do\n"
        : "# scached is in the place of scache already\n"
    )
    return exitCodes.done
  }
  if (!isDone) {
    print(steps.map((step) => `# ${step.why}\n${shellOf(step)}\n`).join(""))
    print("\n# Nothing was changed. With --yes these commands are run, and --undo goes back.\n")
    return exitCodes.done
  }
  const failure = carryOut(steps, surroundings)
  return failure === undefined ? exitCodes.done : fail(failure.message)
}

/** For a person at a command line. `isCompiled` is false where Bun runs the sources. */
export const main = (words: ReadonlyArray<string>, isCompiled: boolean): void => {
  process.exitCode = install(words, {
    run: runOnMachine,
    program: isCompiled ? process.execPath : undefined,
    isRoot: process.getuid?.() === 0,
    print: (text) => void process.stdout.write(text),
    complain: (text) => void process.stderr.write(`scached: ${printable(text)}\n`)
  })
}
