/** What punishes silence hears first what was said in time. */
import { describe, expect, test } from "bun:test"
import { bytesOf, makeMachine, watchReads } from "../support/simulations.ts"

/** Sockets that are watched, each with its peer; `heard` counts their events. */
const watchMany = (machine: ReturnType<typeof makeMachine>, count: number) => {
  const { kernel, loop, process } = machine
  const buffer = process.calls.makeReceiveBuffer(64)
  const state = { heard: new Set<number>(), isReading: true }
  const pairs = Array.from({ length: count }, (_, index) => {
    const [near, far] = machine.pair()
    const member = watchReads(loop, near, () => {
      state.heard.add(index)
      if (state.isReading) process.calls.receive(near, buffer)
    })
    return { near, far, member }
  })
  return {
    kernel,
    state,
    speak: () => {
      for (const { far } of pairs) process.calls.send(far, bytesOf("x"))
    },
    end: () => {
      for (const { far, near, member } of pairs) {
        loop.unwatch(member)
        near.close()
        far.close()
      }
      machine.end()
    }
  }
}

describe("a call that waits for a look", () => {
  test("comes behind everything that was pending, also where that is more than one turn takes", () => {
    const machine = makeMachine({ descriptorsMax: 10_000 })
    const { end, speak, state } = watchMany(machine, 1_000)
    let heard = -1
    machine.loop.at(100, () =>
      machine.loop.afterPendingInput(1, () => {
        heard = state.heard.size
      })
    )
    // They speak, and the clock jumps behind the deadline before the loop turns.
    speak()
    machine.kernel.advance(1_000)
    for (let left = 10; left > 0 && heard < 0; left--) machine.loop.turn()
    expect(heard).toBe(1_000)
    end()
  })

  test("is not put off for ever by those that always have more to say", () => {
    const machine = makeMachine({ descriptorsMax: 10_000 })
    const { end, speak, state } = watchMany(machine, 600)
    state.isReading = false
    speak()
    let isCalled = false
    machine.loop.afterPendingInput(1, () => {
      isCalled = true
    })
    for (let left = 3; left > 0; left--) machine.loop.turn()
    expect([isCalled, state.heard.size]).toEqual([true, 600])
    end()
  })

  test("does not count a wait that a signal has interrupted", () => {
    const machine = makeMachine({ faults: { script: [{ call: "epollWait", nth: 1, fault: "interrupted" }] } })
    const { end, speak, state } = watchMany(machine, 1)
    speak()
    const heard: Array<number> = []
    machine.loop.afterPendingInput(1, () => heard.push(state.heard.size))
    machine.loop.turn()
    machine.loop.turn()
    expect(heard).toEqual([1])
    end()
  })

  test("that a handler makes waits for the next turn's events", () => {
    const machine = makeMachine()
    const [near, far] = machine.pair()
    const order: Array<string> = []
    const member = watchReads(machine.loop, near, () => {
      order.push("handler")
      machine.loop.afterPendingInput(1, () => order.push("call"))
    })
    machine.process.calls.send(far, bytesOf("x"))
    machine.loop.turn()
    machine.loop.turn()
    expect(order).toEqual(["handler", "handler", "call"])
    machine.loop.unwatch(member)
    near.close()
    far.close()
    machine.end()
  })

  test("comes after as many reads as the bytes may take, without a wait, and not when it was taken back", () => {
    const machine = makeMachine()
    const calls: Array<string> = []
    machine.loop.afterPendingInput(3 * 16_384, () => calls.push("third"))
    machine.loop.afterPendingInput(1, () => calls.push("taken back"))()
    for (let left = 2; left > 0; left--) machine.loop.turn()
    expect(calls).toEqual([])
    machine.loop.turn()
    expect([calls, machine.loop.nowMillis]).toEqual([["third"], 0])
    machine.end()
  })
})
