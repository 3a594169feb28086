import { mkdtempSync, rmSync } from "node:fs"
import { tmpdir } from "node:os"
import { join } from "node:path"
import type { Load } from "./Load.ts"

/**
 * A load without a client, as a control: as many requests at once, and as often, over one socket of Bun's own, to a server in a process of
 * its own that answers each byte with a byte. What holds the loop of such a program is Bun, its collector, and the machine.
 */
export class EchoProgram implements AsyncDisposable {
  readonly #directory = mkdtempSync(join(tmpdir(), "scached-echo-"))
  readonly #child
  #socket: Bun.Socket<undefined> | undefined
  readonly #waiting: Array<() => void> = []

  private constructor() {
    const command = [process.execPath, join(import.meta.dir, "echo.ts"), this.#path]
    this.#child = Bun.spawn(command, { stdio: ["pipe", "pipe", "inherit"] })
  }

  static async start(): Promise<EchoProgram> {
    const program = new EchoProgram()
    await program.#child.stdout.getReader().read()
    const socket = { data: (_: unknown, bytes: Uint8Array) => program.#answered(bytes.length) }
    program.#socket = await Bun.connect({ unix: program.#path, socket })
    return program
  }

  get #path(): string {
    return join(this.#directory, "echo")
  }

  load(atOnce: number, perSecond: number): Load {
    const beginMillis = performance.now()
    let isOver = false
    let [asked, answered] = [0, 0]
    const ask = async () => {
      asked++
      await this.#ask()
      answered++
    }
    // Not a promise for each turn: a turn without a request is to leave no garbage.
    const run = (): void => {
      const due = ((performance.now() - beginMillis) * perSecond) / 1000
      while (asked < due && asked - answered < atOnce) void ask()
      if (!isOver) setImmediate(run)
    }
    run()
    return {
      operations: () => answered,
      stop: () => {
        isOver = true
        return Promise.resolve()
      }
    }
  }

  #ask(): Promise<void> {
    this.#socket?.write("x")
    return new Promise((resolve) => this.#waiting.push(resolve))
  }

  #answered(count: number): void {
    for (const answer of this.#waiting.splice(0, count)) answer()
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#socket?.end()
    await this.#child.stdin.end()
    await this.#child.exited
    rmSync(this.#directory, { recursive: true })
  }
}
