/** A command in a process group of its own, read line by line, and ended with all its children. */

const running = new Set<Command>()

export class Command {
  readonly #child: Bun.Subprocess<"ignore", "pipe", "inherit">
  /** When the last line came, of `performance.now`. */
  lastLineMillis = performance.now()

  constructor(command: ReadonlyArray<string>, directory: string) {
    // One pipe for both streams: what a test logged must stand before the line that says how the test ended.
    this.#child = Bun.spawn(["sh", "-c", 'exec "$@" 2>&1', "sh", ...command], {
      cwd: directory,
      env: { ...process.env, TURBO_TELEMETRY_DISABLED: "1", TURBO_NO_UPDATE_NOTIFIER: "1", DO_NOT_TRACK: "1" },
      stdin: "ignore",
      stdout: "pipe",
      stderr: "inherit",
      detached: true
    })
    running.add(this)
  }

  /** Reads to the end, and returns the exit code. */
  async read(onLine: (line: string) => void): Promise<number> {
    const decoder = new TextDecoder()
    let rest = ""
    const reader = this.#child.stdout.getReader()
    // A process that a test left behind may hold the pipe open.
    void this.#child.exited.then(async () => {
      await Bun.sleep(2000)
      await reader.cancel().catch(() => {})
    })
    for (;;) {
      const { done, value } = await reader.read()
      if (done) break
      this.lastLineMillis = performance.now()
      const lines = (rest + decoder.decode(value, { stream: true })).split("\n")
      rest = lines.pop() ?? ""
      for (const line of lines) onLine(line)
    }
    if (rest !== "") onLine(rest)
    const code = await this.#child.exited
    running.delete(this)
    return code
  }

  /** Sends a signal to it and whatever it started in its group. */
  kill(signal: NodeJS.Signals): void {
    try {
      process.kill(-this.#child.pid, signal)
    } catch {
      // It has ended.
    }
  }

  get exited(): Promise<number> {
    return this.#child.exited
  }
}

/** Time for a command to end what it started in other groups: turbo has one for each task. */
const graceMillis = 3000

/** Ends all commands that run, and waits until they have ended. */
export const endAll = async (): Promise<void> => {
  const commands = [...running]
  for (const command of commands) command.kill("SIGTERM")
  await Promise.race([Promise.all(commands.map(({ exited }) => exited)), Bun.sleep(graceMillis)])
  for (const command of commands) command.kill("SIGKILL")
}

/** Ends everything when a signal ends this process. */
export const endWithSignals = (): void => {
  for (const [signal, number] of [
    ["SIGINT", 2],
    ["SIGTERM", 15],
    ["SIGHUP", 1]
  ] as const) {
    process.on(signal, () => {
      void endAll().then(() => process.exit(128 + number))
    })
  }
}
