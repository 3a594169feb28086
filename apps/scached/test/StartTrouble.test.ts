/** Starts that fail, or go on with less, for reasons outside of scached: what the operator is told. */
import { beforeAll, describe, expect, test } from "bun:test"
import { Errno, ProcessCalls, SystemCallError, SystemCalls } from "@scached/fdpass"
import { SimulatedKernel } from "@scached/fdpass/SimulatedSystemCalls"
import { Reactors } from "@scached/reactor"
import { Effect, Exit } from "effect"
import { explain } from "../src/command/listenFailure.ts"
import * as ServiceLog from "../src/service/ServiceLog.ts"
import { Directory, ensureExecutable, forms, runToEnd } from "./support/Daemon.ts"

beforeAll(ensureExecutable)

const quote = (words: ReadonlyArray<string>): string => words.map((word) => `'${word}'`).join(" ")

/** What a shell's line prints on standard error, with the exit code behind it. */
const shell = async (line: string): Promise<string> => {
  const { GENERATION: _, ...env } = process.env
  const child = Bun.spawn(["bash", "-c", line], { stdio: ["ignore", "ignore", "pipe"], env })
  return new Response(child.stderr).text()
}

for (const { name, command } of forms) {
  describe(`a start with trouble, ${name}`, () => {
    test("an option before serve is told, where there is no terminal and no master(8)", async () => {
      const told = await shell(`${quote(command)} -v serve --socket /x </dev/null; echo $? >&2`)
      expect(told).toMatch(/^\S+: fatal: [^\n]+\n1\n$/)
    })

    test("a page for a reader who has left ends quietly, one for a full disk with a line", async () => {
      using directory = new Directory()
      const gone = `'${directory.join("gone")}'`
      const write = `{ read <${gone}; ${quote(command)} --help; echo $? >&2; }`
      expect(await shell(`mkfifo ${gone}; ${write} | { exec 0<&-; echo >${gone}; }`)).toBe("1\n")
      const full = await shell(`${quote(command)} --version >/dev/full; echo $? >&2`)
      expect(full).toBe("scached: write standard output: no space left on the device (ENOSPC)\n1\n")
    })

    test("main.cf that is a FIFO is refused at once", async () => {
      using directory = new Directory()
      Bun.spawnSync(["mkfifo", directory.join("main.cf")])
      const args = ["serve", "--socket", directory.join("s"), "--config-directory", directory.path]
      const { exitCode, stderr } = await runToEnd(command, args)
      expect(exitCode).toBe(2)
      expect(stderr).toContain("main.cf cannot be read: not usable for this (EINVAL): is --config-directory")
    })
  })
}

test("a socket of another user is named as such, with what to remove", () => {
  const self = new SimulatedKernel({ seed: 1 }).process("self")
  const why = (operation: string, errno: number) => {
    const failing = explain("/run/x/s", new SystemCallError({ operation, errno, subject: "/run/x/s" }))
    return Effect.runSync(Effect.flip(failing).pipe(Effect.provideService(SystemCalls, self.calls)))
  }
  for (const [operation, errno] of [
    ["connect", Errno.EACCES],
    ["unlink", Errno.EPERM]
  ] as const) {
    const error = why(operation, errno)
    expect(error._tag).toBe("NotPermitted")
    expect(error).toHaveProperty(
      "message",
      expect.stringContaining(`may not ${operation} the socket that stands there`)
    )
    expect(error).toHaveProperty("message", expect.stringContaining("or remove it and /run/x/s.lock when no server"))
  }
  expect(why("bind", Errno.EACCES)).toHaveProperty(
    "message",
    expect.stringContaining("may not make a socket in the directory /run/x")
  )
})

test("a log that nobody takes is told once", () => {
  const self = new SimulatedKernel({ seed: 1 }).process("self")
  const troubles: Array<string> = []
  const program = Effect.scoped(
    Effect.gen(function* () {
      const log = yield* ServiceLog.open({
        tag: "postfix/scached",
        processId: 1,
        hostname: undefined,
        facility: "mail",
        isUtf8: true,
        postlogPath: undefined,
        isOnStandardError: false,
        onTrouble: ({ message }) => troubles.push(message)
      })
      log.write("info", "a line")
    })
  ).pipe(Effect.provideService(ProcessCalls, self.processCalls))
  expect(Exit.isSuccess(Reactors.runSimulated(program, self.calls))).toBe(true)
  expect(troubles).toEqual(["connect /dev/log: no such file or directory (ENOENT)"])
})
