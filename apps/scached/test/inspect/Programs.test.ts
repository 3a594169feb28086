/** `scached status`, `list`, `watch`, `top` and `check` as programs, beside a daemon in both modes. */
import { afterAll, beforeAll, describe, expect, test } from "bun:test"
import { chmodSync, writeFileSync } from "node:fs"
import { join } from "node:path"
import { Connection } from "@scached/reactor/effect"
import { Effect, Schema } from "effect"
import * as InspectCommandLine from "../../src/inspect/InspectCommandLine.ts"
import { CheckJson, EntryJson, EventJson, StatusJson } from "../../src/inspect/InspectJson.ts"
import { helpOf } from "../../src/inspect/inspectHelp.ts"
import { runOnReactor, saveNewConnection } from "../support/CacheClient.ts"
import { Daemon, Directory, ensureExecutable, forms, runToEnd } from "../support/Daemon.ts"
import * as Master from "../support/Master.ts"

beforeAll(ensureExecutable)

const isRoot = process.getuid?.() === 0

describe("--help", () => {
  for (const program of InspectCommandLine.programs) {
    test(`of ${program} has lines of at most 80 columns, and every option`, () => {
      const page = helpOf[program]
      expect(page.split("\n").filter((line) => line.length > 80)).toEqual([])
      for (const name of Object.keys(InspectCommandLine.options[program])) expect(page).toContain(`--${name}`)
    })
  }
})

test("list prints nothing but the reason where another program answers", async () => {
  using directory = new Directory()
  const path = directory.join("s")
  using _server = Bun.listen({
    unix: path,
    socket: { open: (socket) => void socket.write("protocol\0delivery_request_protocol\0\0"), data: () => {} }
  })
  const command = forms[0]?.command ?? []
  expect(await runToEnd(command, ["list", "--socket", path])).toEqual({
    stdout: "",
    stderr: expect.stringContaining('the server speaks "delivery_request_protocol"'),
    exitCode: 1
  })
})

describe.skipIf(!isRoot)("another user", () => {
  const main = join(import.meta.dir, "../../src/inspect/main.ts")
  /** Becomes nobody after the modules are loaded, which only root may be able to read. */
  const statusAsNobody = (path: string) =>
    runToEnd(
      [process.execPath, "-e"],
      [
        `const { main } = await import(${JSON.stringify(main)})
        process.setgroups([])
        process.setgid(65534)
        process.setuid(65534)
        await main(["status", "--socket", ${JSON.stringify(path)}])`
      ]
    )

  test("is refused with exit status 3 by the rights on the socket", async () => {
    using directory = new Directory()
    const path = directory.join("s")
    expect(await statusAsNobody(path)).toEqual({
      stdout: "",
      stderr: `scached: ${path}: this user may not use it: ask as root, or as the user that scached runs as\n`,
      exitCode: 3
    })
  })

  test("reads why it was disconnected, where the rights on the socket let it connect", async () => {
    using directory = new Directory()
    chmodSync(directory.path, 0o755)
    const path = directory.join("s")
    const command = forms[0]?.command ?? []
    await using _daemon = await Daemon.start(command, ["serve", "--socket", path, "--mode", "0666"])
    expect(await statusAsNobody(path)).toEqual({
      stdout: "",
      stderr: `scached: ${path}: it has closed the connection: it has ended, or this user may not connect\n`,
      exitCode: 1
    })
  })
})

