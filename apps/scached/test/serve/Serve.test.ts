import { beforeAll, describe, expect, test } from "bun:test"
import { existsSync, statSync, writeFileSync } from "node:fs"
import { Connection } from "@scached/reactor/effect"
import { Effect } from "effect"
import { serveParameters } from "../../src/serve/ServeParameters.ts"
import { ask, octets, runOnReactor, saveNewConnection, ttl } from "../support/CacheClient.ts"
import { Daemon, Directory, ensureExecutable, formsAndConfined, runToEnd } from "../support/Daemon.ts"

beforeAll(ensureExecutable)

/** Fifteen starts one after the other, on a machine with other things to do. */
const manyStartsMillisMax = 60_000

for (const { name, command } of formsAndConfined) {
  describe(`scached, ${name}`, () => {
    const serve = (socket: string, ...args: ReadonlyArray<string>) => ["serve", "--socket", socket, ...args]

    test("keeps a connection and hands the very same one over", async () => {
      using directory = new Directory()
      await using daemon = await Daemon.start(command, serve(directory.join("s")))
      await runOnReactor(
        Effect.gen(function* () {
          const cache = yield* Connection.connect(directory.join("s"))
          const far = yield* saveNewConnection(cache, "e", 2)
          const bind = {
            _tag: "SaveDestination",
            ttlSeconds: ttl(2),
            label: octets("d"),
            properties: octets("dp")
          } as const
          yield* ask(cache, { ...bind, endpointLabel: octets("e") })
          const other = yield* Connection.connect(directory.join("s"))
          const found = yield* ask(other, { _tag: "FindDestination", label: octets("d") })
          if (found._tag !== "Received") throw new Error(`not found: ${JSON.stringify(found)}`)
          expect(found.reply).toEqual({
            _tag: "DestinationReply",
            status: 0,
            destinationProperties: octets("dp"),
            properties: octets("p")
          })
          const handed = yield* Connection.make(found.descriptor)
          yield* handed.send(Buffer.from("through"))
          expect(Buffer.from((yield* far.receive).bytes).toString()).toBe("through")
          expect(yield* ask(other, { _tag: "FindEndpoint", label: octets("e") })).toMatchObject({
            _tag: "Answered",
            reply: { status: 2 }
          })
        })
      )
      expect(await daemon.stop()).toBe(0)
    })

    for (const signal of ["SIGTERM", "SIGINT", "SIGQUIT"] as const) {
      test(`${signal} closes all that is cached, removes the socket and exits 0`, async () => {
        using directory = new Directory()
        await using daemon = await Daemon.start(
          command,
          serve(directory.join("s"), "-o", "connection_cache_ttl_limit=1h")
        )
        await runOnReactor(
          Effect.gen(function* () {
            const cache = yield* Connection.connect(directory.join("s"))
            const far = yield* saveNewConnection(cache, "e", 3600)
            const code = yield* Effect.promise(() => daemon.stop(signal))
            expect(code).toBe(0)
            // The end of the stream: the daemon held the only other copy.
            expect(yield* Effect.flip(far.receive)).toMatchObject({ _tag: "ConnectionClosed" })
          })
        )
        expect(existsSync(directory.join("s"))).toBe(false)
      })
    }

    test("the socket has mode 0600, or the one that was asked for", async () => {
      using directory = new Directory()
      await using standard = await Daemon.start(command, serve(directory.join("a")))
      expect(statSync(directory.join("a")).mode & 0o777).toBe(0o600)
      await using wide = await Daemon.start(command, serve(directory.join("b"), "--mode", "0666"))
      expect(statSync(directory.join("b")).mode & 0o777).toBe(0o666)
      expect([await standard.stop(), await wide.stop()]).toEqual([0, 0])
    })

    test("a socket in use is left alone, with exit status 1", async () => {
      using directory = new Directory()
      await using first = await Daemon.start(command, serve(directory.join("s")))
      const before = statSync(directory.join("s")).ino
      const second = await runToEnd(command, serve(directory.join("s")))
      expect(second).toMatchObject({ stdout: "", exitCode: 1 })
      const path = directory.join("s")
      expect(second.stderr).toBe(`scached: another server answers at ${path}: stop it first, or choose another path\n`)
      expect(statSync(path).ino).toBe(before)
      expect(await first.stop()).toBe(0)
    })

    test("a stale socket is replaced", async () => {
      using directory = new Directory()
      await using killed = await Daemon.start(command, serve(directory.join("s")))
      await killed.stop("SIGKILL")
      expect(existsSync(directory.join("s"))).toBe(true)
      await using next = await Daemon.start(command, serve(directory.join("s")))
      expect(await next.stop()).toBe(0)
      expect(existsSync(directory.join("s"))).toBe(false)
    })

    test("max_idle ends it with exit status 0", async () => {
      using directory = new Directory()
      const ended = await runToEnd(command, serve(directory.join("s"), "-o", "max_idle=1s"))
      expect(ended.exitCode).toBe(0)
      expect(ended.stderr).toContain("no client for 1 s (max_idle): leaving")
      expect(existsSync(directory.join("s"))).toBe(false)
    })

    test("malformed requests get one line with the client's pid and uid", async () => {
      using directory = new Directory()
      await using daemon = await Daemon.start(command, serve(directory.join("s")))
      await runOnReactor(
        Effect.gen(function* () {
          const cache = yield* Connection.connect(directory.join("s"))
          yield* cache.send(Buffer.from("request\0find_endp\0name\0x\0\0"))
          yield* Effect.promise(() => daemon.untilSaid("warning: "))
        })
      )
      expect(await daemon.stop()).toBe(0)
      expect(daemon.stderr).toMatch(
        new RegExp(`scached: warning: client pid=${process.pid} uid=${process.getuid?.()}: .*label.*name.*$`, "m")
      )
    })

    test("-v logs clients and requests", async () => {
      using directory = new Directory()
      await using daemon = await Daemon.start(command, serve(directory.join("s"), "-v"))
      await runOnReactor(
        Effect.gen(function* () {
          const cache = yield* Connection.connect(directory.join("s"))
          yield* ask(cache, { _tag: "FindEndpoint", label: octets("smtp\nx") })
        })
      )
      await daemon.untilSaid(": disconnect")
      for (const expected of [": connect\n", 'find_endp label="smtp?x": nothing cached']) {
        expect(daemon.stderr).toContain(expected)
      }
      expect(await daemon.stop()).toBe(0)
    })

    describe("a command line that cannot be carried out: one line, exit status 2, nothing created", () => {
      const cases: ReadonlyArray<readonly [string, (directory: Directory) => ReadonlyArray<string>, RegExp]> = [
        ["no command", () => [], /nothing to do: write scached serve --socket PATH/],
        [
          "an unknown command",
          () => ["frobnicate"],
          /unknown command "frobnicate": the commands are serve, install, status, list, watch, top and check/
        ],
        ["no socket", () => ["serve"], /--socket is missing/],
        ["an unknown option", (d) => serve(d.join("s"), "--frobnicate"), /--frobnicate.*see scached --help/],
        ["a word too many", (d) => serve(d.join("s"), "word"), /"word" is not an option/],
        [
          "an unknown parameter",
          (d) => serve(d.join("s"), "-o", "x=1"),
          /unknown parameter "x", .* those that count here are connection_cache/
        ],
        [
          "a parameter without a value",
          (d) => serve(d.join("s"), "-o", "max_idle"),
          /"max_idle": missing '=' after parameter name: write -o name=value/
        ],
        [
          "a bad time",
          (d) => serve(d.join("s"), "-o", "max_idle=5x"),
          /parameter max_idle: bad time value or unit: 5x \(set on the command line\): expected .* m, h/
        ],
        [
          "too short a time",
          (d) => serve(d.join("s"), "-o", "ipc_timeout=0"),
          /invalid ipc_timeout: 0 \(min 1\) \(set on the command line\)/
        ],
        [
          "a bad mode",
          (d) => serve(d.join("s"), "--mode", "rw"),
          /--mode rw: not a file mode: write three octal digits, .*: 600 or 0660$/m
        ],
        [
          "a bad log format",
          (d) => serve(d.join("s"), "--log-format", "xml"),
          /--log-format xml: write text or json$/m
        ],
        ["a bad place for the log", (d) => serve(d.join("s"), "--log-to", "/dev/null"), /write stderr or syslog$/m],
        [
          "no main.cf",
          (d) => serve(d.join("s"), "--config-directory", d.join("no")),
          /\/no\/main\.cf cannot be read: no such file or directory \(ENOENT\): is --config-directory/
        ],
        [
          "a line of main.cf that is none",
          (d) => serve(d.join("s"), "--config-directory", d.path),
          /main\.cf, line 2: missing '=' after parameter name: "word"/
        ],
        [
          "two directories of main.cf",
          (d) => serve(d.join("s"), "--config-directory", d.path, "-o", "config_directory=/x"),
          /differ: give one of them/
        ],
        [
          "too long a path",
          (d) => serve(d.join("s".repeat(120))),
          /is \d+ bytes long, a UNIX socket takes at most 107/
        ],
        ["a missing directory", (d) => serve(d.join("no/er/s")), /its directory does not exist: make \S+\/no first/],
        [
          "a path through a file",
          () => serve("/etc/passwd/x"),
          /\/etc\/passwd\/x: \/etc\/passwd is not a directory: choose/
        ],
        ["a file in the way", (d) => serve(d.join("file")), /is a file that is not a socket: choose another path/],
        ["a directory in the way", (d) => serve(d.path), /is a directory: choose another path/]
      ]
      for (const [what, args, expected] of cases) {
        test(what, async () => {
          using directory = new Directory()
          writeFileSync(directory.join("file"), "")
          writeFileSync(directory.join("main.cf"), "# nothing\nword\n")
          const before = new Bun.Glob("**").scanSync({ cwd: directory.path, onlyFiles: false })
          const names = [...before].sort()
          const ended = await runToEnd(command, args(directory))
          expect(ended).toMatchObject({ stdout: "", exitCode: 2 })
          expect(ended.stderr).toMatch(/^scached: [^\n]+\n$/)
          expect(ended.stderr).toMatch(expected)
          expect([...new Bun.Glob("**").scanSync({ cwd: directory.path, onlyFiles: false })].sort()).toEqual(names)
        })
      }
    })

    test("a directory that may not be written to, not even by root: exit status 1", async () => {
      const ended = await runToEnd(command, serve("/sys/scached.sock"))
      expect(ended).toMatchObject({ stdout: "", exitCode: 1 })
      const uid = process.getuid?.()
      expect(ended.stderr).toMatch(
        new RegExp(
          `^scached: --socket /sys/scached\\.sock: uid ${uid} may not make a socket in the directory /sys: [^\\n]+\\n$`
        )
      )
    })

    test("all that is wrong is told, a line each", async () => {
      using directory = new Directory()
      const ended = await runToEnd(
        command,
        serve(directory.join("s"), "-o", "x=1", "-o", "max_idle=5x", "-o", "ipc_timeout=0")
      )
      expect(ended.exitCode).toBe(2)
      expect(ended.stderr).toMatch(/^(scached: [^\n]+\n){3}$/)
    })

    test(
      "two that start at the same moment over a stale socket: one has it, the other says so",
      async () => {
        using directory = new Directory()
        const path = directory.join("s")
        for (let round = 0; round < 5; round++) {
          await using killed = await Daemon.start(command, serve(path))
          await killed.stop("SIGKILL")
          const started = [0, 1].map(() => Daemon.start(command, serve(path)).catch((error: Error) => error))
          const outcomes = await Promise.all(started)
          await using running = new AsyncDisposableStack()
          for (const each of outcomes) if (each instanceof Daemon) running.use(each)
          const [serving, other] = outcomes.filter((each) => each instanceof Daemon)
          const [refused] = outcomes.filter((each) => each instanceof Error)
          expect(other).toBeUndefined()
          // Between the removal of the stale socket and the bind of the new one there is only the lock.
          const holds = `another server (answers at ${path}|holds ${path}.lock): stop it first`
          expect(refused?.message).toMatch(new RegExp(holds))
          // It is really the one that clients reach.
          await runOnReactor(Effect.asVoid(Connection.connect(path)))
          expect(await serving?.stop()).toBe(0)
          expect(existsSync(path)).toBe(false)
        }
      },
      manyStartsMillisMax
    )

    test("json: every line is an object, with what a hostile name would do to a line escaped", async () => {
      using directory = new Directory()
      const path = directory.join('s\n{"level":"info"}')
      await using daemon = await Daemon.start(command, serve(path, "--log-format", "json"))
      expect(await daemon.stop()).toBe(0)
      const lines = daemon.stderr
        .trimEnd()
        .split("\n")
        .map((line) => JSON.parse(line))
      const line = { time: expect.any(String), level: "info" }
      expect(lines).toEqual([
        { ...line, message: `listening on ${path}` },
        {
          ...line,
          message: expect.stringMatching(/^started: scached \S+, mode serve, at most \d+ connections/),
          version: "0.1.0",
          mode: "serve",
          connections: expect.any(Number),
          clients: expect.any(Number),
          descriptors: expect.any(Number),
          ttl: 2,
          isBatching: expect.any(Boolean)
        },
        {
          ...line,
          message: expect.stringMatching(
            /^ended by SIGTERM after \d+ s: 0 clients, 0 connections saved, 0 handed over$/
          ),
          reason: "SIGTERM",
          uptime: expect.any(Number),
          clients: 0,
          saved: 0,
          handedOver: 0
        }
      ])
      expect(new Date(lines[0].time).toISOString()).toBe(lines[0].time)
      const wrong = await runToEnd(command, serve(path, "--log-format", "json", "-o", "max_idle=5x"))
      expect([JSON.parse(wrong.stderr).level, wrong.exitCode]).toEqual(["fatal", 2])
    })

    test("SIGUSR1 logs its state, in JSON with numbers; the statistics have them too", async () => {
      using directory = new Directory()
      const path = directory.join("s")
      await using daemon = await Daemon.start(command, serve(path, "--log-format", "json"))
      await runOnReactor(
        Effect.gen(function* () {
          const cache = yield* Connection.connect(path)
          yield* saveNewConnection(cache, "label", 60)
        })
      )
      daemon.child.kill("SIGUSR1")
      await daemon.untilSaid("status: limits reached")
      expect(await daemon.stop()).toBe(0)
      const lines = daemon.stderr
        .trimEnd()
        .split("\n")
        .map((line) => JSON.parse(line))
      for (const number of [{ saved_endpoints: 1 }, { shortened_ttls: 1 }, { connections: 1 }]) {
        expect(lines).toContainEqual(expect.objectContaining(number))
      }
      expect(lines).toContainEqual(
        expect.objectContaining({ message: expect.stringContaining("max simultaneous"), domains: 0, connection: 1 })
      )
      expect(lines.filter(({ level }) => level === "warning")).toEqual([
        expect.objectContaining({ message: expect.stringMatching(/^a client asked for a ttl of 60 s and got 2 s/) })
      ])
    })

    test("text: a time, and no newline of anybody else's", async () => {
      using directory = new Directory()
      const path = directory.join("s\n2026-01-01 forged")
      await using daemon = await Daemon.start(command, serve(path, "-o", "scached_log_lines=scache"))
      expect(await daemon.stop()).toBe(0)
      expect(daemon.stderr).toMatch(
        /^\d{4}-\d\d-\d\d \d\d:\d\d:\d\d\.\d{3} scached: listening on [^\n]+\/s\\n2026-01-01 forged\n$/
      )
    })

    test("--help teaches, --version says which", async () => {
      const help = await runToEnd(command, ["--help"])
      expect(help).toMatchObject({ stderr: "", exitCode: 0 })
      expect(await runToEnd(command, ["-h"])).toEqual(help)
      const options = ["--socket", "--mode", "--config-directory", "-o, --parameter", "-v, --verbose", "-h, --help"]
      const more = ["--log-format", "--log-to", "--version", "HUP", "TERM, INT, QUIT", "Exit status", "Examples"]
      const parameters = Object.values(serveParameters).map(({ name }) => name)
      for (const word of [...options, ...more, ...parameters]) expect(help.stdout).toContain(word)
      expect(help.stdout.split("\n").filter((line) => line.length > 80)).toEqual([])
      const version = await runToEnd(command, ["--version"])
      const protocol = "protocol connection_cache_protocol of Postfix 3.6 and later"
      expect(version).toMatchObject({ stderr: "", exitCode: 0 })
      expect(version.stdout).toMatch(
        new RegExp(`^scached 0\\.1\\.0 \\((from source|commit [0-9a-f]{12}), ${protocol}\\)\n$`)
      )
    })
  })
}
