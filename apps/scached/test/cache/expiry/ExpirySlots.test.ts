import { expect, test } from "bun:test"
import { type Descriptor, KernelSystemCalls, SystemCalls } from "@scached/fdpass"
import { Effect, Exit, Scope } from "effect"
import fc from "fast-check"
import { CachedDescriptor, type CachedDescriptorOwner } from "../../../src/cache/CachedDescriptor.ts"
import { ExpirySlots, type Leaving, slotMembersMax, slotMillis } from "../../../src/cache/expiry/ExpirySlots.ts"

const calls = Effect.runSync(Effect.provide(SystemCalls, KernelSystemCalls.layer))
let unusedNumber = 20_000_000
/** A number that no descriptor of this process has. */
const unused = (): Descriptor => calls.adopt(unusedNumber++)
const owner: CachedDescriptorOwner = {
  parting: "silent",
  silent: undefined,
  savedBy: undefined,
  calls,
  onStirred: () => {}
}
const make = (): CachedDescriptor => new CachedDescriptor(unused(), owner)

const setUp = () => {
  const scope = Scope.makeUnsafe()
  const left: Array<readonly [CachedDescriptor, Leaving]> = []
  const slots = new ExpirySlots(scope, (members, leaving) => {
    for (const member of members) left.push([member, leaving])
  })
  const end = () => Effect.runSync(Scope.close(scope, Exit.void))
  return { slots, left, end }
}

test("what is in no hand-over when the Scope ends leaves with it, once", () => {
  const { slots, left, end } = setUp()
  const [resting, taken, another] = [make(), make(), make()]
  slots.put(resting, 1000, 0)
  slots.put(taken, 1000, 0)
  slots.put(another, 90_000, 0)
  slots.take(taken)
  end()
  end()
  expect(left).toEqual([
    [another, "forgotten"],
    [resting, "forgotten"]
  ])
})

test("a slot leaves when its stretch is over, and not before", () => {
  const { slots, left } = setUp()
  const [first, last, next] = [make(), make(), make()]
  slots.put(first, 1000, 0)
  slots.put(last, 1000 + slotMillis - 1, 0)
  slots.put(next, 1000 + slotMillis, 0)
  expect(slots.nextMillis).toBe(1000 + slotMillis)
  slots.closeDue(1000 + slotMillis - 1)
  expect(left).toEqual([])
  slots.closeDue(1000 + slotMillis)
  expect(left).toEqual([
    [first, "expired"],
    [last, "expired"]
  ])
  expect(slots.nextMillis).toBe(1000 + 2 * slotMillis)
})

test("many that expire together leave bit by bit", () => {
  const { slots, left } = setUp()
  const count = 3 * slotMembersMax + 1
  for (let made = 0; made < count; made++) slots.put(make(), 1000, 0)
  const steps: Array<number> = []
  while ((slots.nextMillis ?? Number.POSITIVE_INFINITY) <= 2000) {
    slots.closeDue(2000)
    steps.push(left.length)
  }
  expect(steps).toEqual([slotMembersMax, 2 * slotMembersMax, 3 * slotMembersMax, count])
})

test("one that leaves early does so alone, and its slot forgets it", () => {
  const { slots, left, end } = setUp()
  const [stays, goes] = [make(), make()]
  slots.put(goes, 1000, 0)
  slots.put(stays, 1000, 0)
  slots.leave([goes], "evicted")
  expect(left).toEqual([[goes, "evicted"]])
  end()
  expect(left).toEqual([
    [goes, "evicted"],
    [stays, "forgotten"]
  ])
})

test("slots that nothing is put into or left in are gone", () => {
  const { slots } = setUp()
  for (let second = 1; second <= 100; second++) {
    const cached = make()
    slots.put(cached, second * 1000, 0)
    slots.take(cached)
  }
  expect(slots.size).toBe(1)
})

test("whatever is done, each descriptor leaves exactly once or is the caller's", () => {
  const step = fc.oneof(
    fc.record({ kind: fc.constant("put"), ttlMillis: fc.nat(300) }),
    fc.record({ kind: fc.constant("take"), which: fc.nat() }),
    fc.record({ kind: fc.constant("leave"), which: fc.nat() }),
    fc.record({ kind: fc.constant("wait"), millis: fc.nat(200) })
  )
  fc.assert(
    fc.property(fc.array(step, { maxLength: 200 }), (steps) => {
      const { slots, left, end } = setUp()
      const resting = new Map<CachedDescriptor, number>()
      const due: Array<CachedDescriptor> = []
      let nowMillis = 0
      const chosen = (which: number) => [...resting.keys()][which % Math.max(1, resting.size)]
      for (const each of steps) {
        if ("ttlMillis" in each) {
          const cached = make()
          slots.put(cached, nowMillis + each.ttlMillis, nowMillis)
          resting.set(cached, nowMillis + each.ttlMillis)
        } else if ("millis" in each) {
          nowMillis += each.millis
          slots.closeDue(nowMillis)
          for (const [cached, deadline] of resting) {
            if ((Math.floor(deadline / slotMillis) + 1) * slotMillis > nowMillis) continue
            resting.delete(cached)
            due.push(cached)
          }
        } else {
          const cached = chosen(each.which)
          if (cached === undefined) continue
          resting.delete(cached)
          if (each.kind === "take") slots.take(cached)
          else {
            slots.leave([cached], "evicted")
            due.push(cached)
          }
        }
        expect(new Set(left.map(([cached]) => cached))).toEqual(new Set(due))
      }
      end()
      expect(left.length).toBe(due.length + resting.size)
      expect(new Set(left.map(([cached]) => cached))).toEqual(new Set([...due, ...resting.keys()]))
    })
  )
})
