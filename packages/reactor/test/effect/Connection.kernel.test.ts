import { describe, expect, test } from "bun:test"
import { type Descriptor, SystemCalls, UnixSocket } from "@scached/fdpass"
import { Effect, Exit, Fiber } from "effect"
import { Connection } from "../../src/effect/index.ts"
import { Reactor, Reactors } from "../../src/index.ts"
import { openCount } from "../support/openCount.ts"
import { bytesOf } from "../support/simulations.ts"

const textOf = (received: Connection.Received) => Buffer.from(received.bytes).toString("latin1")

const makeBoth = Effect.gen(function* () {
  const [near, far] = yield* UnixSocket.pair
  return [yield* Connection.make(near), yield* Connection.make(far)] as const
})

describe("on the kernel", () => {
  test("an echo of bytes and descriptors in both directions, after which nothing is left open", async () => {
    const echo = (connection: Connection.Connection) =>
      Effect.forever(
        Effect.gen(function* () {
          const { bytes, descriptor } = yield* connection.receive
          yield* connection.send(bytes)
          if (descriptor === undefined) return
          yield* connection.sendDescriptor(descriptor)
          descriptor.close()
        })
      )
    const program = Effect.gen(function* () {
      const calls = yield* SystemCalls
      const loop = yield* Reactor
      const [client, server] = yield* makeBoth
      yield* Effect.forkScoped(echo(server))
      const ends: Array<string> = []
      for (let index = 0; index < 50; index++) {
        const [cargo, other] = yield* UnixSocket.pair
        yield* client.send(bytesOf(`message ${index}`))
        let text = ""
        while (text.length < `message ${index}`.length) text += textOf(yield* client.receive)
        yield* client.sendDescriptor(cargo)
        let back: Descriptor | undefined
        while (back === undefined) back = (yield* client.receive).descriptor
        calls.send(back, bytesOf(text))
        back.close()
        const count = calls.receive(other, loop.receiveBuffer)
        ends.push(loop.receiveBuffer.bytes.toString("latin1", 0, count))
      }
      return ends
    }).pipe(Effect.scoped)
    const before = openCount()
    const exit = await Effect.runPromise(Reactors.run(program))
    expect(exit).toEqual(Exit.succeed(Array.from({ length: 50 }, (_, index) => `message ${index}`)))
    expect(openCount()).toBe(before)
  })

  test("a program that is interrupted in the middle of everything leaves nothing open", async () => {
    const program = Effect.gen(function* () {
      for (let index = 0; index < 20; index++) {
        const [one, other] = yield* makeBoth
        yield* Effect.forkScoped(Effect.forever(one.receive))
        yield* Effect.forkScoped(Effect.forever(other.send(new Uint8Array(1_000_000))))
        yield* Effect.forkScoped(one.send(new Uint8Array(1_000_000)))
      }
      return yield* Effect.never
    }).pipe(Effect.scoped)
    const before = openCount()
    for (let round = 0; round < 5; round++) {
      const fiber = Effect.runFork(Reactors.run(program))
      for (let turns = 0; turns <= round * 3; turns++) await new Promise<void>((resolve) => setImmediate(resolve))
      await Effect.runPromise(Fiber.interrupt(fiber))
      expect(openCount()).toBe(before)
    }
  })
})
