/** What a process inherits that would make it deaf. */
import { beforeAll, describe, expect, test } from "bun:test"
import { readFileSync } from "node:fs"
import { join } from "node:path"
import { Daemon, Directory, ensureExecutable, forms } from "../support/Daemon.ts"

beforeAll(ensureExecutable)

const execDeaf = join(import.meta.dir, "../../../../packages/fdpass/test/programs/execDeaf.ts")

for (const { command, name } of forms) {
  describe(name, () => {
    test("signals that were blocked and ignored at its start reach it", async () => {
      using directory = new Directory()
      const deaf = [process.execPath, execDeaf, ...command]
      await using daemon = await Daemon.start(deaf, ["serve", "--socket", directory.join("s")])
      const status = readFileSync(`/proc/${daemon.child.pid}/status`, "utf8")
      const [, blocked] = /^SigBlk:\s+(\S+)$/m.exec(status) ?? []
      expect(blocked).toBe("0".repeat(16))
      daemon.child.kill("SIGHUP")
      await daemon.untilSaid("reload: nothing changed")
      expect(await daemon.stop()).toBe(0)
    })
  })
}
