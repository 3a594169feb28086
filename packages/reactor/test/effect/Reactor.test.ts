import { afterEach, describe, expect, test } from "bun:test"
import { readdirSync, readlinkSync } from "node:fs"
import { readFile } from "node:fs/promises"
import { SystemCalls, UnixSocket } from "@scached/fdpass"
import { Cause, Clock, Deferred, Effect, Exit, Fiber, Logger, Queue, Schedule } from "effect"
import { type EventLoop, Reactor, Reactors } from "../../src/index.ts"
import { bytesOf, simulate, simulateExit, watchReads } from "../support/simulations.ts"

const epolls = () =>
  readdirSync("/proc/self/fd").filter((number) => {
    try {
      return readlinkSync(`/proc/self/fd/${number}`) === "anon_inode:[eventpoll]"
    } catch {
      return false
    }
  }).length

const epollsBefore = epolls()

const untouched = { setTimeout, setInterval, setImmediate, sleep: Bun.sleep }

describe("simulated", () => {
  test("sleeps take no time, and both clocks go on by as much", () => {
    const elapsed = simulate(() =>
      Effect.gen(function* () {
        const clock = yield* Clock.Clock
        const before = [clock.currentTimeMillisUnsafe(), clock.monotonicTimeNanosUnsafe()] as const
        yield* Effect.sleep("1 hour")
        yield* Effect.sleep("30 days")
        const after = [yield* clock.currentTimeMillis, yield* clock.monotonicTimeNanos] as const
        return [after[0] - before[0], Number((after[1] - before[1]) / 1_000_000n)]
      })
    )
    expect(elapsed).toEqual([2_595_600_000, 2_595_600_000])
  })

  test("sleepers wake in the order of their deadlines; timeouts, schedules and queues work", () => {
    const order = simulate(() =>
      Effect.gen(function* () {
        const queue = yield* Queue.unbounded<string>()
        const sleeper = (name: string, millis: number) =>
          Effect.andThen(Effect.sleep(millis), Queue.offer(queue, `${name} at ${millis}`))
        yield* Effect.forkChild(sleeper("c", 3000))
        yield* Effect.forkChild(sleeper("a", 1000))
        yield* Effect.forkChild(sleeper("b", 2000))
        const order = [yield* Queue.take(queue), yield* Queue.take(queue), yield* Queue.take(queue)]
        const timedOut = yield* Effect.timeoutOption(Effect.never, "1 minute")
        order.push(timedOut._tag)
        let runs = 0
        yield* Effect.repeat(
          Effect.sync(() => runs++),
          { schedule: Schedule.spaced("1 hour"), times: 5 }
        )
        return [...order, `${runs} runs`, `at ${yield* Clock.currentTimeMillis}`]
      })
    )
    expect(order).toEqual([
      "a at 1000",
      "b at 2000",
      "c at 3000",
      "None",
      "6 runs",
      `at ${Date.UTC(2024, 0, 1) + 3000 + 60_000 + 5 * 3_600_000}`
    ])
  })

  test("an interrupted sleeper leaves no timer behind", () => {
    const pending = simulate(() =>
      Effect.gen(function* () {
        const loop = yield* Reactor
        const sleepers = yield* Effect.forEach(Array.from({ length: 100 }), () =>
          Effect.forkChild(Effect.sleep("1 hour"), { startImmediately: true })
        )
        const during = loop.pendingTimers
        yield* Fiber.interruptAll(sleepers)
        return [during, loop.pendingTimers, yield* Clock.currentTimeMillis]
      })
    )
    expect(pending).toEqual([100, 0, Date.UTC(2024, 0, 1)])
  })

  test("promises resolve", () => {
    const text = simulate(() =>
      Effect.gen(function* () {
        const deferred = yield* Deferred.make<string>()
        yield* Effect.forkChild(Effect.andThen(Effect.sleep("1 second"), Deferred.succeed(deferred, "late")))
        const soon = yield* Effect.promise(async () => {
          await Promise.resolve()
          return "soon"
        })
        return `${soon} ${yield* Deferred.await(deferred)}`
      })
    )
    expect(text).toBe("soon late")
  })

  test("a fiber that yields for ever starves neither sockets nor sleepers", () => {
    const result = simulate(
      () =>
        Effect.gen(function* () {
          const calls = yield* SystemCalls
          const loop = yield* Reactor
          const [near, far] = yield* UnixSocket.pair
          yield* Effect.forkChild(Effect.forever(Effect.yieldNow))
          let events = 0
          const member = watchReads(loop, near, () => events++)
          calls.send(far, bytesOf("x"))
          yield* Effect.sleep("10 millis")
          loop.unwatch(member)
          return events > 5
        }).pipe(Effect.scoped),
      // Without a cost of calls virtual time would stand still while there is always something to do.
      { callMillis: 0.1 }
    )
    expect(result).toBe(true)
  })

  test("failures, defects and interruption come out as they are", () => {
    expect(simulateExit(() => Effect.fail("no"))).toEqual(Exit.fail("no"))
    expect(simulateExit(() => Effect.die("broken"))).toEqual(Exit.die("broken"))
    const interrupted = simulateExit(() => Effect.andThen(Effect.yieldNow, Effect.interrupt))
    expect(Reactors.wasInterrupted(interrupted)).toBe(true)
    expect(Reactors.wasInterrupted(Exit.fail("no"))).toBe(false)
    expect(Reactors.wasInterrupted(Exit.void)).toBe(false)
  })

  test("what a handler throws, and a program that waits for nothing, are thrown at the caller", () => {
    expect(() =>
      simulate(() =>
        Effect.gen(function* () {
          const loop = yield* Reactor
          loop.at(5, () => {
            throw new Error("handler")
          })
          yield* Effect.never
        })
      )
    ).toThrow("handler")
    expect(() => simulate(() => Effect.never)).toThrow("the simulation is deadlocked")
  })

  test("one seed is one run", () => {
    const fingerprint = () => {
      let print = ""
      simulate(
        ({ kernel }) =>
          Effect.gen(function* () {
            yield* Effect.sleep(kernel.random.below(1000))
            print = `${kernel.fingerprint} ${kernel.nowMillis}`
          }),
        { seed: 7 }
      )
      return print
    }
    expect(fingerprint()).toBe(fingerprint())
  })
})

