/** Who gets in, and what the process may do, on the real kernel. */
import { beforeAll, describe, expect, test } from "bun:test"
import {
  chmodSync,
  chownSync,
  lchownSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  statSync,
  symlinkSync,
  writeFileSync
} from "node:fs"
import { join } from "node:path"
import { Connection } from "@scached/reactor/effect"
import { Effect } from "effect"
import { ask, octets, runOnReactor, saveNewConnection } from "../support/CacheClient.ts"
import { Daemon, Directory, ensureExecutable, forms, runToEnd } from "../support/Daemon.ts"
import * as Master from "../support/Master.ts"

beforeAll(ensureExecutable)

const { CI } = process.env
const isRoot = process.getuid?.() === 0
const hasUserNamespaces = isRoot && Bun.spawnSync(["unshare", "--user", "--map-root-user", "true"]).exitCode === 0
const hasStrace = Bun.which("strace") !== null

const connectAsNobody = (path: string, group?: string): string => {
  const program = join(import.meta.dir, "../programs/connectAsNobody.ts")
  const words = group === undefined ? [path] : [path, group]
  return Bun.spawnSync([process.execPath, program, ...words])
    .stdout.toString()
    .trim()
}

/** Everybody may come as far as the socket. */
const openDirectory = (): Directory => {
  const directory = new Directory()
  chmodSync(directory.path, 0o755)
  return directory
}

/** Saves some connections, finds one, and leaves the others cached. */
const exercise = Effect.fnUntraced(function* (path: string) {
  const cache = yield* Connection.connect(path)
  for (const label of ["a", "b", "c"]) yield* saveNewConnection(cache, label, 60)
  const found = yield* ask(cache, { _tag: "FindEndpoint", label: octets("a") })
  if (found._tag !== "Received") throw new Error("nothing was found")
  found.descriptor.close()
  return cache
})

/**
 * The one file that the runtime itself opens while it runs, here and in a program without any of ours: its garbage collector asks how
 * much memory the process has.
 */
