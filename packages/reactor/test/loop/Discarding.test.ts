/** Closing what strangers have filled, without the others having to wait for it. */
import { describe, expect, test } from "bun:test"
import type { Descriptor } from "@scached/fdpass"
import { SimulatedKernel } from "@scached/fdpass/testing"
import { EventLoop, noHost } from "../../src/index.ts"
import { type Machine, makeMachine, must, Notes, openChannel } from "../support/simulations.ts"

const descriptorsPerMessage = 60

/** A socket with so many messages full of descriptors in it; its sender has left. */
const filled = (machine: Machine, messages: number): Descriptor => {
  const [near, far] = machine.pair()
  const cargo = machine.process.open("cargo")
  const each = Array.from({ length: descriptorsPerMessage }, () => cargo)
  for (let left = messages; left > 0; left--) expect(machine.process.sendDescriptors(far, each)).toBe(1)
  cargo.close()
  far.close()
  return near
}

const roomy = { descriptorsMax: 4096 }

describe("a socket that is thrown away", () => {
  test("is closed at once where little is in it", () => {
    const machine = makeMachine(roomy)
    let closed = 0
    machine.loop.discard(filled(machine, 1), () => closed++)
    expect([closed, machine.process.openCount]).toEqual([1, 1])
    machine.end()
  })

  test("takes a portion a turn, together with all others, and tells when it is closed", () => {
    const machine = makeMachine(roomy)
    const closed: Array<string> = []
    const sockets = [filled(machine, 6), filled(machine, 4), filled(machine, 2), filled(machine, 0)]
    for (const [index, socket] of sockets.entries()) machine.loop.discard(socket, () => closed.push(`${index}`))
    const received: Array<number> = [machine.kernel.counts.received]
    for (let left = 20; machine.process.openCount > 1 && left > 0; left--) {
      machine.turn()
      received.push(machine.kernel.counts.received)
    }
    const portions = received.map((count, index) => count - (received[index - 1] ?? 0))
    // A portion ends with the message that makes it full.
    expect(Math.max(...portions)).toBe(2 * descriptorsPerMessage)
    expect(closed).toEqual(["3", "2", "0", "1"])
    expect(machine.kernel.counts).toMatchObject({ received: 12 * descriptorsPerMessage, lost: 0 })
    machine.end()
  })

  test("that of a channel too, whose owner hears of it", () => {
    const machine = makeMachine(roomy)
    const channel = openChannel(machine.loop, filled(machine, 6), new Notes())
    let closed = 0
    channel.close(() => closed++)
    expect([channel.isClosed, closed]).toEqual([true, 0])
    machine.turn(3)
    expect([closed, machine.process.openCount]).toEqual([1, 1])
    machine.end()
  })

  test("does not keep the others when one's owner throws", () => {
    const machine = makeMachine(roomy)
    const defects: Array<unknown> = []
    machine.loop.onDefect = (defect) => defects.push(defect)
    let closed = 0
    for (let index = 0; index < 3; index++) {
      machine.loop.discard(filled(machine, 4), () => {
        closed++
        throw new Error("its owner")
      })
    }
    machine.turn(12)
    expect([closed, defects.length, machine.process.openCount]).toEqual([3, 3, 1])
    machine.end()
  })

  test("is closed with the loop, however much is left", () => {
    const machine = makeMachine(roomy)
    for (let left = 5; left > 0; left--) machine.loop.discard(filled(machine, 10), () => {})
    machine.turn()
    expect(machine.process.openCount).toBe(1 + 5)
    machine.end()
    expect(machine.kernel.counts.received).toBeLessThan(10 * descriptorsPerMessage)
  })
})

describe("closes that wait", () => {
  /** A loop whose kernel has that many closes under way, and ends so many at each hurry. */
  const start = (waiting: number, endedPerHurry: number) => {
    const kernel = new SimulatedKernel({ seed: 42 })
    const process = kernel.process("reactor")
    const state = { waiting, hurries: [] as Array<number>, told: [] as Array<readonly [number, number]> }
    const calls = {
      ...process.calls,
      closesUnderWay: () => state.waiting,
      hurryCloses: () => {
        state.hurries.push(kernel.nowMillis)
        state.waiting = Math.max(0, state.waiting - endedPerHurry)
      }
    }
    const loop = new EventLoop(calls, must(calls.epollCreate()), noHost)
    loop.onClosesWaiting = (count) => state.told.push([kernel.nowMillis, count])
    loop.defer(() => {})
    const turnUntil = (millis: number): void => {
      while (loop.pendingTimers > 0 && kernel.nowMillis < millis) loop.turn()
    }
    loop.turn()
    return { loop, state, turnUntil }
  }

  test("are ended soon, and an idle loop sleeps again", () => {
    const { loop, state, turnUntil } = start(100, 32)
    turnUntil(1_000)
    expect(state).toEqual({ waiting: 0, hurries: [2, 4, 6, 8], told: [] })
    expect(loop.pendingTimers).toBe(0)
    loop.close()
  })

  test("are looked after once a second where they cannot be ended, and told once an hour if they are many", () => {
    const { loop, state, turnUntil } = start(70, 0)
    turnUntil(2 * 3_600_000)
    expect(state.hurries.slice(0, 5)).toEqual([2, 4, 8, 16, 32])
    expect(state.hurries.length).toBeLessThan(7_250)
    expect(state.told.map(([, count]) => count)).toEqual([70, 70])
    expect(state.told[0]?.[0]).toBeLessThan(3_000)
    loop.close()
  })

  test("are looked after at once when they are added beside others that do not end", () => {
    const { loop, state, turnUntil } = start(70, 0)
    turnUntil(10_000)
    const before = state.hurries.length
    loop.at(10_100, () => {
      state.waiting = 71
    })
    turnUntil(10_103)
    expect(state.hurries[before]).toBe(10_102)
    loop.close()
  })

  test("that are few are not told", () => {
    const { loop, state, turnUntil } = start(10, 0)
    turnUntil(60_000)
    expect(state.told).toEqual([])
    loop.close()
  })

  test("keep what is thrown away from adding to them at full speed", () => {
    const kernel = new SimulatedKernel({ seed: 42, ...roomy })
    const process = kernel.process("reactor")
    const calls = { ...process.calls, closesUnderWay: () => 1_000, hurryCloses: () => {} }
    const loop = new EventLoop(calls, must(calls.epollCreate()), noHost)
    const machine = { ...makeMachine(roomy), kernel, process, pair: () => must(calls.socketPair()) }
    let closed = 0
    loop.discard(filled(machine, 6), () => closed++)
    const before = kernel.counts.received
    loop.defer(() => {})
    loop.turn()
    expect(kernel.counts.received).toBe(before)
    while (closed === 0) loop.turn()
    expect(kernel.nowMillis).toBe(15)
    loop.close()
  })
})
