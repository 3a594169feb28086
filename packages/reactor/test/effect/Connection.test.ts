import { describe, expect, test } from "bun:test"
import { type Descriptor, UnixSocket } from "@scached/fdpass"
import type { SimulatedProcess } from "@scached/fdpass/testing"
import { Effect, Exit, Fiber, Result, Scheduler } from "effect"
import { Connection } from "../../src/effect/index.ts"
import { bytesOf, readAll, simulate } from "../support/simulations.ts"

const textOf = (received: Connection.Received) => Buffer.from(received.bytes).toString("latin1")

/** A connection and the other end of it as a bare socket. */
const makePair = Effect.gen(function* () {
  const [near, far] = yield* UnixSocket.pair
  return { connection: yield* Connection.make(near), far }
})

const write = (process: SimulatedProcess, socket: Descriptor, text: string) => {
  process.calls.send(socket, bytesOf(text))
}

describe("receiving", () => {
  test("gives bytes in order, each once, and then the end", () => {
    const received = simulate(({ process }) =>
      Effect.gen(function* () {
        const { connection, far } = yield* makePair
        const all: Array<string> = []
        const reader = yield* Effect.forkChild(
          Effect.forever(Effect.map(connection.receive, (each) => all.push(textOf(each))))
        )
        for (const text of ["one", "two", "three"]) {
          write(process, far, text)
          yield* Effect.sleep(1)
        }
        far.close()
        const exit = yield* Fiber.await(reader)
        return [...all, String(Exit.isFailure(exit) && exit.cause)]
      }).pipe(Effect.scoped)
    )
    expect(received.slice(0, 3)).toEqual(["one", "two", "three"])
    expect(received[3]).toContain("ConnectionClosed")
  })

  test("what was received stays as it was when the next read comes", () => {
    const texts = simulate(({ process }) =>
      Effect.gen(function* () {
        const { connection, far } = yield* makePair
        write(process, far, "first")
        const first = yield* connection.receive
        write(process, far, "later")
        const second = yield* connection.receive
        return [textOf(first), textOf(second)]
      }).pipe(Effect.scoped)
    )
    expect(texts).toEqual(["first", "later"])
  })

  test("an interrupted reader loses nothing, at whatever moment", () => {
    const text = simulate(({ process }) =>
      Effect.gen(function* () {
        const { connection, far } = yield* makePair
        let got = ""
        const read = Effect.map(connection.receive, (each) => {
          got += textOf(each)
        })
        for (let index = 0; index < 26; index++) {
          const letter = String.fromCharCode(97 + index)
          const reader = yield* Effect.forkChild(read)
          if (index % 4 === 0) write(process, far, letter)
          yield* Effect.yieldNow
          if (index % 4 === 1) write(process, far, letter)
          // Bytes and timeout in the same turn: whichever is first, none may be lost.
          if (index % 4 === 2) yield* Effect.forkChild(Effect.timeoutOption(read, "1 millis"))
          if (index % 4 === 2) yield* Effect.sleep("1 millis")
          yield* Fiber.interrupt(reader)
          if (index % 4 > 1) write(process, far, letter)
          yield* Effect.sleep("1 millis")
        }
        while (got.length < 26) yield* read
        return got
      }).pipe(Effect.scoped)
    )
    expect(text).toBe("abcdefghijklmnopqrstuvwxyz")
  })

  test("reads nothing ahead of its reader but one piece, and closes a descriptor that nobody took", () => {
    simulate(({ process }) =>
      Effect.gen(function* () {
        const { connection, far } = yield* makePair
        process.calls.sendDescriptor(far, process.open("cargo"))
        yield* Effect.sleep("1 millis")
        const before = process.callCount("receive")
        for (let index = 0; index < 10; index++) {
          write(process, far, "more")
          yield* Effect.sleep("1 millis")
        }
        expect(process.callCount("receive") - before).toBe(0)
        expect(process.openDescriptors().filter((each) => each.label === "cargo")).toHaveLength(2)
        yield* connection.peer
        for (const { label, number } of process.openDescriptors()) {
          if (label === "cargo") return process.calls.adopt(number).close()
        }
      }).pipe(Effect.scoped)
    )
  })

  test("several readers get their turns", () => {
    const got = simulate(({ process }) =>
      Effect.gen(function* () {
        const { connection, far } = yield* makePair
        const readers = yield* Effect.forkChild(
          Effect.all(
            Array.from({ length: 3 }, () => Effect.map(connection.receive, textOf)),
            { concurrency: "unbounded" }
          )
        )
        for (const text of ["a", "b", "c"]) {
          yield* Effect.sleep("1 millis")
          write(process, far, text)
        }
        return yield* Fiber.join(readers)
      }).pipe(Effect.scoped)
    )
    expect(got).toEqual(["a", "b", "c"])
  })
})

