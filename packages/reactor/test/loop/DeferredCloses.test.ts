/** Many descriptors that are due together: some are closed each turn, and each once. */
import { describe, expect, test } from "bun:test"
import type { Descriptor } from "@scached/fdpass"
import { makeMachine } from "../support/simulations.ts"

/** Many descriptors, their closes deferred within one turn, and the names of those that were closed so far. */
const dueTogether = (count: number, onClosed: (index: number) => void = () => {}) => {
  const machine = makeMachine({ descriptorsMax: 3_000 })
  const due = Array.from({ length: count }, () => machine.process.open("due"))
  const closed: Array<number> = []
  machine.loop.defer(() => {
    for (const [index, each] of due.entries()) {
      machine.loop.deferClose(each, () => {
        closed.push(index)
        onClosed(index)
      })
    }
  })
  machine.loop.turn()
  const open = () => machine.process.openCount - 1
  return { ...machine, closed, open }
}

describe("closes that are due together", () => {
  test("are spread over turns, in their order, and leave the others their turn", () => {
    const { closed, end, loop, open } = dueTogether(100)
    const seen = [open()]
    for (let left = 3; left > 0; left--) {
      loop.turn()
      seen.push(open())
    }
    expect(seen).toEqual([68, 36, 4, 0])
    expect(closed).toEqual(Array.from({ length: 100 }, (_, index) => index))
    expect([loop.closesUnderWay, loop.closeRoom]).toEqual([0, 256])
    end()
  })

  test("wait up to a bound, and count as under way", () => {
    const { end, loop, open } = dueTogether(1_000)
    expect([open(), loop.closesUnderWay, loop.closeRoom]).toEqual([256, 256, 0])
    while (loop.closesUnderWay > 0) loop.turn()
    expect(open()).toBe(0)
    end()
  })

  test("a few are closed at once", () => {
    const { closed, end, open } = dueTogether(32)
    expect([open(), closed.length]).toEqual([0, 32])
    end()
  })

  test("are closed at once where descriptors are scarce", () => {
    const machine = makeMachine()
    const due: ReadonlyArray<Descriptor> = Array.from({ length: 100 }, () => machine.process.open("due"))
    machine.loop.batchCalls("auto", () => 511)
    for (const each of due) machine.loop.deferClose(each, () => {})
    expect(machine.process.openCount).toBe(1)
    machine.end()
  })

  test("are closed with the loop, and what is deferred later at once", () => {
    const { closed, end, loop, open, process } = dueTogether(100)
    const late = process.open("late")
    loop.close()
    expect([open() + 1, closed.length]).toEqual([1, 32])
    loop.deferClose(late, () => closed.push(100))
    expect(closed.at(-1)).toBe(100)
    end()
  })

  test("one whose owner throws does not cost the others theirs", () => {
    const { closed, end, loop, open } = dueTogether(100, (index) => {
      if (index === 40) throw new Error("planted")
    })
    const defects: Array<unknown> = []
    loop.onDefect = (defect) => defects.push(defect)
    while (loop.closesUnderWay > 0) loop.turn()
    expect([open(), closed.length, defects.length]).toEqual([0, 100, 1])
    end()
  })
})
