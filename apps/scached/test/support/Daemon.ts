import { existsSync, mkdtempSync, rmSync } from "node:fs"
import { tmpdir } from "node:os"
import { join } from "node:path"
import { type Subprocess, spawn } from "bun"

import { isCompilerHere, withoutNewCode } from "./withoutNewCode.ts"

const root = join(import.meta.dir, "../../../..")
const executable = join(root, "dist/scached")

/** The two forms in which scached runs: its sources on Bun, and the single file. Every test of the command runs both. */
export const forms: ReadonlyArray<{ readonly name: string; readonly command: ReadonlyArray<string> }> = [
  { name: "from source", command: [process.execPath, join(root, "apps/scached/src/main.ts")] },
  { name: "the executable", command: [executable] }
]

/** Both, and the executable once more where no memory can be made executable, as under systemd's MemoryDenyWriteExecute=yes. */
export const formsAndConfined: typeof forms = [
  ...forms,
  ...(isCompilerHere
    ? [{ name: "the executable without executable memory", command: [withoutNewCode(), executable] }]
    : [])
]

/** The executable is built before the tests; a test run by hand builds it when it is missing. */
export const ensureExecutable = (): void => {
  if (existsSync(executable)) return
  const build = Bun.spawnSync([process.execPath, join(root, "apps/scached/scripts/build.ts")], { cwd: root })
  if (build.exitCode !== 0) throw new Error(`dist/scached could not be built: ${build.stderr.toString()}`)
}

/** A directory of its own, gone at the end of the test. */
export class Directory implements Disposable {
  readonly path = mkdtempSync(join(tmpdir(), "scached-"))
  join(name: string): string {
    return join(this.path, name)
  }
  [Symbol.dispose](): void {
    rmSync(this.path, { recursive: true, force: true })
  }
}

/** Runs scached to its end. */
export const runToEnd = async (command: ReadonlyArray<string>, args: ReadonlyArray<string>, cwd?: string) => {
  const child = spawn([...command, ...args], { stdio: ["ignore", "pipe", "pipe"], cwd: cwd ?? root })
  const [stdout, stderr, exitCode] = await Promise.all([
    new Response(child.stdout).text(),
    new Response(child.stderr).text(),
    child.exited
  ])
  return { stdout, stderr, exitCode }
}

/** How a daemon is started. */
export interface DaemonOptions {
  readonly cwd?: string
  readonly env?: Record<string, string | undefined>
  /** Numbers of descriptors that it gets as 3 and up. */
  readonly passed?: ReadonlyArray<number>
}

/** A scached that is running and ready; ended with the test. */
export class Daemon implements AsyncDisposable {
  readonly child: Subprocess<"ignore", "ignore", "pipe">
  #stderr = ""
  readonly #done: Promise<void>
  #onOutput: () => void = () => {}

  private constructor(command: ReadonlyArray<string>, args: ReadonlyArray<string>, options: DaemonOptions) {
    const { cwd = root, env = process.env, passed = [] } = options
    this.child = spawn([...command, ...args], { stdio: ["ignore", "ignore", "pipe", ...passed], cwd, env })
    this.#done = this.#collect()
  }

  /** Resolves once it has said that it is listening. */
  static async start(
    command: ReadonlyArray<string>,
    args: ReadonlyArray<string>,
    options: DaemonOptions = {}
  ): Promise<Daemon> {
    const daemon = Daemon.startAnyhow(command, args, options)
    await daemon.untilSaid("listening on ")
    return daemon
  }

  /** Starts it without waiting for anything; it may be about to end. */
  static startAnyhow(command: ReadonlyArray<string>, args: ReadonlyArray<string>, options: DaemonOptions = {}): Daemon {
    return new Daemon(command, args, options)
  }

  get stderr(): string {
    return this.#stderr
  }

  /** Waits until standard error holds the text; throws when the daemon ends without it. */
  async untilSaid(text: string): Promise<void> {
    while (!this.#stderr.includes(text)) {
      const more = new Promise<"more">((resolve) => {
        this.#onOutput = () => resolve("more")
      })
      const event = await Promise.race([more, this.#done.then(() => "end" as const)])
      if (event === "end" && !this.#stderr.includes(text))
        throw new Error(`it ended without saying it: ${this.#stderr}`)
    }
  }

  /** Sends a signal and waits for the end; the exit code. */
  async stop(signal: NodeJS.Signals = "SIGTERM"): Promise<number> {
    this.child.kill(signal)
    return this.end()
  }

  /** Waits for the end; the exit code. */
  async end(): Promise<number> {
    const code = await this.child.exited
    await this.#done
    return code
  }

  async #collect(): Promise<void> {
    const decoder = new TextDecoder()
    for await (const chunk of this.child.stderr) {
      this.#stderr += decoder.decode(chunk, { stream: true })
      this.#onOutput()
    }
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.child.kill("SIGKILL")
    await this.child.exited
  }
}
