/** SIGHUP: the settings of a running `serve` are read again. */
import { beforeAll, describe, expect, test } from "bun:test"
import { rmSync, writeFileSync } from "node:fs"
import { Connection } from "@scached/reactor/effect"
import { Effect } from "effect"
import { PendingSignal } from "../../src/process/PendingSignal.ts"
import { ask, octets, runOnReactor, saveNewConnection } from "../support/CacheClient.ts"
import { Daemon, Directory, ensureExecutable, forms } from "../support/Daemon.ts"
import { linesOfScache } from "../support/Master.ts"

beforeAll(ensureExecutable)

/** What a line says behind its time. */
const saidBy = (daemon: Daemon): ReadonlyArray<string> =>
  daemon.stderr
    .trimEnd()
    .split("\n")
    .map((line) => line.replace(/^.{23} /, ""))

for (const { name, command } of forms) {
  describe(`SIGHUP, ${name}`, () => {
    const start = (directory: Directory, ...args: ReadonlyArray<string>) =>
      Daemon.start(command, [
        "serve",
        "--socket",
        directory.join("s"),
        "--config-directory",
        directory.path,
        ...linesOfScache,
        ...args
      ])

    test("a changed main.cf is told line by line, and holds; nothing cached is lost, no client disconnected", async () => {
      using directory = new Directory()
      const write = (text: string) => writeFileSync(directory.join("main.cf"), text)
      write("connection_cache_ttl_limit = 1h\n")
      await using daemon = await start(directory)
      await runOnReactor(
        Effect.gen(function* () {
          const cache = yield* Connection.connect(directory.join("s"))
          yield* saveNewConnection(cache, "before", 3600)
          write(
            "# new\nconnection_cache_ttl_limit = 1s\nconnection_cache_status_update_time = 5m\n" +
              "ipc_timeout = 1m\ndaemon_timeout = 2h\nmax_idle = 1h\nsyslog_name = cache\nscached_greeting = no\n"
          )
          daemon.child.kill("SIGHUP")
          yield* Effect.promise(() => daemon.untilSaid("scached_greeting was"))
          const late = yield* saveNewConnection(cache, "after", 3600)
          // It expires: the daemon held the only other copy. With the old limit that would take an hour.
          const end = late.receive.pipe(Effect.flip, Effect.timeout("20 seconds"))
          expect(yield* end).toMatchObject({ _tag: "ConnectionClosed" })
          expect(yield* ask(cache, { _tag: "FindEndpoint", label: octets("before") })).toMatchObject({
            _tag: "Received"
          })
        })
      )
      const file = directory.join("main.cf")
      expect(saidBy(daemon).slice(1)).toEqual([
        `scached: reload: connection_cache_ttl_limit was 3600s, is 1s (${file}, line 2)`,
        `scached: reload: connection_cache_status_update_time was 600s, is 300s (${file}, line 3)`,
        `scached: reload: daemon_timeout was 18000s, is 7200s (${file}, line 5), takes effect with a restart`,
        `scached: reload: ipc_timeout was 3600s, is 60s (${file}, line 4)`,
        `scached: reload: max_idle was 0s, is 3600s (${file}, line 6)`,
        `scached: reload: syslog_name was postfix, is cache (${file}, line 7), takes effect with a restart`,
        `scached: reload: scached_greeting was yes, is no (${file}, line 8)`,
        expect.stringMatching(/warning: a client asked for a ttl of 3600 s and got 1 s \(connection_cache_ttl_limit\)/)
      ])
      expect(await daemon.stop()).toBe(0)
    })

    test("what is set by -o stays, and what did not change is told so", async () => {
      using directory = new Directory()
      writeFileSync(directory.join("main.cf"), "ipc_timeout = 5s\n")
      await using daemon = await start(directory, "-o", "ipc_timeout=7s")
      writeFileSync(directory.join("main.cf"), "ipc_timeout = 9s\n")
      daemon.child.kill("SIGHUP")
      await daemon.untilSaid("reload: ")
      expect(saidBy(daemon).at(-1)).toBe("scached: reload: nothing changed")
      expect(await daemon.stop()).toBe(0)
    })

    test("a main.cf that is wrong, or gone, leaves the settings as they were", async () => {
      using directory = new Directory()
      const file = directory.join("main.cf")
      writeFileSync(file, "ipc_timeout = 5s\n")
      await using daemon = await start(directory)
      const reload = async (last: string) => {
        daemon.child.kill("SIGHUP")
        await daemon.untilSaid(last)
        return saidBy(daemon).at(-1)
      }
      writeFileSync(file, "ipc_timeout = never\n")
      const kept = "scached: error: reload: the settings stay as they were: "
      expect(await reload("never")).toStartWith(
        `${kept}parameter ipc_timeout: bad time value or unit: never (${file}, line 1)`
      )
      rmSync(file)
      expect(await reload("ENOENT")).toStartWith(`${kept}${file} cannot be read: no such file or directory (ENOENT)`)
      writeFileSync(file, "ipc_timeout = 5s\n")
      expect(await reload("nothing changed")).toBe("scached: reload: nothing changed")
      expect(await daemon.stop()).toBe(0)
    })

    test("json: a line has the parameter, the old value and the new one as fields", async () => {
      using directory = new Directory()
      writeFileSync(directory.join("main.cf"), "")
      await using daemon = await start(directory, "--log-format", "json")
      writeFileSync(directory.join("main.cf"), "ipc_timeout = 5s\n")
      daemon.child.kill("SIGHUP")
      await daemon.untilSaid("ipc_timeout")
      expect(JSON.parse(daemon.stderr.trimEnd().split("\n").at(-1) ?? "")).toMatchObject({
        level: "info",
        parameter: "ipc_timeout",
        old: "3600s",
        new: "5s",
        restart: false
      })
      expect(await daemon.stop()).toBe(0)
    })

    test("without a main.cf it goes on, and says so", async () => {
      using directory = new Directory()
      await using daemon = await Daemon.start(command, ["serve", "--socket", directory.join("s")])
      daemon.child.kill("SIGHUP")
      await daemon.untilSaid("nothing changed: there is no main.cf to read, see --config-directory\n")
      expect(await daemon.stop()).toBe(0)
    })
  })
}

test("a SIGHUP that comes before anybody can answer it is answered, and one after the end is not", () => {
  const hangUps = new PendingSignal()
  let answered = 0
  hangUps.raise()
  hangUps.raise()
  const stop = hangUps.answer(() => answered++)
  expect(answered).toBe(1)
  hangUps.raise()
  expect(answered).toBe(2)
  stop()
  hangUps.raise()
  expect(answered).toBe(2)
})
