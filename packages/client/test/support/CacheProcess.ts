import { mkdtempSync, rmSync } from "node:fs"
import { tmpdir } from "node:os"
import { join } from "node:path"

/** A cache in a process of its own, in a directory of its own; ended with the test. */
export class CacheProcess implements AsyncDisposable {
  readonly path: string
  readonly #directory: string
  readonly #child

  private constructor(conduct: ReadonlyArray<"stalled">) {
    this.#directory = mkdtempSync(join(tmpdir(), "scached-client-"))
    this.path = join(this.#directory, "cache")
    const program = join(import.meta.dir, "../programs/cache.ts")
    const command = [process.execPath, program, this.path, ...conduct]
    this.#child = Bun.spawn(command, { stdio: ["pipe", "pipe", "inherit"] })
  }

  static async start(...conduct: ReadonlyArray<"stalled">): Promise<CacheProcess> {
    const started = new CacheProcess(conduct)
    const { value } = await started.#child.stdout.getReader().read()
    if (value === undefined) throw new Error("the cache ended before it was ready")
    return started
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#child.stdin.end()
    this.#child.kill("SIGKILL")
    await this.#child.exited
    rmSync(this.#directory, { recursive: true })
  }
}
