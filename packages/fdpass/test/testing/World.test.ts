import { describe, expect, test } from "bun:test"
import { type Descriptor, Errno, Readiness } from "../../src/index.ts"
import * as Simulated from "../../src/testing/index.ts"
import { must } from "../support/machines.ts"
import { connect, listen, makeKernel } from "../support/simulations.ts"

describe("virtual time", () => {
  const waiting = (options: Partial<Simulated.KernelOptions> = {}) => {
    const kernel = makeKernel(options)
    const server = kernel.process("server")
    const listener = listen(server)
    const epoll = must(server.calls.epollCreate())
    server.calls.epollAdd(epoll, listener, Readiness.readable, 1)
    const batch = server.calls.makeReadinessBatch(4)
    const wait = (timeoutMillis: number) => server.calls.epollWait(epoll, batch, timeoutMillis)
    return { kernel, server, listener, wait }
  }

  test("a wait that nothing ends takes its timeout, of the virtual clock alone", () => {
    const { kernel, server, wait } = waiting()
    const wall = server.calls.wallMillis()
    expect(wait(3_600_000)).toBe(0)
    expect(server.calls.monotonicMillis()).toBe(3_600_000)
    kernel.jumpWallClock(-10_000)
    expect(server.calls.wallMillis()).toBe(wall + 3_590_000)
    expect(wait(0.25)).toBe(0)
    expect(kernel.nowMillis).toBe(3_600_001)
  })

  test("an actor moves while the program waits, at the moment it wished for", () => {
    const { kernel, wait } = waiting()
    const client = kernel.process("client")
    kernel.addActor({
      name: "client",
      step: () => {
        if (kernel.nowMillis < 250) return { wakeAtMillis: 250 }
        connect(client)
        return "done"
      }
    })
    expect(wait(-1)).toBe(1)
    expect(kernel.nowMillis).toBe(250)
  })

  test("waiting for ever for nothing is a deadlock that says who is there", () => {
    const { kernel, wait } = waiting()
    expect(() => wait(-1)).toThrow("there is no actor")
    kernel.addActor({ name: "sleepy client", step: () => "idle" })
    expect(() => wait(-1)).toThrow('every actor is idle for good ("sleepy client")')
    expect(() => wait(-1)).toThrow(Simulated.SimulationDeadlock)
  })

  test("actors that move without end are a livelock", () => {
    const { kernel, wait } = waiting({ stepsMax: 1000 })
    kernel.addActor({ name: "restless", step: () => ({ wakeAtMillis: 0 }) })
    expect(() => wait(-1)).toThrow(Simulated.SimulationLivelock)
  })

  test("an actor must not wait, and can look", () => {
    const { kernel, wait } = waiting()
    const seen: Array<number> = []
    let timeoutMillis = 0
    kernel.addActor({
      name: "reactor of its own",
      step: () => {
        seen.push(wait(timeoutMillis))
        timeoutMillis = 5
        return "moved"
      }
    })
    expect(() => wait(-1)).toThrow("must not wait")
    expect(seen).toEqual([0])
  })

  test("time passes with calls when they cost something", () => {
    const { kernel, server } = waiting({ callMillis: 0.5 })
    const before = kernel.nowMillis
    server.calls.identify("/run")
    server.calls.identify("/run")
    expect(kernel.nowMillis).toBe(before + 1)
  })

  test("advance and settle move the actors without a program that waits", () => {
    const kernel = makeKernel()
    const moments: Array<number> = []
    const remove = kernel.addActor({
      name: "ticking",
      step: () => {
        if (moments.at(-1) !== kernel.nowMillis) moments.push(kernel.nowMillis)
        return { wakeAtMillis: kernel.nowMillis + 10 }
      }
    })
    kernel.settle()
    kernel.advance(25)
    remove()
    kernel.advance(25)
    expect([moments, kernel.nowMillis]).toEqual([[0, 10, 20], 50])
  })
})

describe("seeds", () => {
  /** An echo server and three clients, with everything going wrong now and then. */
  const run = (seed: number): string => {
    const rates = { interrupted: 0.05, notReady: 0.05, shortRead: 0.2, shortWrite: 0.2, noBuffers: 0.02 }
    const kernel = new Simulated.SimulatedKernel({ seed, faults: { rates }, socketBufferBytes: 2048 })
    const server = kernel.process("server")
    const listener = listen(server, 1)
    const epoll = must(server.calls.epollCreate())
    while (server.calls.epollAdd(epoll, listener, Readiness.readable, 0) < 0) {}
    for (let index = 1; index <= 3; index++) {
      const { calls } = kernel.process(`client ${index}`)
      const socket = must(calls.socket())
      const buffer = calls.makeReceiveBuffer(64)
      let left = 100
      let isConnected = false
      kernel.addActor({
        name: `client ${index}`,
        step: () => {
          if (!isConnected) {
            isConnected = calls.connect(socket, "/run/server") === 0
            return isConnected ? "moved" : { wakeAtMillis: kernel.nowMillis + 1 }
          }
          const sent = left > 0 ? calls.send(socket, Buffer.alloc(left)) : 0
          left -= Math.max(0, sent)
          const got = calls.receive(socket, buffer)
          if (left > 0 || got > 0) return "moved"
          socket.close()
          return "done"
        }
      })
    }
    const clients = new Map<number, Descriptor>()
    const batch = server.calls.makeReadinessBatch(2)
    const buffer = server.calls.makeReceiveBuffer(64)
    for (let token = 1, served = 0; served < 3; ) {
      const count = server.calls.epollWait(epoll, batch, -1)
      for (let index = 0; index < count; index++) {
        const client = clients.get(batch.token(index))
        if (client === undefined) {
          const accepted = server.calls.accept(listener)
          if (typeof accepted === "number") continue
          clients.set(token, accepted)
          while (server.calls.epollAdd(epoll, accepted, Readiness.readable, token) < 0) {}
          token++
          continue
        }
        const outcome = server.calls.receive(client, buffer)
        if (outcome > 0) server.calls.send(client, buffer.bytes.subarray(0, outcome))
        if (outcome !== 0 && outcome !== -Errno.ECONNRESET) continue
        client.close()
        clients.delete(batch.token(index))
        served++
      }
    }
    expect(kernel.violations).toEqual([])
    expect(server.openDescriptors().map(({ kind }) => kind)).toEqual(["socket", "epoll"])
    return kernel.fingerprint
  }

  test("the same seed is the same run, another one is another", () => {
    const first = Array.from({ length: 30 }, (_, seed) => run(seed))
    const second = Array.from({ length: 30 }, (_, seed) => run(seed))
    expect(second).toEqual(first)
    expect(new Set(first).size).toBe(30)
  })

  test("the generator gives what sfc32 gives, evenly and within bounds", () => {
    const random = new Simulated.SeededRandom(1)
    const counts = [0, 0, 0, 0]
    for (let round = 0; round < 40_000; round++) {
      const drawn = random.below(4)
      counts[drawn] = (counts[drawn] ?? 0) + 1
    }
    for (const count of counts) expect(Math.abs(count - 10_000)).toBeLessThan(400)
    expect(random.shuffle([1, 2, 3, 4, 5]).sort()).toEqual([1, 2, 3, 4, 5])
    expect(() => random.pick([])).toThrow(RangeError)
    expect(() => new Simulated.SeededRandom(0.5)).toThrow(RangeError)
  })
})
