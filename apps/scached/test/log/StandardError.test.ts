/** What standard error can be, on the real kernel. */
import { beforeAll, describe, expect, test } from "bun:test"
import { closeSync, existsSync, openSync, readFileSync, readSync, writeSync } from "node:fs"
import { Directory, ensureExecutable, forms } from "../support/Daemon.ts"

beforeAll(ensureExecutable)

for (const { command, name } of forms) {
  describe(name, () => {
    /** Runs a daemon until it has made its socket, and then to its end. */
    const run = async (directory: Directory, standardError: number): Promise<number> => {
      const path = directory.join("s")
      const child = Bun.spawn([...command, "serve", "--socket", path, "-v"], {
        stdio: ["ignore", "ignore", standardError]
      })
      while (!existsSync(path) && child.exitCode === null) await Bun.sleep(5)
      child.kill("SIGTERM")
      return child.exited
    }

    test("a file gets its lines behind what others have written to it", async () => {
      using directory = new Directory()
      const file = openSync(directory.join("log"), "w")
      writeSync(file, "before\n")
      expect(await run(directory, file)).toBe(0)
      writeSync(file, "after\n")
      closeSync(file)
      expect(readFileSync(directory.join("log"), "utf8")).toMatch(/^before\n.* listening on .*\nafter\n$/s)
    })

    test("a FIFO gets its lines, and none once it has no reader", async () => {
      using directory = new Directory()
      const path = directory.join("fifo")
      expect(Bun.spawnSync(["mkfifo", path]).exitCode).toBe(0)
      const reader = openSync(path, "r+")
      const writer = openSync(path, "w")
      expect(await run(directory, writer)).toBe(0)
      const bytes = Buffer.alloc(4_096)
      expect(bytes.toString("latin1", 0, readSync(reader, bytes))).toContain(" listening on ")
      closeSync(reader)
      expect(await run(directory, writer)).toBe(0)
      closeSync(writer)
    })

    test("what fails, as a full disk does, costs nothing but the lines", async () => {
      using directory = new Directory()
      const full = openSync("/dev/full", "w")
      expect(await run(directory, full)).toBe(0)
      closeSync(full)
    })
  })
}
