/** What a command has said, and how it ended. */
export interface CommandOutcome {
  readonly exitCode: number
  readonly stdout: string
  readonly stderr: string
}

/** Runs commands of the machine: all that an installation asks and does goes through here. 127 is a program that is not there. */
export type CommandRunner = (command: ReadonlyArray<string>, input?: string) => CommandOutcome

/** Runs them for real. */
export const runOnMachine: CommandRunner = (command, input = "") => {
  try {
    const child = Bun.spawnSync([...command], { stdin: Buffer.from(input), env: { ...process.env, LC_ALL: "C" } })
    return { exitCode: child.exitCode, stdout: child.stdout.toString(), stderr: child.stderr.toString() }
  } catch (error) {
    return { exitCode: 127, stdout: "", stderr: error instanceof Error ? error.message : String(error) }
  }
}
