import { describe, expect, test } from "bun:test"
import { existsSync, mkdtempSync, rmSync, statSync } from "node:fs"
import { tmpdir } from "node:os"
import { join } from "node:path"
import { Effect, Exit, Fiber, Logger } from "effect"
import { Connection, Listener } from "../../src/effect/index.ts"
import { Reactor, Reactors } from "../../src/index.ts"
import { openCount } from "../support/openCount.ts"
import { bytesOf, simulate } from "../support/simulations.ts"

const options = { path: "/run/reactor", mode: 0o600, backlog: 64, clientsMax: 3 }
const textOf = (received: Connection.Received) => Buffer.from(received.bytes).toString("latin1")

const echo = (connection: Connection.Connection) =>
  Effect.forever(Effect.flatMap(connection.receive, ({ bytes }) => connection.send(bytes)))

const ask = Effect.fnUntraced(function* (connection: Connection.Connection, text: string) {
  yield* connection.send(bytesOf(text))
  return textOf(yield* connection.receive)
})

/** Everything logged while the effect runs, as text. */
const withLog = <A, E, R>(effect: Effect.Effect<A, E, R>) => {
  const lines: Array<string> = []
  const logger = Logger.make(({ logLevel, message }) => lines.push(`${logLevel} ${String(message)}`))
  return Effect.map(Effect.provide(effect, Logger.layer([logger])), (value) => ({ value, lines }))
}

describe("clients", () => {
  test("are served side by side, and one over clientsMax is sent away at once", () => {
    const answers = simulate(() =>
      Effect.gen(function* () {
        yield* Listener.serve(options, echo)
        const answers: Array<string> = []
        const first = yield* Connection.connect(options.path)
        yield* ask(first, "first")
        yield* Effect.scoped(
          Effect.gen(function* () {
            for (let index = 0; index < 4; index++) {
              const connection = yield* Connection.connect(options.path)
              answers.push(
                yield* ask(connection, `hello ${index}`).pipe(Effect.catch((error) => Effect.succeed(error._tag)))
              )
            }
          })
        )
        yield* Effect.sleep("1 millis")
        // Those that left made room.
        const last = yield* Connection.connect(options.path)
        return [...answers, yield* ask(last, "last"), yield* ask(first, "still here")]
      }).pipe(Effect.scoped)
    )
    expect(answers.slice(0, 2)).toEqual(["hello 0", "hello 1"])
    // Whether the write or the read finds out is the peer's timing.
    for (const refused of answers.slice(2, 4)) expect(["ConnectionClosed", "SystemCallError"]).toContain(refused)
    expect(answers.slice(4)).toEqual(["last", "still here"])
  })

  test("whose handler fails or dies are logged and leave the others alone", () => {
    const { value, lines } = simulate(() =>
      withLog(
        Effect.gen(function* () {
          yield* Listener.serve(options, (connection) =>
            Effect.gen(function* () {
              const text = textOf(yield* connection.receive)
              if (text === "fail") return yield* Effect.fail("failed")
              if (text === "die") return yield* Effect.die("died")
              yield* connection.send(bytesOf(text))
            })
          )
          const results: Array<string> = []
          for (const text of ["fail", "die", "good"]) {
            const connection = yield* Connection.connect(options.path)
            results.push(yield* ask(connection, text).pipe(Effect.catch((error) => Effect.succeed(error._tag))))
          }
          return results
        }).pipe(Effect.scoped)
      )
    )
    expect(value).toEqual(["ConnectionClosed", "ConnectionClosed", "good"])
    expect(lines).toEqual(["Warn a client's handler failed", "Warn a client's handler failed"])
  })
})

describe("the end of the scope", () => {
  test("interrupts the clients, whose finalizers run, and closes everything", () => {
    const order = simulate(() =>
      Effect.gen(function* () {
        const order: Array<string> = []
        const fibers = yield* Effect.scoped(
          Effect.gen(function* () {
            yield* Listener.serve(options, (connection) =>
              Effect.ensuring(
                Effect.asVoid(Effect.flatMap(connection.receive, () => Effect.never)),
                Effect.sync(() => order.push("client finalized"))
              )
            )
            const started: Array<Fiber.Fiber<unknown, unknown>> = []
            for (let index = 0; index < 3; index++) {
              const connection = yield* Connection.connect(options.path)
              yield* connection.send(bytesOf("x"))
              started.push(yield* Effect.forkDetach(connection.receive))
            }
            yield* Effect.sleep("1 millis")
            return started
          })
        )
        order.push("scope closed")
        const loop = yield* Reactor
        expect(loop.watched).toBe(0)
        for (const fiber of fibers) expect(Exit.isFailure(yield* Fiber.await(fiber))).toBe(true)
        return order
      })
    )
    expect(order).toEqual([...Array(3).fill("client finalized"), "scope closed"])
  })

  test("on the kernel: socket file with its mode and then gone, no descriptor left", async () => {
    const directory = mkdtempSync(join(tmpdir(), "reactor-"))
    const path = join(directory, "socket")
    const before = openCount()
    const program = Effect.gen(function* () {
      yield* Listener.serve({ ...options, path, clientsMax: 100 }, echo)
      expect(statSync(path).mode & 0o777).toBe(0o600)
      const answers = yield* Effect.forEach(
        Array.from({ length: 50 }, (_, index) => `client ${index}`),
        (text) => Effect.scoped(Effect.flatMap(Connection.connect(path), (connection) => ask(connection, text))),
        { concurrency: 20 }
      )
      return new Set(answers).size
    }).pipe(Effect.scoped)
    const exit = await Effect.runPromise(Reactors.run(program))
    expect(exit).toEqual(Exit.succeed(50))
    expect(existsSync(path)).toBe(false)
    expect(openCount()).toBe(before)
    rmSync(directory, { recursive: true })
  })
})
