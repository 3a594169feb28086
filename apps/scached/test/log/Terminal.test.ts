/** A terminal that was paused, on a real pseudo-terminal: nobody waits for it. */
import { beforeAll, describe, expect, test } from "bun:test"
import { chmodSync, existsSync, readdirSync, readFileSync, readlinkSync } from "node:fs"
import { connect } from "node:net"
import { Directory, ensureExecutable, forms } from "../support/Daemon.ts"

beforeAll(ensureExecutable)

const isRoot = process.getuid?.() === 0
const hasTools = ["setpriv", "setsid"].every((tool) => Bun.which(tool) !== null)
const nonBlocking = 0o4000
const pause = "\x13"
const goOn = "\x11"
const malformed = "request\0nonsense\0\0"

/** A scached on a terminal of its own, which is its controlling one. */
class TerminalDaemon implements AsyncDisposable {
  readonly child
  readonly terminal: Bun.Terminal
  shown = ""
  #onData: () => void = () => {}

  constructor(command: ReadonlyArray<string>, args: ReadonlyArray<string>) {
    this.terminal = new Bun.Terminal({
      // A line must not be cut.
      cols: 500,
      data: (_, data) => {
        this.shown += Buffer.from(data).toString()
        this.#onData()
      }
    })
    this.child = Bun.spawn([...command, ...args], { terminal: this.terminal })
  }

  async untilShown(text: string): Promise<void> {
    while (!this.shown.includes(text)) {
      const more = new Promise<void>((resolve) => {
        this.#onData = resolve
      })
      const ended = await Promise.race([more, this.child.exited.then((code) => code)])
      if (typeof ended === "number" && !this.shown.includes(text)) throw new Error(`it ended: ${this.shown}`)
    }
  }

  press(key: string): void {
    this.terminal.write(key)
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.child.kill("SIGKILL")
    await this.child.exited
    this.terminal.close()
  }
}

/** Sends a request on a connection of its own, and resolves with what comes after the greeting. */
const ask = (path: string, request: string): Promise<string> =>
  new Promise((resolve, reject) => {
    let heard = ""
    const socket = connect(path, () => socket.write(request))
    socket.on("error", reject)
    socket.on("data", (data) => {
      heard += data.toString("latin1")
      if (!heard.includes("status\0")) return
      socket.destroy()
      resolve(heard.slice(heard.indexOf("status\0")))
    })
  })

const flagsOfStandardError = (processId: number): number =>
  Number.parseInt(/^flags:\s+(\d+)$/m.exec(readFileSync(`/proc/${processId}/fdinfo/2`, "utf8"))?.[1] ?? "", 8)

const openFiles = (processId: number): ReadonlyArray<string> =>
  readdirSync(`/proc/${processId}/fd`).map((number) => readlinkSync(`/proc/${processId}/fd/${number}`))

for (const { command, name } of forms) {
  describe(name, () => {
    const pausing = async (words: ReadonlyArray<string>, directory: Directory, reopened: string | undefined) => {
      const path = directory.join("s")
      await using daemon = new TerminalDaemon(words, ["serve", "--socket", path])
      await daemon.untilShown("listening on ")
      expect(flagsOfStandardError(daemon.child.pid) & nonBlocking).toBe(0)
      // As which it was opened for the log.
      if (reopened !== undefined) expect(openFiles(daemon.child.pid)).toContain(reopened)
      daemon.press(pause)
      for (let left = 100; left > 0; left--) expect(await ask(path, malformed)).toBe("status\x001\0\0")
      const shownPaused = daemon.shown.length
      daemon.press(goOn)
      await daemon.untilShown("more warnings were not written")
      expect(daemon.shown.length).toBeGreaterThan(shownPaused)
      daemon.press(pause)
      expect(await ask(path, malformed)).toBe("status\x001\0\0")
      daemon.child.kill("SIGTERM")
      expect(await daemon.child.exited).toBe(0)
      expect(existsSync(path)).toBe(false)
    }

    test("a paused terminal holds neither clients nor SIGTERM up, and shows the lines later", async () => {
      using directory = new Directory()
      await pausing(command, directory, undefined)
    })

    describe.skipIf(!isRoot || !hasTools)("another user's terminal", () => {
      const asNobody = ["setpriv", "--reuid=65534", "--regid=65534", "--clear-groups", "--"]

      test("does not either where it is the controlling one: it can be opened under its other name", async () => {
        using directory = new Directory()
        chmodSync(directory.path, 0o1777)
        await pausing(["setsid", "--ctty", ...asNobody, ...command], directory, "/dev/tty")
      })

      test("does not either where it cannot be opened at all", async () => {
        using directory = new Directory()
        chmodSync(directory.path, 0o1777)
        await pausing([...asNobody, ...command], directory, undefined)
      })
    })
  })
}
