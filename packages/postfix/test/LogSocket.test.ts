import { expect, test } from "bun:test"
import { mkdirSync, mkdtempSync, rmSync } from "node:fs"
import { tmpdir } from "node:os"
import { join } from "node:path"
import { processCallsOf } from "@scached/daemon/testing"
import { SystemCalls } from "@scached/fdpass"
import { Reactors } from "@scached/reactor"
import { Effect, Exit } from "effect"
import { LogSocket } from "../src/index.ts"
import { Logger, simulate } from "./daemons.ts"

const line = (text: string) => Buffer.from(text, "latin1")
const lossNotice = (lost: number) => line(`lost ${lost}`)
const options = { path: "/run/log", lossNotice }
const numbers = (count: number, from = 0) => Array.from({ length: count }, (_, index) => `line ${from + index}`)

test("lines arrive at once and in order", () => {
  simulate(({ other }) =>
    Effect.gen(function* () {
      const logger = new Logger(other)
      const log = yield* LogSocket.open(options)
      for (const text of numbers(5)) log.write(line(text))
      expect(logger.read()).toEqual(numbers(5))
      expect([log.trouble, log.losses]).toEqual([undefined, 0])
    })
  )
})

test("a busy logger gets the rest when it has room, and nothing is polled meanwhile", () => {
  simulate(({ kernel, daemon, other }) =>
    Effect.gen(function* () {
      const logger = new Logger(other)
      const log = yield* LogSocket.open(options)
      for (const text of numbers(100)) log.write(line(text))
      expect(log.waitingMessages).toBe(89)
      const before = daemon.callCount("send")
      yield* Effect.sleep(60_000)
      expect(daemon.callCount("send")).toBe(before)
      const seen: Array<string> = []
      kernel.addActor({
        name: "the logger",
        step: () => {
          const texts = logger.read()
          seen.push(...texts)
          return texts.length > 0 ? "moved" : "idle"
        }
      })
      yield* Effect.sleep(1)
      expect(seen).toEqual(numbers(100))
      expect([log.waitingMessages, log.losses]).toEqual([0, 0])
    })
  )
})

test("a stuck logger costs a bounded amount of memory, and hears how much was lost", () => {
  simulate(({ kernel, other }) =>
    Effect.gen(function* () {
      const logger = new Logger(other)
      const log = yield* LogSocket.open(options)
      for (const text of numbers(2_000)) log.write(line(text))
      expect([log.waitingMessages, log.losses]).toEqual([1_000, 989])
      const seen: Array<string> = []
      kernel.addActor({
        name: "the logger",
        step: () => {
          const texts = logger.read()
          seen.push(...texts)
          return texts.length > 0 ? "moved" : "idle"
        }
      })
      yield* Effect.sleep(1)
      log.write(line("after"))
      yield* Effect.sleep(1)
      expect(seen).toEqual([...numbers(1_011), "lost 989", "after"])
    })
  )
})

test("long lines are bounded by their bytes", () => {
  simulate(({ other }) =>
    Effect.gen(function* () {
      new Logger(other)
      const log = yield* LogSocket.open(options)
      for (let count = 0; count < 200; count++) log.write(Buffer.alloc(4_096, 65))
      expect([log.waitingMessages, log.losses]).toEqual([64, 200 - 11 - 64])
    })
  )
})

test("a logger that restarts is found again", () => {
  simulate(({ other }) =>
    Effect.gen(function* () {
      const logger = new Logger(other)
      const log = yield* LogSocket.open(options)
      log.write(line("before"))
      expect(logger.read()).toEqual(["before"])
      logger.stop()
      logger.startAgain()
      log.write(line("after"))
      expect(logger.read()).toEqual(["after"])
      logger.stop()
      log.write(line("while it is away"))
      expect(log.trouble?.message).toContain("/run/log")
      yield* Effect.sleep(10_000)
      logger.startAgain()
      yield* Effect.sleep(1_000)
      expect(logger.read()).toEqual(["while it is away"])
      expect([log.trouble, log.losses]).toEqual([undefined, 0])
    })
  )
})

test("a logger that comes late gets everything; without anything to say nobody looks for it", () => {
  simulate(({ daemon, other }) =>
    Effect.gen(function* () {
      const log = yield* LogSocket.open(options)
      expect(log.trouble).toBeDefined()
      const before = daemon.callCount("connect")
      yield* Effect.sleep(60_000)
      expect(daemon.callCount("connect")).toBe(before)
      log.write(line("early"))
      const logger = new Logger(other)
      yield* Effect.sleep(1_000)
      expect(logger.read()).toEqual(["early"])
    })
  )
})

test("below another root the logger is looked for in there", () => {
  simulate(({ kernel, daemon, other }) =>
    Effect.gen(function* () {
      kernel.makeFile("/run/q", "directory")
      kernel.makeFile("/run/q/public", "directory")
      const logger = new Logger(other, "/run/q/public/postlog")
      processCallsOf(daemon).changeDirectory("/run/q")
      const log = yield* LogSocket.open({ ...options, path: "public/postlog" })
      log.write(line("before"))
      processCallsOf(daemon).changeRoot("/run/q")
      log.write(line("inside"))
      logger.stop()
      logger.startAgain()
      log.write(line("again"))
      expect(logger.read()).toEqual(["again"])
    })
  )
})

test("the last words get half a second", () => {
  const seen: Array<string> = []
  let rest = (): ReadonlyArray<string> => []
  const took = simulate(({ kernel, other }) =>
    Effect.gen(function* () {
      const logger = new Logger(other)
      rest = () => logger.read()
      kernel.addActor({
        name: "a slow logger",
        step: () => {
          if (kernel.nowMillis < 300) return { wakeAtMillis: 300 }
          seen.push(...logger.read())
          return "idle"
        }
      })
      yield* Effect.scoped(
        Effect.gen(function* () {
          const log = yield* LogSocket.open(options)
          for (const text of numbers(50)) log.write(line(text))
        })
      )
      return kernel.nowMillis
    })
  )
  // The logger may still have to read what is in its queue.
  expect([[...seen, ...rest()], took]).toEqual([numbers(50), 300])
})

test("a logger that never reads does not keep anybody from ending", () => {
  const took = simulate(({ kernel, other }) =>
    Effect.gen(function* () {
      new Logger(other)
      yield* Effect.scoped(
        Effect.gen(function* () {
          const log = yield* LogSocket.open(options)
          for (const text of numbers(50)) log.write(line(text))
        })
      )
      return kernel.nowMillis
    })
  )
  expect(took).toBe(500)
})

test("on the kernel: a logger with a queue of ten gets a thousand lines", async () => {
  const directory = mkdtempSync(join(tmpdir(), "postfix-log-"))
  mkdirSync(join(directory, "public"))
  const path = join(directory, "public/postlog")
  const program = Effect.scoped(
    Effect.gen(function* () {
      const calls = yield* SystemCalls
      const server = calls.datagramSocket()
      if (typeof server === "number") return []
      calls.bind(server, path)
      const log = yield* LogSocket.open({ path, lossNotice })
      for (const text of numbers(1_000)) log.write(line(text))
      const seen: Array<string> = []
      const buffer = calls.makeReceiveBuffer(256)
      while (seen.length < 1_000) {
        const count = calls.receive(server, buffer)
        if (count > 0) seen.push(buffer.bytes.toString("latin1", 0, count))
        else yield* Effect.sleep(1)
      }
      server.close()
      return seen
    })
  )
  const exit = await Effect.runPromise(Reactors.run(program))
  rmSync(directory, { recursive: true })
  expect(exit).toEqual(Exit.succeed(numbers(1_000)))
})
