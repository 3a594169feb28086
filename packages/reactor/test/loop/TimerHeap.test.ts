import { expect, test } from "bun:test"
import fc from "fast-check"
import { type Timer, TimerHeap } from "../../src/loop/internal/TimerHeap.ts"
import { printSeed, seed } from "../support/seed.ts"

printSeed("TimerHeap.test.ts")

interface Entry {
  readonly timer: Timer
  readonly deadlineMillis: number
  readonly id: number
}

const step = fc.oneof(
  // Few different deadlines, so that many are equal and the order of adding decides.
  fc.record({ kind: fc.constant("add" as const), value: fc.integer({ min: 0, max: 20 }) }),
  fc.record({ kind: fc.constant("cancel" as const), value: fc.nat(1000) }),
  fc.record({ kind: fc.constant("take" as const), value: fc.integer({ min: 0, max: 22 }) })
)

test("the heap does what a sorted array does", () => {
  fc.assert(
    fc.property(fc.array(step, { maxLength: 200, size: "max" }), (steps) => {
      const heap = new TimerHeap()
      const everAdded: Array<Entry> = []
      let model: Array<Entry> = []
      for (const { kind, value } of steps) {
        if (kind === "add") {
          const entry = { timer: heap.add(value, () => {}), deadlineMillis: value, id: everAdded.length }
          everAdded.push(entry)
          model.push(entry)
          model.sort((a, b) => a.deadlineMillis - b.deadlineMillis || a.id - b.id)
        } else if (kind === "cancel") {
          // Also those that have run or were cancelled before: that must do nothing.
          const entry = everAdded[value % Math.max(1, everAdded.length)]
          if (entry === undefined) continue
          heap.cancel(entry.timer)
          model = model.filter((each) => each !== entry)
        } else {
          const expected = (model[0]?.deadlineMillis ?? Number.POSITIVE_INFINITY) <= value ? model.shift() : undefined
          expect(heap.takeDue(value)).toBe(expected?.timer)
        }
        expect(heap.size).toBe(model.length)
        expect(heap.nextDeadlineMillis).toBe(model[0]?.deadlineMillis)
      }
      for (const entry of model) expect(heap.takeDue(100)).toBe(entry.timer)
      expect(heap.takeDue(100)).toBeUndefined()
    }),
    { seed, numRuns: 300 }
  )
})
