import { describe, expect, test } from "bun:test"
import { readdirSync, readlinkSync } from "node:fs"
import { type Descriptor, KernelSystemCalls, SystemCalls, UnixSocket } from "@scached/fdpass"
import { Effect, Fiber, Layer } from "effect"
import { BunReadiness, type Direction, Readiness } from "../src/index.ts"

/** How many descriptors lead to such a thing. Bun opens and closes others when it likes, so their count says nothing. */
const countOf = (target: string): number =>
  readdirSync("/proc/self/fd").filter((number) => {
    try {
      return readlinkSync(`/proc/self/fd/${number}`) === target
    } catch {
      // The listing's own, closed already.
      return false
    }
  }).length

const sets = (): number => countOf("anon_inode:[eventpoll]")

/** Counts the waits that went through Bun's loop, in contrast to those that only slept. */
const withCounts = () => {
  const counts = { sets: 0 }
  const counted = Layer.effect(
    SystemCalls,
    Effect.map(SystemCalls, (calls) =>
      SystemCalls.of({
        ...calls,
        epollCreate: () => {
          counts.sets++
          return calls.epollCreate()
        }
      })
    )
  ).pipe(Layer.provide(KernelSystemCalls.layer))
  return { counts, layer: BunReadiness.layer.pipe(Layer.provideMerge(counted)) }
}

/** The wait as an effect, which calls it off when it is interrupted. */
const effectOf =
  ({ until }: Readiness["Service"]) =>
  (socket: Descriptor, direction: Direction) =>
    Effect.callback<void>((resume) => {
      const wait = until(socket, direction, () => resume(Effect.void))
      return Effect.sync(() => wait[Symbol.dispose]())
    })

/** Runs with two ends of a connection; what a wait leaves behind is seen by the caller. */
const run = <A, E>(
  program: (
    until: ReturnType<typeof effectOf>,
    ends: readonly [Descriptor, Descriptor],
    calls: SystemCalls["Service"]
  ) => Effect.Effect<A, E>
) => {
  const { counts, layer } = withCounts()
  const whole = Effect.gen(function* () {
    const until = effectOf(yield* Readiness)
    return yield* program(until, yield* UnixSocket.pair, yield* SystemCalls)
  })
  return Effect.runPromise(Effect.scoped(whole).pipe(Effect.provide(layer))).then((result) => ({ result, ...counts }))
}

describe("waiting in Bun's loop", () => {
  test("ends when something can be read, and only then; one set a wait", async () => {
    const { result, ...counts } = await run((until, [near, far], calls) =>
      Effect.gen(function* () {
        const order: Array<string> = []
        const waiting = yield* Effect.forkChild(
          Effect.tap(until(near, "readable"), () => Effect.sync(() => order.push("readable"))),
          { startImmediately: true }
        )
        // Many turns of the loop, none of which brings anything.
        for (let turn = 0; turn < 50; turn++) yield* Effect.promise(() => new Promise((done) => setImmediate(done)))
        order.push("sent")
        calls.send(far, Buffer.from("x"))
        yield* Fiber.join(waiting)
        return order
      })
    )
    expect(result).toEqual(["sent", "readable"])
    expect(counts.sets).toBe(1)
  })

  test("ends when something can be written, at once when it is so already, and when the peer is gone", async () => {
    const { sets } = await run((until, [near, far], calls) =>
      Effect.gen(function* () {
        yield* until(near, "writable")
        const chunk = new Uint8Array(65_536)
        while (calls.send(near, chunk) > 0);
        const waiting = yield* Effect.forkChild(until(near, "writable"), { startImmediately: true })
        const buffer = calls.makeReceiveBuffer(65_536)
        while (calls.receive(far, buffer) > 0);
        yield* Fiber.join(waiting)
        const bereft = yield* Effect.forkChild(until(near, "readable"), { startImmediately: true })
        far.close()
        yield* Fiber.join(bereft)
      })
    )
    expect(sets).toBe(3)
  })

  test("leaves no descriptor behind, neither at its end nor when it is interrupted", async () => {
    await run((until, [near, far], calls) =>
      Effect.gen(function* () {
        const before = sets()
        const buffer = calls.makeReceiveBuffer(16)
        for (let round = 0; round < 50; round++) {
          const waiting = yield* Effect.forkChild(until(near, "readable"), { startImmediately: true })
          expect(sets()).toBe(before + 1)
          if (round % 2 === 0) yield* Fiber.interrupt(waiting)
          else {
            calls.send(far, Buffer.from("x"))
            yield* Fiber.join(waiting)
            calls.receive(near, buffer)
          }
        }
        Bun.gc(true)
        expect(sets()).toBe(before)
      })
    )
  })

  test("survives the collector", async () => {
    await run((until, [near, far], calls) =>
      Effect.gen(function* () {
        const waiting = yield* Effect.forkChild(until(near, "readable"), { startImmediately: true })
        for (let round = 0; round < 10; round++) {
          Bun.gc(true)
          yield* Effect.promise(() => new Promise((done) => setImmediate(done)))
        }
        calls.send(far, Buffer.from("x"))
        yield* Fiber.join(waiting)
      })
    )
  })

  test("comes back where there is no set to be had, so that its caller tries again", async () => {
    const noSet = Layer.effect(
      SystemCalls,
      Effect.map(SystemCalls, (calls) => SystemCalls.of({ ...calls, epollCreate: () => -24 }))
    ).pipe(Layer.provide(KernelSystemCalls.layer))
    const program = Effect.gen(function* () {
      const [near] = yield* UnixSocket.pair
      yield* effectOf(yield* Readiness)(near, "readable")
      return "back"
    })
    const layer = BunReadiness.layer.pipe(Layer.provideMerge(noSet))
    expect(await Effect.runPromise(Effect.scoped(program).pipe(Effect.provide(layer)))).toBe("back")
  })
})

test("what Bun cannot wait for it leaves open, and we close it", async () => {
  // In place of the set a file, which epoll refuses.
  const { openSync } = await import("node:fs")
  const withFile = Layer.effect(
    SystemCalls,
    Effect.map(SystemCalls, (calls) =>
      SystemCalls.of({
        ...calls,
        epollCreate: () => calls.adopt(openSync(import.meta.path, "r")),
        epollAdd: () => 0
      })
    )
  ).pipe(Layer.provide(KernelSystemCalls.layer))
  const program = Effect.gen(function* () {
    const [near] = yield* UnixSocket.pair
    const until = effectOf(yield* Readiness)
    yield* until(near, "readable")
    expect(countOf(import.meta.path)).toBe(0)
  })
  const layer = BunReadiness.layer.pipe(Layer.provideMerge(withFile))
  await Effect.runPromise(Effect.scoped(program).pipe(Effect.provide(layer)))
})