describe("sending", () => {
  test("waits for a peer that does not read, and goes on when it does", () => {
    const result = simulate(({ process }) =>
      Effect.gen(function* () {
        const { connection, far } = yield* makePair
        let isDone = false
        const message = "0123456789".repeat(100_000)
        const sender = yield* Effect.forkChild(
          Effect.map(connection.send(bytesOf(message)), () => {
            isDone = true
          })
        )
        yield* Effect.sleep("1 hour")
        expect(isDone).toBe(false)
        let received = ""
        while (!isDone) {
          received += readAll(process, far)
          yield* Effect.sleep("1 millis")
        }
        yield* Fiber.join(sender)
        return received + readAll(process, far) === message
      }).pipe(Effect.scoped)
    )
    expect(result).toBe(true)
  })

  test("long messages and descriptors of several fibers do not mix", () => {
    const received = simulate(
      ({ process }) =>
        Effect.gen(function* () {
          const { connection, far } = yield* makePair
          const senders = yield* Effect.forkChild(
            Effect.forEach(
              ["a", "b", "c", "d"],
              (letter) =>
                Effect.gen(function* () {
                  yield* connection.send(bytesOf(letter.repeat(100_000)))
                  const cargo = process.open("cargo")
                  yield* connection.sendDescriptor(cargo)
                  cargo.close()
                }),
              { concurrency: "unbounded", discard: true }
            )
          )
          let text = ""
          for (let turn = 0; turn < 2000 && text.length < 400_008; turn++) {
            text += readAll(process, far)
            yield* Effect.sleep("1 millis")
          }
          yield* Fiber.join(senders)
          return text
        }).pipe(Effect.scoped),
      {
        socketBufferBytes: 20_000,
        faults: { rates: { shortWrite: 0.2, "send.notReady": 0.2, "sendDescriptor.notReady": 0.5 } }
      }
    )
    const runs = [...received.matchAll(/([a-d])\1*/g)].map(([run]) => `${run[0]} ${run.length}`)
    expect(runs.toSorted()).toEqual(["a 100000", "b 100000", "c 100000", "d 100000"])
    expect([...received.matchAll(/\0#/g)]).toHaveLength(4)
  })

  test("a long message that has to give way is not broken into by a short one", () => {
    const runs = simulate(
      ({ process }) =>
        Effect.gen(function* () {
          const { connection, far } = yield* makePair
          const sending = connection.send(new Uint8Array(4_000_000).fill(97))
          const long = yield* Effect.forkChild(Effect.provideService(sending, Scheduler.MaxOpsBeforeYield, 50), {
            startImmediately: true
          })
          // It has done its share of work and lets others run.
          expect(long.pollUnsafe()).toBeUndefined()
          yield* connection.send(bytesOf("b"))
          yield* Fiber.join(long)
          const text = readAll(process, far)
          return [text.length, text.indexOf("b")]
        }).pipe(Effect.scoped),
      { socketBufferBytes: 10_000_000 }
    )
    expect(runs).toEqual([4_000_001, 4_000_000])
  })

  test("a sender that was interrupted sends no descriptor, also when it is still open", () => {
    const text = simulate(
      ({ process }) =>
        Effect.gen(function* () {
          const { connection, far } = yield* makePair
          const cargo = process.open("cargo")
          const sender = yield* Effect.forkChild(Effect.forever(connection.sendDescriptor(cargo)))
          yield* Effect.sleep("1 minute")
          const arrived = process.callCount("sendDescriptor")
          yield* Fiber.interrupt(sender)
          const before = readAll(process, far)
          yield* Effect.sleep("1 minute")
          cargo.close()
          // The last of the calls was the one that got stuck.
          expect(before).toBe("\0#".repeat(arrived - 1))
          return readAll(process, far)
        }).pipe(Effect.scoped),
      { socketBufferBytes: 5000 }
    )
    expect(text).toBe("")
  })

  test("an interrupted sender takes its descriptor back", () => {
    const text = simulate(
      ({ process }) =>
        Effect.gen(function* () {
          const { connection, far } = yield* makePair
          // Exactly one descriptor gets stuck: the sender may not wait before it.
          const sender = yield* Effect.forkChild(
            Effect.forever(
              Effect.acquireUseRelease(
                Effect.sync(() => process.open("cargo")),
                (cargo) => connection.sendDescriptor(cargo),
                (cargo) => Effect.sync(() => cargo.close())
              )
            )
          )
          yield* Effect.sleep("1 minute")
          yield* Fiber.interrupt(sender)
          const before = readAll(process, far)
          yield* Effect.sleep("1 minute")
          yield* connection.send(bytesOf("after"))
          return before + readAll(process, far)
        }).pipe(Effect.scoped),
      { socketBufferBytes: 5000 }
    )
    expect(text).toMatch(/^(\0#)+after$/)
  })

  test("to a peer that is gone fails, also when nobody reads", () => {
    const failure = simulate(({ process }) =>
      Effect.gen(function* () {
        const { connection, far } = yield* makePair
        write(process, far, "never received")
        yield* Effect.sleep("1 millis")
        far.close()
        const sent = yield* Effect.result(connection.send(bytesOf("x")))
        const cargo = process.open("cargo")
        const passed = yield* Effect.result(connection.sendDescriptor(cargo))
        cargo.close()
        return [sent, passed].map((each) => (Result.isFailure(each) ? each.failure.message : "sent"))
      }).pipe(Effect.scoped)
    )
    expect(failure).toEqual(["send: the peer is gone (EPIPE)", "send: the peer is gone (EPIPE)"])
  })

  test("and receiving fail when the scope of the connection closes under them", () => {
    const failures = simulate(
      () =>
        Effect.gen(function* () {
          const [near] = yield* UnixSocket.pair
          const fibers = yield* Effect.scoped(
            Effect.gen(function* () {
              const connection = yield* Connection.make(near)
              const started = [
                yield* Effect.forkDetach(Effect.asVoid(connection.receive)),
                yield* Effect.forkDetach(connection.send(new Uint8Array(100_000)))
              ]
              yield* Effect.sleep("1 millis")
              return started
            })
          )
          return yield* Effect.forEach(fibers, (fiber) => Effect.flip(Fiber.join(fiber)))
        }).pipe(Effect.scoped),
      { socketBufferBytes: 5000 }
    )
    expect(failures.map((each) => each._tag)).toEqual(["ConnectionClosed", "ConnectionClosed"])
  })
})

describe("passivate", () => {
  test("gives the open socket away when all was sent, and refuses while something is unread", () => {
    const text = simulate(
      ({ process }) =>
        Effect.gen(function* () {
          const [near, far] = yield* UnixSocket.pair
          const socket = yield* Effect.scoped(
            Effect.gen(function* () {
              const connection = yield* Connection.make(near)
              write(process, far, "unread")
              yield* Effect.sleep("1 millis")
              const refused = yield* Effect.flip(connection.passivate)
              expect(refused.message).toContain("6 bytes of the peer were not received")
              yield* connection.receive
              yield* Effect.forkChild(connection.send(new Uint8Array(20_000).fill(97)))
              const given = yield* Effect.forkChild(connection.passivate)
              yield* Effect.sleep("1 millis")
              expect(given.pollUnsafe()).toBeUndefined()
              let drained = 0
              while (drained < 20_000) {
                drained += readAll(process, far).length
                yield* Effect.sleep("1 millis")
              }
              const passivated = yield* Fiber.join(given)
              expect((yield* Effect.flip(connection.receive))._tag).toBe("ConnectionClosed")
              expect((yield* Effect.flip(connection.send(bytesOf("x"))))._tag).toBe("ConnectionClosed")
              return passivated
            })
          )
          // The scope of the connection is closed; the socket is not.
          process.calls.send(socket, bytesOf("still open"))
          socket.close()
          return readAll(process, far)
        }).pipe(Effect.scoped),
      { socketBufferBytes: 5000 }
    )
    expect(text).toBe("still open")
  })
})
