/** Programs that a test runs to their end. */
import { join } from "node:path"

export const root = join(import.meta.dir, "../../..")

/** What a program has said, and how it ended. */
export interface Outcome {
  readonly exitCode: number
  readonly stdout: string
  readonly stderr: string
}

export const run = async (command: ReadonlyArray<string>, directory: string): Promise<Outcome> => {
  const child = Bun.spawn([...command], { cwd: directory, stdio: ["ignore", "pipe", "pipe"] })
  const [stdout, stderr, exitCode] = await Promise.all([
    new Response(child.stdout).text(),
    new Response(child.stderr).text(),
    child.exited
  ])
  return { exitCode, stdout, stderr }
}

/** The same for a program that has to go well; what it has printed. */
export const runWell = async (command: ReadonlyArray<string>, directory: string): Promise<string> => {
  const { exitCode, stderr, stdout } = await run(command, directory)
  if (exitCode !== 0) throw new Error(`${command.join(" ")} ended with ${exitCode}:\n${stdout}${stderr}`)
  return stdout
}

/** A program of the repository's node_modules, in the version of the lockfile. */
export const tool = (name: string): string => join(root, "node_modules/.bin", name)
