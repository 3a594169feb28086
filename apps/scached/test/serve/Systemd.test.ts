/** scached as a service of systemd, with the test in systemd's place. */
import { beforeAll, describe, expect, test } from "bun:test"
import {
  closeSync,
  existsSync,
  openSync,
  readdirSync,
  readFileSync,
  readlinkSync,
  statSync,
  writeFileSync
} from "node:fs"
import { Connection } from "@scached/reactor/effect"
import { Effect } from "effect"
import * as ListenSockets from "../../src/serve/systemd/ListenSockets.ts"
import * as Notifier from "../../src/serve/systemd/Notifier.ts"
import { ask, octets, runOnReactor, saveNewConnection } from "../support/CacheClient.ts"
import { Daemon, Directory, ensureExecutable, formsAndConfined, runToEnd } from "../support/Daemon.ts"
import { asListenOwner, NotifySocket, withListener } from "../support/SystemdStandIn.ts"

beforeAll(ensureExecutable)

/** The number of the listing itself is among those listed, and leads nowhere by then. */
const isSocket = (number: number): boolean => {
  try {
    return readlinkSync(`/proc/self/fd/${number}`).startsWith("socket:")
  } catch {
    return false
  }
}

const findEndpoint = { _tag: "FindEndpoint", label: octets("e") } as const

for (const { name, command } of formsAndConfined) {
  describe(`under systemd, ${name}`, () => {
    const serve = (directory: Directory) => ["serve", "--socket", directory.join("s")]

    test("says when it is ready, when it ends, and what it is doing", async () => {
      using directory = new Directory()
      using systemd = new NotifySocket(directory.join("notify"))
      const env = { ...process.env, NOTIFY_SOCKET: systemd.path }
      await using daemon = await Daemon.start(command, serve(directory), { env })
      expect([...systemd.next()]).toEqual([
        ["READY", "1"],
        ["STATUS", `listening on ${directory.join("s")}`]
      ])
      // Ready means that clients can come.
      await runOnReactor(Effect.asVoid(Connection.connect(directory.join("s"))))
      expect(await daemon.stop()).toBe(0)
      expect([...systemd.next()]).toEqual([
        ["STOPPING", "1"],
        ["STATUS", "ending"]
      ])
    })

    test("a reload is told at its begin, with a time that is not before its signal, and at its end", async () => {
      using directory = new Directory()
      using systemd = new NotifySocket(directory.join("notify"))
      writeFileSync(directory.join("main.cf"), "")
      const env = { ...process.env, NOTIFY_SOCKET: systemd.path }
      await using daemon = await Daemon.start(command, [...serve(directory), "--config-directory", directory.path], {
        env
      })
      systemd.nextWith("READY")
      // The same clock, and no better than to a hundredth of a second.
      const before = Number.parseFloat(readFileSync("/proc/uptime", "utf8")) * 1_000_000
      daemon.child.kill("SIGHUP")
      const reloading = systemd.next()
      expect(reloading.get("RELOADING")).toBe("1")
      expect(Number(reloading.get("MONOTONIC_USEC"))).toBeGreaterThan(before)
      expect(systemd.next().get("READY")).toBe("1")
      expect(await daemon.stop()).toBe(0)
    })

    test("serves the socket that is passed, and leaves its file alone", async () => {
      using directory = new Directory()
      const path = directory.join("passed")
      const env = { ...process.env, LISTEN_FDS: "1", LISTEN_FDNAMES: "scached.socket" }
      const starting = withListener(path, (number) =>
        Daemon.start(asListenOwner(command), ["serve"], { env, passed: [number] })
      )
      await using daemon = await starting
      const before = statSync(path)
      expect(daemon.stderr).toContain(`listening on ${path}, passed by systemd`)
      await runOnReactor(
        Effect.gen(function* () {
          const cache = yield* Connection.connect(path)
          yield* saveNewConnection(cache, "e", 2)
          expect(yield* ask(cache, findEndpoint)).toMatchObject({ _tag: "Received" })
        })
      )
      expect(await daemon.stop()).toBe(0)
      expect(statSync(path).ino).toBe(before.ino)
    })

    test("the watchdog hears that it is alive, also when nobody comes", async () => {
      using directory = new Directory()
      using systemd = new NotifySocket(directory.join("notify"))
      const env = { ...process.env, NOTIFY_SOCKET: systemd.path, WATCHDOG_USEC: "100000" }
      await using daemon = await Daemon.start(asListenOwner(command), serve(directory), { env })
      systemd.nextWith("READY")
      for (let beat = 0; beat < 3; beat++) expect(systemd.nextWith("WATCHDOG").get("WATCHDOG")).toBe("1")
      expect(await daemon.stop()).toBe(0)
    })

    test("what is passed and no listening socket, or told twice, is refused in one line", async () => {
      using directory = new Directory()
      const file = directory.join("file")
      const env = { ...process.env, LISTEN_FDS: "1" }
      const end = async (args: ReadonlyArray<string>, passed: number) => {
        await using daemon = Daemon.startAnyhow(asListenOwner(command), args, { env, passed: [passed] })
        return { exitCode: await daemon.end(), stderr: daemon.stderr }
      }
      writeFileSync(file, "")
      const number = openSync(file, "r")
      const noSocket = await end(["serve"], number)
      closeSync(number)
      expect(noSocket.exitCode).toBe(1)
      expect(noSocket.stderr).toMatch(/^scached: descriptor 3, passed by systemd, should be .* not a socket: the .*\n$/)
      const path = directory.join("passed")
      const twice = await withListener(path, (number) => end(serve(directory), number))
      expect(twice).toEqual({
        exitCode: 2,
        stderr: "scached: --socket: systemd passes the socket: remove this option, ListenStream= of the unit says it\n"
      })
      expect(existsSync(directory.join("s"))).toBe(false)
    })

    test("what does not listen is closed with a warning by its name, and what listens is served", async () => {
      using directory = new Directory()
      const path = directory.join("passed")
      const file = directory.join("file")
      writeFileSync(file, "")
      const number = openSync(file, "r")
      const env = { ...process.env, LISTEN_FDS: "3", LISTEN_FDNAMES: "stored:scached.socket:gone" }
      const starting = withListener(path, (listener) =>
        Daemon.start(asListenOwner(command), ["serve"], { env, passed: [number, listener] })
      )
      await using daemon = await starting
      closeSync(number)
      expect(daemon.stderr).toContain(
        'warning: descriptor 3 ("stored"), passed by systemd, is not a socket, and not a listening UNIX stream socket: it is closed'
      )
      expect(daemon.stderr).toContain('warning: descriptor 5 ("gone"), passed by systemd, is not open, and ')
      const open = readdirSync(`/proc/${daemon.child.pid}/fd`).map((each) =>
        readlinkSync(`/proc/${daemon.child.pid}/fd/${each}`)
      )
      expect(open).not.toContain(file)
      await runOnReactor(Effect.asVoid(Connection.connect(path)))
      expect(await daemon.stop()).toBe(0)
    })

    test("a port is refused, since no descriptor could come over it", async () => {
      const sockets = () => readdirSync("/proc/self/fd").map(Number).filter(isSocket)
      const before = new Set(sockets())
      using port = Bun.listen({ hostname: "127.0.0.1", port: 0, socket: { data: () => {} } })
      const passed = sockets().filter((number) => !before.has(number))
      expect(port.port).toBeGreaterThan(0)
      const env = { ...process.env, LISTEN_FDS: "1" }
      await using daemon = Daemon.startAnyhow(asListenOwner(command), ["serve"], { env, passed })
      expect(await daemon.end()).toBe(1)
      expect(daemon.stderr).toMatch(
        /^scached: descriptor 3, .* UNIX stream socket, but it is a port: the .socket unit .*\n$/
      )
    })

    test("a socket for notifications that nobody reads is a warning", async () => {
      using directory = new Directory()
      for (const [address, errno] of [
        [directory.join("missing"), "ENOENT"],
        [`@scached-nobody-${process.pid}`, "ECONNREFUSED"]
      ] as const) {
        const env = { ...process.env, NOTIFY_SOCKET: address }
        await using daemon = await Daemon.start(command, serve(directory), { env })
        expect(daemon.stderr).toMatch(new RegExp(`warning: NOTIFY_SOCKET: .*${errno}`))
        expect(await daemon.stop()).toBe(0)
      }
    })

    test("without systemd's variables --socket is needed", async () => {
      const ended = await runToEnd(command, ["serve"])
      expect([ended.exitCode, ended.stderr]).toEqual([
        2,
        "scached: --socket is missing: write scached serve --socket PATH\n"
      ])
      const env = { ...process.env, LISTEN_FDS: "1", LISTEN_PID: "1" }
      await using stray = Daemon.startAnyhow(command, ["serve"], { env })
      expect(await stray.end()).toBe(2)
      expect(stray.stderr).toBe(
        'scached: --socket is missing: write scached serve --socket PATH (LISTEN_FDS="1" LISTEN_PID="1" were not for this process)\n'
      )
    })
  })
}

