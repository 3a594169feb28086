/** Starts that fail, or go on with less, for reasons outside of scached: what the operator is told. */

import { beforeAll, describe, expect, test } from "bun:test"
import { readFileSync, writeFileSync } from "node:fs"
import { ProcessCalls } from "@scached/daemon"
import { processCallsOf } from "@scached/daemon/testing"
import { Errno, SystemCallError, SystemCalls } from "@scached/fdpass"
import { SimulatedKernel } from "@scached/fdpass/testing"
import { Reactors } from "@scached/reactor"
import { Effect, Exit } from "effect"
import * as SyslogLog from "../../src/log/SyslogLog.ts"
import { explain } from "../../src/serve/listenFailure.ts"
import { Directory, ensureExecutable, formsAndConfined, runToEnd } from "../support/Daemon.ts"

beforeAll(ensureExecutable)

const { CI } = process.env
/** Several starts, each with the second that a service waits before its end. */
const startsMillisMax = 30_000
/** It gives what it runs a terminal. */
const hasScript = Bun.which("script") !== null

const quote = (words: ReadonlyArray<string>): string => words.map((word) => `'${word}'`).join(" ")

/** What a shell's line prints on standard error, with the exit code behind it. */
const shell = async (line: string): Promise<string> => {
  const { GENERATION: _, ...env } = process.env
  const child = Bun.spawn(["bash", "-c", line], { stdio: ["ignore", "ignore", "pipe"], env })
  return new Response(child.stderr).text()
}

for (const { name, command } of formsAndConfined) {
  describe(`a start with trouble, ${name}`, () => {
    test(
      "options before serve are told to go behind it, whether master(8) knows them or not",
      async () => {
        for (const option of ["-v", "-s /run/x", "-x", "-o max_idle=1s"]) {
          const [word] = option.split(" ")
          expect(await shell(`${quote(command)} ${option} serve --socket /x </dev/null; echo $? >&2`)).toBe(
            `scached: "${word}" stands before serve: write scached serve first, its options behind it\n2\n`
          )
        }
      },
      startsMillisMax
    )

    test(
      "a service may be named serve, and have words that are no options",
      async () => {
        using directory = new Directory()
        const conf = `MAIL_CONFIG=${directory.path}`
        const [named, byMaster] = await Promise.all([
          shell(`${conf} ${quote(command)} -n serve </dev/null; echo $? >&2`),
          shell(`${conf} GENERATION=1 ${quote(command)} -V serve </dev/null; echo $? >&2`)
        ])
        expect(named).toMatch(/^postfix\/\S+: fatal: service serve requires a process limit of 1: [^\n]+\n1\n$/)
        expect(byMaster).toMatch(/^postfix\/\S+: fatal: service \S+ requires a process limit of 1: [^\n]+\n1\n$/)
      },
      startsMillisMax
    )

    const fatal = /^postfix\/\S+: fatal: descriptor 5 should be the status channel of master\(8\), but [^\n]+\n1\n$/
    const startByHand = (directory: Directory) => {
      writeFileSync(directory.join("main.cf"), `queue_directory = ${directory.path}\n`)
      return `MAIL_CONFIG=${directory.path} ${quote(command)} -l -n scache -t unix </dev/null`
    }

    test(
      "what master(8) should have passed is missed at standard error, unless it was master(8)",
      async () => {
        using directory = new Directory()
        const start = startByHand(directory)
        const [byHand, byMaster] = await Promise.all([
          shell(`${start}; echo $? >&2`),
          shell(`GENERATION=1 ${start}; echo $? >&2`)
        ])
        expect(byHand).toMatch(fatal)
        expect(byMaster).toBe("1\n")
      },
      startsMillisMax
    )

    test.skipIf(!hasScript && !CI)(
      "the same is told to a terminal whoever it was",
      async () => {
        using directory = new Directory()
        const recorded = directory.join("typescript")
        const start = `GENERATION=1 ${startByHand(directory)}; echo \\$? >&2`
        expect(await shell(`script --quiet --command "${start}" ${recorded} >/dev/null`)).toBe("")
        const [, ...lines] = readFileSync(recorded, "utf8").replaceAll("\r", "").split("\n")
        expect(`${lines[0]}\n${lines[1]}\n`).toMatch(fatal)
      },
      startsMillisMax
    )

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
      const log = yield* SyslogLog.open({
        tag: "postfix/scached",
        processId: 1,
        hostname: undefined,
        facility: "mail",
        isUtf8: true,
        postlogPath: undefined,
        onStandardError: "nothing",
        onTrouble: ({ message }) => troubles.push(message)
      })
      log.write("info", "a line")
    })
  ).pipe(Effect.provideService(ProcessCalls, processCallsOf(self)))
  expect(Exit.isSuccess(Reactors.runSimulated(program, self.calls))).toBe(true)
  expect(troubles).toEqual(["connect /dev/log: no such file or directory (ENOENT)"])
})
