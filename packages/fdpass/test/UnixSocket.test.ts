import { describe, expect, test } from "bun:test"
import { Effect, Exit, Layer, Scheduler, type Scope } from "effect"
import { Errno, SystemCalls, type SystemCallsShape, UnixSocket } from "../src/index.ts"
import { SimulatedKernel, type SimulatedProcess } from "../src/testing/index.ts"
import { closeAll, kernelMachine, type Machine, must, show, simulatedMachine } from "./support/machines.ts"

/** Each test runs on the kernel and on the simulation, in an empty directory, and must leave no descriptor behind. */
const onBoth = (name: string, run: (machine: Machine, path: string) => void): void => {
  describe(name, () => {
    for (const [where, make] of [
      ["the kernel", kernelMachine],
      ["the simulation", simulatedMachine]
    ] as const) {
      test(where, () => {
        const machine = make()
        const before = machine.openCount()
        run(machine, `${machine.directory}/server`)
        expect(machine.openCount()).toBe(before)
        machine.dispose()
      })
    }
  })
}

const options = { mode: 0o620, backlog: 1 }

const runWith = <A, E>(calls: SystemCallsShape, effect: Effect.Effect<A, E, SystemCalls | Scope.Scope>): A =>
  Effect.runSync(Effect.scoped(effect).pipe(Effect.provide(Layer.succeed(SystemCalls, calls))))

/** The error's tag and message. */
const failureOf = <A, E extends { readonly _tag: string; readonly message: string }>(
  { calls }: Machine,
  effect: Effect.Effect<A, E, SystemCalls | Scope.Scope>
): readonly [string, string] => {
  const error = runWith(calls, Effect.flip(effect))
  return [error._tag, error.message]
}

/** A socket file that nobody serves. */
const leaveStale = ({ calls }: Machine, path: string): void => {
  const socket = must(calls.socket())
  expect(calls.bind(socket, path)).toBe(0)
  socket.close()
}

onBoth("listens with its mode, answers, and takes its file away at the end", (machine, path) => {
  const { calls } = machine
  runWith(
    calls,
    Effect.gen(function* () {
      const listener = yield* UnixSocket.listen(path, options)
      expect(machine.modeOf(path)).toBe(0o620)
      const client = yield* UnixSocket.connect(path)
      const accepted = must(calls.accept(listener))
      expect(calls.send(client, Buffer.from("hi"))).toBe(2)
      expect(calls.receive(accepted, calls.makeReceiveBuffer(8))).toBe(2)
      accepted.close()
    })
  )
  expect(show(calls.identify(path))).toBe("ENOENT")
})

onBoth("replaces a stale socket", (machine, path) => {
  leaveStale(machine, path)
  runWith(machine.calls, UnixSocket.listen(path, options))
  expect(show(machine.calls.identify(path))).toBe("ENOENT")
})

onBoth("leaves a live server alone, a busy one too", (machine, path) => {
  const { calls } = machine
  const listener = must(calls.socket())
  calls.bind(listener, path)
  calls.listen(listener, 0)
  const inUse = ["SocketInUse", `another server answers at ${path}: stop it first, or choose another path`] as const
  expect(failureOf(machine, UnixSocket.listen(path, options))).toEqual(inUse)
  const waiting = must(calls.socket())
  calls.connect(waiting, path)
  expect(failureOf(machine, UnixSocket.listen(path, options))).toEqual(inUse)
  expect(must(calls.identify(path)).kind).toBe("socket")
  closeAll(listener, waiting)
})

onBoth("leaves alone what is not a socket", (machine, path) => {
  machine.makeFile(path)
  expect(failureOf(machine, UnixSocket.listen(path, options))).toEqual([
    "NotASocket",
    `${path} is a file that is not a socket: choose another path, or move it away`
  ])
  machine.makeDirectory(`${path}.d`)
  expect(failureOf(machine, UnixSocket.listen(`${path}.d`, options))[1]).toContain("is a directory")
  expect(must(machine.calls.identify(path)).kind).toBe("other")
})

onBoth("says which directory is missing, and what is wrong with a path", (machine, path) => {
  expect(failureOf(machine, UnixSocket.listen(`${path}/missing/x`, options))).toEqual([
    "SystemCallError",
    `bind ${path}/missing/x: no such file or directory (ENOENT)`
  ])
  for (const wrong of ["", "x".repeat(108), "a\0b"]) {
    expect(failureOf(machine, UnixSocket.listen(wrong, options))[0]).toBe("SocketPathInvalid")
    expect(failureOf(machine, UnixSocket.connect(wrong))[0]).toBe("SocketPathInvalid")
  }
})