describe("in Bun", () => {
  afterEach(() => {
    expect(globalThis.setTimeout).toBe(untouched.setTimeout)
    expect(globalThis.setInterval).toBe(untouched.setInterval)
    expect(globalThis.setImmediate).toBe(untouched.setImmediate)
    expect(Bun.sleep).toBe(untouched.sleep)
    expect(epolls()).toBe(epollsBefore)
  })

  test("a program that has ended before the loop starts", async () => {
    expect(await Effect.runPromise(Reactors.run(Effect.succeed(1)))).toEqual(Exit.succeed(1))
    expect(await Effect.runPromise(Reactors.run(Effect.fail("no")))).toEqual(Exit.fail("no"))
  })

  test("what follows the start is not held up by a program that waits", async () => {
    const order: Array<string> = []
    const fiber = Effect.runFork(Reactors.run(Effect.never))
    order.push("after the start")
    await Effect.runPromise(Fiber.interrupt(fiber))
    order.push("interrupted")
    expect(order).toEqual(["after the start", "interrupted"])
  })

  test("fibers that promises, files and bare timers resume", async () => {
    const program = Effect.gen(function* () {
      const text = yield* Effect.promise(() => readFile("/proc/self/comm", "utf8"))
      const values = yield* Effect.all(
        [
          Effect.promise(() => Promise.resolve("promise")),
          Effect.promise(() => new Promise<string>((resolve) => setImmediate(() => resolve("immediate")))),
          Effect.promise(() => new Promise<string>((resolve) => setTimeout(() => resolve("timeout"), 3))),
          Effect.promise(() => Bun.sleep(2)),
          Effect.as(Effect.sleep("1 millis"), "sleep")
        ],
        { concurrency: "unbounded" }
      )
      return [text.length > 0, ...values]
    })
    const exit = await Effect.runPromise(Reactors.run(program))
    expect(exit).toEqual(Exit.succeed([true, "promise", "immediate", "timeout", undefined, "sleep"]))
  })

  test("file operations wake an idle loop, also under a test runner in which Bun has two", async () => {
    for (let index = 0; index < 100; index++) {
      const read = Effect.promise(() => readFile("/proc/self/comm", "utf8"))
      expect(Exit.isSuccess(await Effect.runPromise(Reactors.run(read)))).toBe(true)
    }
  })

  test("interrupting waits for the finalizers, and they still run on the reactor", async () => {
    const order: Array<string> = []
    const program = Effect.acquireUseRelease(
      Effect.void,
      () => Effect.never,
      () =>
        Effect.gen(function* () {
          yield* Effect.sleep("5 millis")
          const calls = yield* SystemCalls
          order.push(`finalized at ${calls.monotonicMillis() > 0}`)
        })
    )
    const fiber = Effect.runFork(Reactors.run(program))
    await new Promise<void>((resolve) => setImmediate(resolve))
    await Effect.runPromise(Fiber.interrupt(fiber))
    order.push("interrupted")
    expect(order).toEqual(["finalized at true", "interrupted"])
  })

  test("programs at the same time share one loop, and each ends for itself", async () => {
    const order: Array<string> = []
    const loops = new Set<EventLoop>()
    const isQuickOver = Deferred.makeUnsafe<void>()
    const program = (name: string, wait: Effect.Effect<void>) =>
      Effect.gen(function* () {
        loops.add(yield* Reactor)
        yield* wait
        order.push(name)
        return name
      })
    const quick = Reactors.run(program("quick", Effect.sleep(2)))
    const exits = await Effect.runPromise(
      Effect.all(
        [
          Reactors.run(program("slow", Deferred.await(isQuickOver))),
          Effect.tap(quick, () => Deferred.succeed(isQuickOver, undefined)),
          Reactors.run(Effect.succeed(1))
        ],
        {
          concurrency: "unbounded"
        }
      )
    )
    expect(exits).toEqual([Exit.succeed("slow"), Exit.succeed("quick"), Exit.succeed(1)] as typeof exits)
    expect(order).toEqual(["quick", "slow"])
    expect(loops.size).toBe(1)
  })

  test("one that starts while the last one ends gets its turn", async () => {
    const results: Array<string> = []
    const first = Effect.runPromise(Reactors.run(Effect.succeed("first")))
    await Promise.resolve()
    const second = Effect.runPromise(Reactors.run(Effect.as(Effect.sleep("2 millis"), "second")))
    for (const exit of [await first, await second]) if (Exit.isSuccess(exit)) results.push(exit.value)
    const third = await Effect.runPromise(Reactors.run(Effect.as(Effect.sleep("1 millis"), "third")))
    if (Exit.isSuccess(third)) results.push(third.value)
    expect(results).toEqual(["first", "second", "third"])
  })

  test("what a handler throws is logged, and the program goes on", async () => {
    const lines: Array<string> = []
    const error = console.error
    const log = console.log
    const note = (...parts: ReadonlyArray<unknown>) => lines.push(parts.map(String).join(" "))
    console.error = note
    console.log = note
    const exit = await Effect.runPromise(
      Reactors.run(
        Effect.gen(function* () {
          const loop = yield* Reactor
          loop.defer(() => {
            throw new Error("a handler's mistake")
          })
          yield* Effect.sleep("1 millis")
          return "went on"
        }).pipe(Effect.provide(Logger.layer([])))
      )
    )
    console.error = error
    console.log = log
    expect(exit).toEqual(Exit.succeed("went on"))
    expect(lines.join("\n")).toContain("a handler on the reactor threw")
    expect(lines.join("\n")).toContain("a handler's mistake")
  })

  test("a loop that cannot go on ends every program's run with the reason", async () => {
    const program = Effect.gen(function* () {
      const loop = yield* Reactor
      loop.onDefect = (defect) => {
        throw defect
      }
      loop.defer(() => {
        throw new Error("the set is broken")
      })
      return yield* Effect.never
    })
    const [one, other] = await Promise.all([
      Effect.runPromiseExit(Reactors.run(program)),
      Effect.runPromiseExit(Reactors.run(Effect.never))
    ])
    for (const exit of [one, other]) {
      expect(Exit.isFailure(exit) && String(Cause.squash(exit.cause))).toBe("Error: the set is broken")
    }
  })
})
