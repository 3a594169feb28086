import { describe, expect, test } from "bun:test"
import { KernelSystemCalls } from "@scached/fdpass"
import { Effect, Fiber } from "effect"
import { TestClock } from "effect/testing"
import * as ServerProcess from "../../src/target/ServerProcess.ts"

/** Turns of the real loop, while the time of the program stands still. */
const until = (holds: () => boolean) =>
  Effect.promise(async () => {
    while (!holds()) await new Promise<void>((resolve) => setImmediate(resolve))
  })

/** What is wrong with how a script ends that says when it is ready; as much time goes by as was told. */
const endOf = (script: string, isReady: (server: ServerProcess.ServerProcess) => boolean, seconds = 0) =>
  Effect.gen(function* () {
    const server = yield* ServerProcess.start({ target: "test", command: ["sh", "-c", script] })
    yield* until(() => isReady(server))
    const stopping = yield* Effect.forkChild(server.stop, { startImmediately: true })
    yield* TestClock.adjust(`${seconds} seconds`)
    return yield* Fiber.join(stopping)
  }).pipe(Effect.scoped, Effect.provide(TestClock.layer()), Effect.provide(KernelSystemCalls.layer), Effect.runPromise)

const saysReady = (server: ServerProcess.ServerProcess) => server.output() === "ready"
const endsWith = (code: number) => `sleep 1000 & trap "kill $!; exit ${code}" TERM; echo ready; wait`

describe("the end of a server", () => {
  test("is well by SIGTERM itself, with 0, and with what a shell makes of SIGTERM", async () => {
    expect(await endOf("echo ready; exec sleep 1000", saysReady)).toBeUndefined()
    expect(await endOf(endsWith(0), saysReady)).toBeUndefined()
    expect(await endOf(endsWith(143), saysReady)).toBeUndefined()
  })

  test("is not with another code, nor before it is told to", async () => {
    expect(await endOf(endsWith(3), saysReady)).toBe(
      "it ended with exit code 3 on SIGTERM, expected SIGTERM, exit code 0 or 143"
    )
    expect(await endOf("exit 3", ({ findEnd }) => findEnd() !== undefined)).toBe(
      "it had ended already, with exit code 3"
    )
  })

  test("is not when it takes SIGKILL", async () => {
    const stubborn = `trap "" TERM; echo ready; exec sleep 1000`
    expect(await endOf(stubborn, saysReady, 5)).toBe("it did not end within 5 s of SIGTERM")
  })
})
