/** A command in a process group of its own, read line by line, and ended with all its children. */
import { readdirSync, readFileSync } from "node:fs"

const running = new Set<Command>()

/** The processes that a process has started, and those that these have started: turbo gives each task a group of its own. */
const descendantsOf = (pid: number): ReadonlyArray<number> => {
  try {
    const tasks = readdirSync(`/proc/${pid}/task`)
    const children = tasks.flatMap(
      (task) => readFileSync(`/proc/${pid}/task/${task}/children`, "utf8").match(/\d+/g) ?? []
    )
    return children.map(Number).flatMap((child) => [child, ...descendantsOf(child)])
  } catch {
    // It has ended meanwhile.
    return []
  }
}

const signal = (pid: number, name: NodeJS.Signals): void => {
  try {
    process.kill(pid, name)
  } catch {
    // It has ended.
  }
}

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

  /** Ends it with everything that it started, at once or with the time to clean up. */
  async end(graceMillis = 0): Promise<void> {
    const { pid } = this.#child
    const processes = [pid, ...descendantsOf(pid)]
    if (graceMillis > 0) {
      signal(-pid, "SIGTERM")
      await Promise.race([this.#child.exited, Bun.sleep(graceMillis)])
    }
    for (const each of processes) signal(each, "SIGKILL")
  }
}

/** What a command has for cleaning up. */
const graceMillis = 2000

/** Ends all commands that run. */
export const endAll = async (): Promise<void> => {
  await Promise.all([...running].map((command) => command.end(graceMillis)))
}

/** Ends everything when a signal ends this process. */
export const endWithSignals = (): void => {
  for (const [name, number] of [
    ["SIGINT", 2],
    ["SIGTERM", 15],
    ["SIGHUP", 1]
  ] as const) {
    process.on(name, () => {
      void endAll().then(() => process.exit(128 + number))
    })
  }
}
