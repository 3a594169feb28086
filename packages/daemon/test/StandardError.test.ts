/** Standard error of all kinds: no write waits, and whoever shares it notices nothing. */
import { expect, test } from "bun:test"
import { mkdtempSync, openSync, readFileSync, rmSync } from "node:fs"
import { tmpdir } from "node:os"
import { join } from "node:path"
import { Errno, KernelSystemCalls, SystemCalls } from "@scached/fdpass"
import { Effect } from "effect"

const program = join(import.meta.dir, "programs/writesLog.ts")
const millions = "1000000"

type Spawn = (words: Array<string>) => { readonly exited: Promise<number> }

/** Runs the program, and answers with what it has found. */
const reportOf = async (linesMax: string, spawn: Spawn): Promise<unknown> => {
  const directory = mkdtempSync(join(tmpdir(), "fdpass-"))
  try {
    const report = join(directory, "report")
    await spawn([process.execPath, program, report, linesMax]).exited
    return JSON.parse(readFileSync(report, "utf8"))
  } finally {
    rmSync(directory, { recursive: true, force: true })
  }
}

const at =
  (standardError: number): Spawn =>
  (words) =>
    Bun.spawn(words, { stdio: ["ignore", "ignore", standardError] })

test("a terminal that was paused takes nothing", async () => {
  const terminal = new Bun.Terminal({})
  // Ctrl-S
  terminal.write("\x13")
  expect(await reportOf("1", (words) => Bun.spawn(words, { terminal }))).toEqual({
    kind: "device",
    outcome: -Errno.EAGAIN
  })
  terminal.close()
})

test("a pipe that nobody reads takes what fits", async () => {
  const directory = mkdtempSync(join(tmpdir(), "fdpass-"))
  const path = join(directory, "fifo")
  expect(Bun.spawnSync(["mkfifo", path]).exitCode).toBe(0)
  const pipe = openSync(path, "r+")
  expect(await reportOf(millions, at(pipe))).toEqual({ kind: "pipe", outcome: -Errno.EAGAIN })
  const flags = readFileSync(`/proc/self/fdinfo/${pipe}`, "utf8")
  expect(Number.parseInt(/^flags:\s+(\d+)$/m.exec(flags)?.[1] ?? "", 8) & 0o4000).toBe(0)
  rmSync(directory, { recursive: true })
})

test("a socket that nobody reads takes what fits", async () => {
  const pair = await Effect.runPromise(
    Effect.map(SystemCalls, (calls) => calls.socketPair()).pipe(Effect.provide(KernelSystemCalls.layer))
  )
  if (typeof pair === "number") throw new Error("no sockets")
  const [near, far] = pair
  expect(await reportOf(millions, at(far.surrender()))).toEqual({ kind: "socket", outcome: -Errno.EAGAIN })
  near.close()
})

test("a file takes everything, a full device nothing", async () => {
  const directory = mkdtempSync(join(tmpdir(), "fdpass-"))
  const file = openSync(join(directory, "log"), "w")
  expect(await reportOf("10", at(file))).toEqual({ kind: "file", outcome: 100 })
  expect(await reportOf("1", at(openSync("/dev/full", "w")))).toEqual({ kind: "device", outcome: -Errno.ENOSPC })
  rmSync(directory, { recursive: true })
})
