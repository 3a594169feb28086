import { describe, expect, test } from "bun:test"
import { makeMachine } from "../support/simulations.ts"

describe("timers", () => {
  test("run by deadline, cancelled ones not, and the loop sleeps until then", () => {
    const machine = makeMachine()
    const order: Array<string> = []
    machine.loop.at(50, () => order.push(`b at ${machine.loop.nowMillis}`))
    machine.loop.at(10.5, () => order.push(`a at ${machine.loop.nowMillis}`))
    machine.loop.at(20, () => order.push("cancelled"))()
    machine.loop.turn()
    machine.loop.turn()
    expect(order).toEqual(["a at 11", "b at 50"])
    expect(machine.process.callCount("epollWait")).toBe(2)
    expect(machine.loop.pendingTimers).toBe(0)
    machine.end()
  })

  test("one that is armed again for now waits for the next turn", () => {
    const machine = makeMachine()
    let runs = 0
    const again = (): void => {
      runs++
      machine.loop.at(machine.loop.nowMillis, again)
    }
    again()
    machine.turn(5)
    expect(runs).toBe(6)
    machine.end()
  })

  test("one that is armed again for now waits for the next turn although many others are pending, and holds none of them up", () => {
    const machine = makeMachine()
    for (let count = 0; count < 1_000; count++) machine.loop.at(1_000_000, () => {})
    let runs = 0
    let others = 0
    const again = (): void => {
      runs++
      // Longer ago than anything else that is due.
      machine.loop.at(0, again)
    }
    again()
    machine.loop.at(machine.loop.nowMillis, () => others++)
    machine.turn(5)
    expect([runs, others]).toEqual([6, 1])
    machine.end()
  })

  test("may cancel one that is due in the same turn", () => {
    const machine = makeMachine()
    const order: Array<string> = []
    const cancels: Array<() => void> = []
    machine.loop.at(1, () => {
      order.push("first")
      cancels[0]?.()
    })
    cancels.push(machine.loop.at(1, () => order.push("second")))
    machine.loop.turn()
    machine.turn(2)
    expect(order).toEqual(["first"])
    machine.end()
  })
})