describe("systemd's variables", () => {
  test("sockets of another process are not ours, and all variables are taken away", () => {
    const environment = (pid: string, count: string): Record<string, string | undefined> => ({
      LISTEN_PID: pid,
      LISTEN_FDS: count,
      LISTEN_FDNAMES: "x"
    })
    for (const [pid, count, expected] of [
      ["7", "2", 2],
      ["8", "2", 0],
      ["7", "0", 0],
      ["7", "-1", 0],
      ["7", "x", 0],
      ["", "1", 0]
    ] as const) {
      const variables = environment(pid, count)
      const names = expected === 0 ? [] : ["x"]
      expect(ListenSockets.takePassed(variables, 7)).toEqual({ count: expected, names })
      expect(variables).toEqual({})
    }
  })

  test("a watchdog for another process is not ours", () => {
    const take = (owner?: string) => {
      const environment: Record<string, string | undefined> = { NOTIFY_SOCKET: "/x", WATCHDOG_USEC: "5", HOME: "/" }
      if (owner !== undefined) environment["WATCHDOG_PID"] = owner
      const settings = Notifier.takeSettings(environment, 7)
      expect(environment).toEqual({ HOME: "/" })
      return settings
    }
    expect(take()).toEqual({ address: "/x", watchdogMicros: 5 })
    expect(take("7")).toEqual({ address: "/x", watchdogMicros: 5 })
    expect(take("8")).toEqual({ address: "/x", watchdogMicros: undefined })
    expect(Notifier.takeSettings({ NOTIFY_SOCKET: "" }, 7).address).toBeUndefined()
  })
})
