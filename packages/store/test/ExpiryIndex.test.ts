import { describe, expect, test } from "bun:test"
import { type Expiring, ExpiryIndex, type ExpiryLane, StoreDefect } from "@scached/store"

class Entry implements Expiring<Entry> {
  readonly name: number
  deadlineMillis = 0
  order = 0
  lane: ExpiryLane<Entry> | undefined
  earlier: Entry | undefined
  later: Entry | undefined

  constructor(name: number) {
    this.name = name
  }
}

const takeAll = (index: ExpiryIndex<Entry>, nowMillis: number): Array<number> => {
  const names: Array<number> = []
  for (let entry = index.takeExpired(nowMillis); entry !== undefined; entry = index.takeExpired(nowMillis)) {
    names.push(entry.name)
  }
  return names
}

const filled = (ttls: ReadonlyArray<number>): { index: ExpiryIndex<Entry>; entries: Array<Entry> } => {
  const index = new ExpiryIndex<Entry>()
  const entries = ttls.map((ttl, name) => {
    const entry = new Entry(name)
    index.add(entry, ttl, 0)
    return entry
  })
  return { index, entries }
}

describe("order", () => {
  test("by deadline, then by addition, whatever the ttl", () => {
    const index = new ExpiryIndex<Entry>()
    const [first, second, third, fourth] = [0, 1, 2, 3].map((name) => new Entry(name))
    if (!first || !second || !third || !fourth) throw new Error("four entries were made")
    index.add(first, 10, 0)
    index.add(second, 5, 5)
    index.add(third, 9, 0)
    index.renew(third, 10, 5)
    index.add(fourth, 5, 6)
    expect(index.nextDeadlineMillis).toBe(10)
    expect(takeAll(index, 9)).toEqual([])
    expect(takeAll(index, 11)).toEqual([0, 1, 3])
    expect(takeAll(index, 15)).toEqual([2])
    expect(index.nextDeadlineMillis).toBeUndefined()
  })

  test("thousands of ttls come out sorted, and leave nothing", () => {
    const ttls = Array.from({ length: 5000 }, (_, at) => 1 + ((at * 7919) % 4999))
    const { index } = filled(ttls)
    expect(index.distinctTtls).toBe(4999)
    const sorted = ttls.map((ttl, name) => ({ ttl, name })).sort((left, right) => left.ttl - right.ttl)
    expect(takeAll(index, 5000)).toEqual(sorted.map(({ name }) => name))
    expect([index.size, index.distinctTtls]).toEqual([0, 0])
  })
})

describe("defects", () => {
  const reasonOf = (act: () => void): string => {
    try {
      act()
    } catch (error) {
      if (error instanceof StoreDefect) return error.reason
      throw error
    }
    return "none"
  }

  test("an entry is added once", () => {
    const { index, entries } = filled([5])
    const [entry = new Entry(-1)] = entries
    expect(reasonOf(() => index.add(entry, 5, 0))).toBe("Misplaced")
    expect(index.remove(entry)).toBe(true)
    expect(index.remove(entry)).toBe(false)
    expect(reasonOf(() => index.add(entry, 5, 0))).toBe("none")
  })

  test("time does not go backwards", () => {
    const { index } = filled([5, 6])
    expect(reasonOf(() => index.add(new Entry(2), 5, -1))).toBe("Misplaced")
    expect([index.size, takeAll(index, 9)]).toEqual([2, [0, 1]])
  })

  test("another index's entry is refused", () => {
    const { entries } = filled([5])
    const [entry = new Entry(-1)] = entries
    expect(reasonOf(() => new ExpiryIndex<Entry>().remove(entry))).toBe("Foreign")
  })
})