for (const { command, name } of forms) {
  describe(name, () => {
    const directory = new Directory()
    const path = directory.join("s")
    let daemon: Daemon
    beforeAll(async () => {
      daemon = await Daemon.start(command, ["serve", "--socket", path, "-o", "connection_cache_ttl_limit=1h"])
    })
    afterAll(async () => {
      await daemon[Symbol.asyncDispose]()
      directory[Symbol.dispose]()
    })
    const run = (...words: ReadonlyArray<string>) => runToEnd(command, words)

    test("status and list say what is cached, as text and as JSON that fits its schema", () =>
      runOnReactor(
        Effect.gen(function* () {
          const cache = yield* Connection.connect(path)
          yield* saveNewConnection(cache, "smtp\nhost\n", 60)
          const [status, statusJson, list, listJson] = yield* Effect.promise(() =>
            Promise.all([
              run("status", "--socket", path),
              run("status", "--socket", path, "--json"),
              run("list", "--socket", path),
              run("list", "--socket", path, "--json")
            ])
          )
          expect([status.exitCode, statusJson.exitCode, list.exitCode, listJson.exitCode]).toEqual([0, 0, 0, 0])
          expect(status.stdout).toMatch(/^scached \S+, mode serve, pid \d+, up .*\n/)
          expect(status.stdout).toMatch(/^ {2}connections +1 {2}of \d+$/m)
          expect(status.stdout.split("\n").filter((line) => line.length > 80)).toEqual([])
          expect(Schema.decodeUnknownSync(StatusJson)(JSON.parse(statusJson.stdout)).gauges["connections"]).toBe(1)
          expect(list.stdout.split("\n")).toEqual([
            expect.stringMatching(/^KIND .* LABEL$/),
            expect.stringMatching(/^connection +[\d.]+ s +[\d.]+ s +- +\d+ +\d+ +1 {2}smtp\\nhost\\n$/),
            ""
          ])
          const entry = Schema.decodeUnknownSync(EntryJson)(JSON.parse(listJson.stdout))
          expect(entry).toMatchObject({ kind: "connection", label: { text: "smtp\nhost\n", octets: 10 } })
        })
      ))

    test("watch prints events as they come, and ends with the daemon", async () => {
      using own = new Directory()
      const socket = own.join("s")
      await using watched = await Daemon.start(command, ["serve", "--socket", socket])
      const watch = Bun.spawn([...command, "watch", "--socket", socket, "--json"], {
        stdio: ["ignore", "pipe", "pipe"]
      })
      const watchers = async (): Promise<number> => {
        const { stdout } = await run("status", "--socket", socket, "--json")
        return Schema.decodeUnknownSync(StatusJson)(JSON.parse(stdout)).gauges["watchers"] ?? 0
      }
      while ((await watchers()) === 0);
      await runOnReactor(
        Effect.gen(function* () {
          const cache = yield* Connection.connect(socket)
          yield* saveNewConnection(cache, "seen", 1)
        })
      )
      const decoder = new TextDecoder()
      let said = ""
      for await (const chunk of watch.stdout) {
        said += decoder.decode(chunk)
        if (said.includes('"event":"hung up"') || said.includes('"event":"expired"')) break
      }
      await watched.stop()
      const [first = ""] = said.split("\n")
      const event = Schema.decodeUnknownSync(EventJson)(JSON.parse(first))
      expect(event).toMatchObject({ event: "saved", label: { text: "seen" }, client: { pid: process.pid } })
      expect(await watch.exited).toBe(1)
      expect(await new Response(watch.stderr).text()).toContain("it has closed the connection")
    })

    test("what is wrong is told in a line, with an exit status", async () => {
      const nowhere = directory.join("nowhere")
      expect(await run("status", "--socket", nowhere)).toEqual({
        stdout: "",
        stderr: `scached: ${nowhere}: there is no such socket: is scached running there? Name its socket with --socket\n`,
        exitCode: 1
      })
      expect((await run("list", "--sockets", path)).exitCode).toBe(2)
      expect((await run("top", "--socket", path, "--interval", "soon")).exitCode).toBe(2)
      const top = await run("top", "--socket", path)
      expect([top.exitCode, top.stderr]).toEqual([2, expect.stringContaining("standard output is no terminal")])
    })

    test("check says what main.cf means, where it comes from, and what is wrong", async () => {
      using own = new Directory()
      const main = own.join("main.cf")
      writeFileSync(main, "connection_cache_ttl_limit = 1s\n")
      const text = await run("check", "--config-directory", own.path)
      expect(text.exitCode).toBe(1)
      expect(text.stdout).toContain(`connection_cache_ttl_limit = 1s  (${main}, line 1)`)
      expect(text.stdout).toContain("smtp_connection_cache_time_limit is 2 s and connection_cache_ttl_limit 1 s")
      const { exitCode, stdout } = await run(
        "check",
        "--config-directory",
        own.path,
        "--json",
        "-o",
        "connection_cache_ttl_limit=1h"
      )
      const report = Schema.decodeUnknownSync(CheckJson)(JSON.parse(stdout))
      expect([exitCode, report.remarks]).toEqual([0, []])
      expect(report.settings.find((each) => each.name === "connection_cache_ttl_limit")?.value).toBe("3600s")
      writeFileSync(main, "connection_cache_ttl_limit = later\n")
      const wrong = await run("check", "--config-directory", own.path)
      expect([wrong.exitCode, wrong.stdout]).toEqual([2, ""])
      expect(wrong.stderr).toContain("connection_cache_ttl_limit")
    })

    test.skipIf(!isRoot)("a service of master(8) answers too", () =>
      runOnReactor(
        Effect.gen(function* () {
          const service = yield* Master.start(command, ["-l", "-n", "scache", "-t", "unix"])
          const cache = yield* Connection.connect(service.socketPath)
          yield* saveNewConnection(cache, "label", 60)
          const status = yield* Effect.promise(() => run("status", "--socket", service.socketPath, "--json"))
          const { gauges, mode, settings } = Schema.decodeUnknownSync(StatusJson)(JSON.parse(status.stdout))
          expect([mode, gauges["connections"], settings["syslog_name"]]).toEqual(["master", 1, "lab"])
        })
      )
    )
  })
}
