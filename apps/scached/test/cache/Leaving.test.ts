/** Clients and strangers that leave behind more than can be thrown away at once. */
import { expect, test } from "bun:test"
import { type Descriptor, Readiness, type SystemCallsShape, UnixSocket } from "@scached/fdpass"
import { SimulatedKernel, type SimulatedProcess } from "@scached/fdpass/testing"
import { Reactors } from "@scached/reactor"
import { Effect, Exit, Layer } from "effect"
import * as CacheServer from "../../src/cache/CacheServer.ts"
import { Journal } from "../../src/log/Journal.ts"
import { Access } from "../../src/settings/Access.ts"
import type { CacheSettings } from "../../src/settings/CacheSettings.ts"
import { defaultCacheSettings } from "../support/defaultCacheSettings.ts"

const path = "/run/scached"
const descriptorsPerMessage = 100

interface Scene {
  readonly daemon: SimulatedProcess
  readonly warnings: Array<string>
  /** How many clients and sockets the daemon had, each time it threw something away. */
  readonly seen: Array<{ readonly clients: number; readonly open: number }>
  readonly server: CacheServer.CacheServer
  /** A visitor that fills its socket and leaves. */
  readonly visit: (uid: number, messages: number) => void
}

/** Runs a cache in a simulation, and what `play` does to it. */
const simulate = (
  settings: Partial<CacheSettings>,
  play: (scene: Scene) => Effect.Effect<void>,
  callMillis = 0
): Omit<Scene, "server"> => {
  const kernel = new SimulatedKernel({ seed: 1, descriptorsMax: 4096, callMillis })
  const daemon = kernel.process("daemon")
  const servers: Array<CacheServer.CacheServer> = []
  const scene = {
    daemon,
    warnings: [] as Array<string>,
    seen: [] as Array<{ clients: number; open: number }>,
    visit: (uid: number, messages: number): void => {
      const visitor = kernel.process(`visitor ${kernel.processes.length}`, { uid })
      const socket = visitor.calls.socket()
      if (typeof socket === "number" || visitor.calls.connect(socket, path) < 0) throw new Error("no way in")
      const cargo = visitor.open("cargo")
      const each = Array.from({ length: descriptorsPerMessage }, () => cargo)
      for (let left = messages; left > 0; left--) visitor.sendDescriptors(socket, each)
      visitor.die()
    }
  }
  const calls: SystemCallsShape = {
    ...daemon.calls,
    discardUnread: (socket, descriptorsMax) => {
      scene.seen.push({ clients: servers[0]?.clients() ?? 0, open: daemon.openCount })
      return daemon.calls.discardUnread(socket, descriptorsMax)
    }
  }
  const journal = {
    isVerbose: false,
    info: () => {},
    verbose: () => {},
    warning: (line: string) => scene.warnings.push(line)
  }
  const program = Effect.gen(function* () {
    const listener = yield* UnixSocket.listen(path, { mode: 0o666, backlog: 100 })
    const server = yield* CacheServer.make([listener], { ...defaultCacheSettings, ...settings })
    servers.push(server)
    yield* Effect.sleep(1)
    yield* play({ ...scene, server })
  }).pipe(Effect.scoped, Effect.provide(Layer.succeed(Journal, journal)))
  const exit = Reactors.runSimulated(program, calls)
  if (Exit.isFailure(exit)) throw new Error(String(exit.cause))
  expect([kernel.violations, daemon.openCount]).toEqual([[], 0])
  return scene
}

test("strangers that leave much behind take places until it is gone, and the next ones wait", () => {
  const { daemon, seen } = simulate({ clientsMax: 2, access: new Access([0]) }, ({ daemon, visit }) =>
    Effect.gen(function* () {
      const open = daemon.openCount
      for (let left = 5; left > 0; left--) visit(4242, 6)
      yield* Effect.sleep(1)
      expect(daemon.openCount).toBe(open)
    })
  )
  // Two at a time, and every one of them a portion each time it has its turn.
  const least = Math.min(...seen.map(({ open }) => open))
  expect(Math.max(...seen.map(({ open }) => open))).toBe(least + 1)
  // Six portions and the end for each, and for each that finds another one there a first call that takes nothing.
  expect(seen.length).toBeGreaterThanOrEqual(5 * 7)
  expect(seen.length).toBeLessThanOrEqual(5 * 8)
  expect(daemon.callCount("accept")).toBeGreaterThanOrEqual(5)
})

test("a client that leaves much behind is counted until it is gone", () => {
  const { seen } = simulate({}, ({ server, visit }) =>
    Effect.gen(function* () {
      visit(0, 8)
      yield* Effect.sleep(1)
      expect(server.clients()).toBe(0)
    })
  )
  expect(seen.length).toBeGreaterThan(2)
  expect(seen.every(({ clients }) => clients === 1)).toBe(true)
})

test("what is still being thrown away when the server ends is closed with it", () => {
  const { seen } = simulate(
    { access: new Access([0]) },
    ({ visit }) =>
      Effect.gen(function* () {
        for (let left = 20; left > 0; left--) visit(4242, 20)
        // Some turns, and not as many as it takes.
        yield* Effect.sleep(50)
      }),
    0.1
  )
  expect(seen.length).toBeGreaterThan(20)
  expect(seen.length).toBeLessThan(20 * 20)
})

test("urgent data of a client that was passed is kept, as that of an accepted one is", () => {
  const passed: Array<number> = []
  simulate({}, ({ daemon, server }) =>
    Effect.sync(() => {
      const pair = daemon.calls.socketPair()
      if (typeof pair === "number") throw new Error("no pair")
      const [near, far]: readonly [Descriptor, Descriptor] = pair
      server.admit(near)
      passed.push(daemon.callCount("keepUrgent"), daemon.calls.look(far, Readiness.readable))
      far.close()
    })
  )
  expect(passed).toEqual([1, Readiness.readable])
})