onBoth("says why a connection cannot be made", (machine, path) => {
  const refused = (errno: keyof typeof Errno) => {
    const [tag, message] = failureOf(machine, UnixSocket.connect(path))
    expect([tag, message.startsWith(`connect ${path}: `), message.endsWith(`(${errno})`)]).toEqual([
      "SystemCallError",
      true,
      true
    ])
  }
  refused("ENOENT")
  leaveStale(machine, path)
  refused("ECONNREFUSED")
})

onBoth("does not remove a file that somebody else has put in its place", (machine, path) => {
  const { calls } = machine
  const other = must(calls.socket())
  runWith(
    calls,
    Effect.gen(function* () {
      yield* UnixSocket.listen(path, options)
      calls.unlink(path)
      calls.bind(other, path)
    })
  )
  expect(must(calls.identify(path)).kind).toBe("socket")
  other.close()
})

onBoth("a socket that was taken out of its scope lives on", (machine) => {
  const { calls } = machine
  const [kept, far] = runWith(
    calls,
    Effect.map(UnixSocket.pair, ([one, other]) => [one.take(), other.take()] as const)
  )
  expect(calls.send(kept, Buffer.from("x"))).toBe(1)
  closeAll(kept, far)
})

describe("failures halfway", () => {
  /** Calls with one of them replaced. */
  const run = (replaced: (calls: SystemCallsShape) => Partial<SystemCallsShape>) => {
    const kernel = new SimulatedKernel({ seed: 1 })
    const process = kernel.process("server")
    const calls = { ...process.calls, ...replaced(process.calls) }
    const exit = Effect.runSyncExit(
      Effect.scoped(UnixSocket.listen("/run/server", options)).pipe(Effect.provide(Layer.succeed(SystemCalls, calls)))
    )
    const error = Exit.isFailure(exit) ? String(exit.cause) : "none"
    return { error, open: process.openCount, file: show(process.calls.identify("/run/server")) }
  }

  test("leave neither descriptor nor file", () => {
    for (const call of ["bind", "listen"] as const) {
      const { error, file, open } = run(() => ({ [call]: () => -Errno.EPERM }))
      expect(error).toContain("operation not permitted (EPERM)")
      expect([open, file]).toEqual([0, "ENOENT"])
    }
  })

  test("no mode is changed afterwards: somebody else may have put a link there", () => {
    const process = new SimulatedKernel({ seed: 1 }).process("server")
    runWith(process.calls, UnixSocket.listen("/run/server", options))
    expect([process.callCount("bind"), process.callCount("changeMode")]).toEqual([1, 0])
  })

  test("a rival that binds between the look and the bind is left alone", () => {
    const { error, file, open } = run((calls) => ({
      bind: (socket, path) => {
        const rival = must(calls.socket())
        calls.bind(rival, path)
        rival.close()
        return calls.bind(socket, path)
      }
    }))
    expect(error).toContain("another server answers")
    expect([open, file]).toEqual([0, "ok"])
  })

  test("a stale file that its owner removes first is no failure", () => {
    const { error } = run((calls) => {
      const stale = must(calls.socket())
      calls.bind(stale, "/run/server")
      stale.close()
      return { unlink: (path) => (calls.unlink(path) < 0 ? -Errno.EIO : -Errno.ENOENT) }
    })
    expect(error).toBe("none")
  })

  /** Interrupts the fiber before its `nth` operation, where it yields; tells whether it got that far. */
  const interruptAt = (nth: number, process: SimulatedProcess): boolean => {
    const waiting: Array<() => void> = []
    let operations = 0
    const scheduler = new Scheduler.MixedScheduler("async", (task) => {
      waiting.push(task)
      return () => {}
    })
    scheduler.shouldYield = () => operations++ === nth
    const use = Effect.gen(function* () {
      yield* UnixSocket.listen("/run/server", options)
      yield* UnixSocket.pair
      yield* UnixSocket.connect("/run/server")
    })
    const layer = Layer.succeed(SystemCalls, process.calls)
    const fiber = Effect.runFork(Effect.scoped(use).pipe(Effect.provide(layer)), { scheduler })
    const isReached = fiber.pollUnsafe() === undefined
    fiber.interruptUnsafe()
    while (waiting.length > 0) waiting.shift()?.()
    expect(fiber.pollUnsafe()).toBeDefined()
    return isReached
  }

  test("an interruption between any two operations leaves no descriptor", () => {
    let operations = 0
    for (let isReached = true; isReached && operations < 10_000; operations++) {
      const process = new SimulatedKernel({ seed: 1 }).process("server")
      isReached = interruptAt(operations, process)
      expect([operations, process.openCount]).toEqual([operations, 0])
      expect(show(process.calls.identify("/run/server"))).toBe("ENOENT")
    }
    // Had the fiber never yielded, the test would have passed without one interruption.
    expect(operations).toBeGreaterThan(20)
  })
})