const opensOfRuntime = /^\d+ +openat\(AT_FDCWD, "\/proc\/self\/statm", O_RDONLY\) += -?\d+/
const isOpen = (line: string): boolean => /\w+\(/.test(line)

const closeOnExec = 0o2000000

const flagsOf = (processId: number, number: number): number => {
  try {
    const [, flags = "0"] = /^flags:\s+(\d+)$/m.exec(readFileSync(`/proc/${processId}/fdinfo/${number}`, "utf8")) ?? []
    return Number.parseInt(flags, 8)
  } catch {
    // Closed since it was listed.
    return closeOnExec
  }
}

/** Descriptors beyond the standard ones that a program started from there would inherit. */
const inheritable = (processId: number): ReadonlyArray<number> =>
  readdirSync(`/proc/${processId}/fd`)
    .map(Number)
    .filter((number) => number > 2 && (flagsOf(processId, number) & closeOnExec) === 0)

const statusOf = (processId: number): ReadonlyMap<string, string> =>
  new Map(
    readFileSync(`/proc/${processId}/status`, "utf8")
      .split("\n")
      .map((line) => line.split(/:\s*/, 2) as [string, string])
  )

test.skipIf(!hasStrace && !CI)("the runtime's garbage collector opens that file in any program", () => {
  using directory = new Directory()
  const output = directory.join("trace")
  const program = "const kept = []; for (let round = 0; round < 2e6; round++) kept.push({ round })"
  const trace = ["strace", "-f", "-o", output, "-e", "trace=openat", process.execPath, "-e", program]
  expect(Bun.spawnSync(trace).exitCode).toBe(0)
  const opens = readFileSync(output, "utf8").split("\n").filter(isOpen)
  expect(opens.some((line) => opensOfRuntime.test(line))).toBe(true)
})

for (const { command, name } of forms) {
  describe(name, () => {
    const start = (path: string, ...args: ReadonlyArray<string>) =>
      Daemon.start(command, ["serve", "--socket", path, "-o", "connection_cache_ttl_limit=1h", ...args])

    test.skipIf(!isRoot)("another user is refused, whatever the socket's mode, unless it is allowed", async () => {
      using directory = openDirectory()
      const path = directory.join("s")
      {
        await using daemon = await start(path, "--mode", "0666")
        expect(connectAsNobody(path)).toBe("ended")
        await daemon.untilSaid("uid=65534 gid=65534: refused, its user may not connect")
        expect(await daemon.stop()).toBe(0)
      }
      {
        await using daemon = await start(path, "--allow-user", "65534")
        expect(statSync(path).mode & 0o777).toBe(0o666)
        expect(connectAsNobody(path)).toBe("greeted")
        expect(await daemon.stop()).toBe(0)
      }
      await using daemon = await start(path, "-o", "scached_allow_groups=4711, 4712")
      expect(connectAsNobody(path)).toBe("ended")
      expect(connectAsNobody(path, "4712")).toBe("greeted")
      expect(await daemon.stop()).toBe(0)
    })

    test.skipIf(!hasUserNamespaces)("in a user namespace, who is not mapped is not taken for nobody", async () => {
      using directory = openDirectory()
      const path = directory.join("s")
      const inside = ["unshare", "--user", "--map-root-user", ...command]
      await using daemon = await Daemon.start(inside, ["serve", "--socket", path, "--allow-user", "65534"])
      expect(daemon.stderr).toContain("warning: uid 65534 is not let in: in this user namespace it stands for")
      expect(connectAsNobody(path)).toBe("ended")
      await daemon.untilSaid("uid=65534 gid=65534: refused")
    })

    test("every descriptor is close-on-exec, those of clients and cached connections too", async () => {
      using directory = new Directory()
      await using daemon = await start(directory.join("s"))
      const before = inheritable(daemon.child.pid)
      await runOnReactor(
        Effect.gen(function* () {
          yield* exercise(directory.join("s"))
          expect(inheritable(daemon.child.pid)).toEqual(before)
        })
      )
      expect(before).toEqual([])
      expect(await daemon.stop()).toBe(0)
    })

    test.skipIf(!hasStrace && !CI)(
      "opens no file and no socket while it serves; the runtime asks for its memory only",
      async () => {
        using directory = new Directory()
        await using daemon = await start(directory.join("s"))
        // Once before, for what the runtime loads when code runs for the first time.
        await runOnReactor(exercise(directory.join("s")))
        const output = directory.join("trace")
        const calls = "trace=open,openat,openat2,creat,socket,socketpair,connect,bind,execve,pidfd_getfd"
        const tracer = Bun.spawn(["strace", "-f", "-o", output, "-e", calls, "-p", String(daemon.child.pid)], {
          stdio: ["ignore", "ignore", "pipe"]
        })
        // It says so once it has attached.
        const reader = tracer.stderr.getReader()
        await reader.read()
        await runOnReactor(exercise(directory.join("s")))
        tracer.kill("SIGINT")
        await tracer.exited
        const traced = readFileSync(output, "utf8").split("\n").filter(isOpen)
        expect(traced.filter((line) => !opensOfRuntime.test(line))).toEqual([])
        expect(await daemon.stop()).toBe(0)
      }
    )

    test("a directory in which everybody may replace the socket is refused", async () => {
      using directory = new Directory()
      const open = directory.join("open")
      mkdirSync(open)
      chmodSync(open, 0o777)
      const args = ["serve", "--socket", join(open, "s")]
      const refused = await runToEnd(command, args)
      expect(refused.exitCode).toBe(2)
      expect(refused.stderr).toBe(
        `scached: --socket ${open}/s: everybody may replace what is in the directory ${open}: ` +
          `take that right away (chmod o-w ${open}), or choose another directory\n`
      )
      const below = join(open, "below")
      mkdirSync(below, { mode: 0o700 })
      const refusedBelow = await runToEnd(command, ["serve", "--socket", join(below, "s")])
      expect(refusedBelow.exitCode).toBe(2)
      expect(refusedBelow.stderr).toStartWith(
        `scached: --socket ${below}/s: everybody may replace what is in the directory ${open}: `
      )
      chmodSync(open, 0o1777)
      await using daemon = await Daemon.start(command, args)
      expect(await daemon.stop()).toBe(0)
    })

    test("a symbolic link in such a directory is refused like the directory", async () => {
      using directory = new Directory()
      const [open, safe] = [directory.join("open"), directory.join("safe")]
      mkdirSync(open)
      chmodSync(open, 0o777)
      mkdirSync(safe, { mode: 0o700 })
      symlinkSync("../safe", join(open, "link"))
      symlinkSync(join(open, "link"), directory.join("first"))
      // The last one leads to another directory than it seems to.
      mkdirSync(directory.join("deep/below"), { recursive: true })
      symlinkSync(join(open, "link"), directory.join("deep/below/second"))
      const paths = [join(open, "link/s"), directory.join("first/s"), `${directory.path}/deep/below/second/../safe/s`]
      for (const path of paths) {
        const refused = await runToEnd(command, ["serve", "--socket", path])
        expect(refused.exitCode).toBe(2)
        expect(refused.stderr).toContain(`everybody may replace what is in the directory ${open}: `)
      }
    })

    test.skipIf(!isRoot)("a link that its owner may replace is warned of", async () => {
      using directory = new Directory()
      const [sticky, safe] = [directory.join("sticky"), directory.join("safe")]
      mkdirSync(sticky)
      chmodSync(sticky, 0o1777)
      mkdirSync(safe, { mode: 0o700 })
      symlinkSync(safe, join(sticky, "link"))
      {
        await using daemon = await start(join(sticky, "link/s"))
        expect(daemon.stderr).not.toContain("warning")
        expect(await daemon.stop()).toBe(0)
      }
      lchownSync(join(sticky, "link"), 65_534, 65_534)
      await using daemon = await start(join(sticky, "link/s"))
      expect(daemon.stderr).toContain(
        `warning: the symbolic link ${sticky}/link belongs to uid 65534, which can have it lead to another socket`
      )
      expect(await daemon.stop()).toBe(0)
    })

    test.skipIf(!isRoot)("directories that somebody else may change are warned of, at whatever level", async () => {
      using directory = new Directory()
      const [foreign, shared] = [directory.join("foreign"), directory.join("foreign/shared")]
      mkdirSync(shared, { recursive: true })
      chownSync(foreign, 65_534, 0)
      chownSync(shared, 0, 65_534)
      chmodSync(shared, 0o775)
      await using daemon = await start(join(shared, "s"))
      expect(daemon.stderr).toContain(
        `warning: the directory ${foreign} belongs to uid 65534, which can put another socket`
      )
      expect(daemon.stderr).toContain(
        `warning: gid 65534 may write to the directory ${shared}, and can put another socket`
      )
      expect(await daemon.stop()).toBe(0)
    })

    test("a user or group that is not there is said to be so, and nothing is made", async () => {
      using directory = new Directory()
      const serve = ["serve", "--socket", directory.join("s")]
      const user = await runToEnd(command, [...serve, "--allow-user", "nobody-of-that-name"])
      expect(user.exitCode).toBe(2)
      expect(user.stderr).toContain('--allow-user: there is no user "nobody-of-that-name" in /etc/passwd')
      const group = await runToEnd(command, [...serve, "-o", "scached_allow_groups=none-such"])
      expect(group.exitCode).toBe(2)
      expect(group.stderr).toContain('scached_allow_groups: there is no group "none-such" in /etc/group')
    })

    test("limits that need more descriptors than there are are told at the start", async () => {
      using directory = new Directory()
      writeFileSync(directory.join("main.cf"), "scached_connection_limit = 2000000000\n")
      await using daemon = await start(directory.join("s"), "--config-directory", directory.path)
      expect(daemon.stderr).toContain("warning: 2000000000 connections (scached_connection_limit) and ")
      expect(await daemon.stop()).toBe(0)
    })

    test("under master(8) no capability is left, and none can be gained", async () => {
      const end = await runOnReactor(
        Effect.gen(function* () {
          const service = yield* Master.start(command, ["-l", "-n", "scache", "-t", "unix"])
          yield* exercise(service.socketPath)
          const status = statusOf(service.processId)
          const sets = ["CapInh", "CapPrm", "CapEff", "CapAmb"].map((each) => status.get(each))
          expect(sets).toEqual(sets.map(() => "0000000000000000"))
          expect(status.get("NoNewPrivs")).toBe("1")
          expect(inheritable(service.processId)).toEqual([])
          service.loseMaster()
          return yield* service.ended
        })
      )
      expect(end.exitCode).toBe(0)
    })
  })
}
