/** A cleaner removes the socket's file, or its lock too, while the cache runs. */
import { beforeAll, describe, expect, test } from "bun:test"
import { existsSync, unlinkSync, writeFileSync } from "node:fs"
import { Connection } from "@scached/reactor/effect"
import { Effect } from "effect"
import { ask, octets, runOnReactor, saveNewConnection } from "../support/CacheClient.ts"
import { Daemon, Directory, ensureExecutable, forms, runToEnd } from "../support/Daemon.ts"

beforeAll(ensureExecutable)

for (const { name, command } of forms) {
  describe(`the socket's file, ${name}`, () => {
    test("is there again after SIGHUP, with all that was cached, and clients of before are served on", async () => {
      using directory = new Directory()
      const path = directory.join("s")
      await using daemon = await Daemon.start(command, [
        "serve",
        "--socket",
        path,
        "-o",
        "connection_cache_ttl_limit=1h"
      ])
      await runOnReactor(
        Effect.gen(function* () {
          const early = yield* Connection.connect(path)
          yield* saveNewConnection(early, "kept", 3600)
          unlinkSync(path)
          daemon.child.kill("SIGHUP")
          yield* Effect.promise(() => daemon.untilSaid("was gone and is there again"))
          const late = yield* Connection.connect(path)
          expect(yield* ask(late, { _tag: "FindEndpoint", label: octets("kept") })).toMatchObject({ _tag: "Received" })
          yield* saveNewConnection(early, "more", 3600)
          expect(yield* ask(late, { _tag: "FindEndpoint", label: octets("more") })).toMatchObject({ _tag: "Received" })
        })
      )
      expect(await daemon.stop()).toBe(0)
      expect(existsSync(path)).toBe(false)
    })

    test("is there again at the end of a statistics interval, the lock as well", async () => {
      using directory = new Directory()
      const path = directory.join("s")
      const interval = "connection_cache_status_update_time=1s"
      await using daemon = await Daemon.start(command, ["serve", "--socket", path, "-o", interval])
      for (const file of [path, `${path}.lock`]) unlinkSync(file)
      await daemon.untilSaid("was gone and is there again")
      const other = await runToEnd(command, ["serve", "--socket", path])
      expect(other.stderr).toContain(`another server answers at ${path}`)
      expect(await daemon.stop()).toBe(0)
    })

    test("a second scached says that the first one's socket is gone, not that it answers", async () => {
      using directory = new Directory()
      const path = directory.join("s")
      await using daemon = await Daemon.start(command, ["serve", "--socket", path])
      unlinkSync(path)
      const { stderr } = await runToEnd(command, ["serve", "--socket", path])
      expect(stderr).toContain(`another server holds ${path}.lock: stop it first`)
      expect(await daemon.stop()).toBe(0)
    })

    test("what somebody else has put there is left alone, and logged once", async () => {
      using directory = new Directory()
      const path = directory.join("s")
      await using daemon = await Daemon.start(command, ["serve", "--socket", path])
      unlinkSync(path)
      writeFileSync(path, "not a socket")
      daemon.child.kill("SIGHUP")
      await daemon.untilSaid("something else stands at")
      daemon.child.kill("SIGHUP")
      await daemon.untilSaid("something else stands at")
      expect(await daemon.stop()).toBe(0)
      expect(daemon.stderr.split("something else stands at").length).toBe(2)
      expect(existsSync(path)).toBe(true)
    })
  })
}
