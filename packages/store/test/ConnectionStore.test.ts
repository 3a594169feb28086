import { describe, expect, test } from "bun:test"
import {
  type CachedConnection,
  ConnectionStore,
  defaultLimits,
  expireEntriesMax,
  StoreDefect,
  saveEvictionsMax
} from "@scached/store"
import { saved } from "./saved.ts"

const EMPTY = { connections: 0, leases: 0, endpoints: 0, destinations: 0, bindings: 0, textBytes: 0 }

const reasonOf = (act: () => unknown): string => {
  try {
    act()
  } catch (error) {
    if (error instanceof StoreDefect) return error.reason
    throw error
  }
  return "none"
}

describe("labels", () => {
  test("are octets: nothing in them is special", () => {
    const labels = ["", "\n", "*", "a\0b", "\xff\xfe", "__proto__", "constructor", "1", "01"]
    const store = new ConnectionStore<string>()
    for (const label of labels) store.saveEndpoint(label, `of ${label}`, label, 1000, 0)
    for (const label of labels) store.saveDestination(label, label, label, 1000, 0)
    // A label stands in its connection once, with four others, and in its binding three times.
    const textBytes = labels.reduce((sum, label) => sum + 5 * label.length + 3, 0)
    expect({ ...store.sizes }).toEqual({
      connections: 9,
      leases: 0,
      endpoints: 9,
      destinations: 9,
      bindings: 9,
      textBytes
    })
    for (const label of labels) expect(store.findDestination(label, 1)?.lease.properties).toBe(`of ${label}`)
  })

  test("two pairs that look the same when glued together are two bindings", () => {
    const store = new ConnectionStore<string>()
    // Enough for the map of pairs, whose key is glued together.
    for (let at = 0; at < 20; at++) store.saveDestination("d", "x".repeat(at), "x".repeat(20 - at), 1000, 0)
    for (let at = 0; at < 20; at++) store.saveDestination("d", "x".repeat(at), "x".repeat(20 - at), 1000, 0)
    store.saveDestination("d", "1:", "1:2:", 1000, 0)
    store.saveDestination("d", "1:1", ":2:", 1000, 0)
    expect(store.sizes.bindings).toBe(22)
  })

  test("keep the type that they came with", () => {
    type Octets = string & { readonly Octets: true }
    // The brand is for the compiler only.
    const octets = (text: string): Octets => text as Octets
    const store = new ConnectionStore<number, Octets>()
    store.saveEndpoint(octets("a"), octets("p"), 1, 1000, 0)
    const properties: Octets | undefined = store.findEndpoint(octets("a"), 0)?.properties
    expect(properties).toBe(octets("p"))
  })
})

describe("defects change nothing", () => {
  test("ttls, times and bounds", () => {
    const store = new ConnectionStore<number>()
    for (const ttl of [0, -1, Number.NaN, Number.POSITIVE_INFINITY]) {
      expect(reasonOf(() => store.saveEndpoint("a", "", 1, ttl, 0))).toBe("BadTtl")
      expect(reasonOf(() => store.saveDestination("a", "", "a", ttl, 0))).toBe("BadTtl")
    }
    for (const now of [Number.NaN, Number.POSITIVE_INFINITY, Number.NEGATIVE_INFINITY]) {
      expect(reasonOf(() => store.saveEndpoint("a", "", 1, 1, now))).toBe("BadTime")
      expect(reasonOf(() => store.findDestination("a", now))).toBe("BadTime")
    }
    for (const bound of [0, -1, 1.5, Number.NaN, Number.POSITIVE_INFINITY]) {
      expect(reasonOf(() => store.expire(0, bound))).toBe("BadBound")
      expect(reasonOf(() => store.shrink(0, bound))).toBe("BadBound")
      if (bound === 0) continue
      expect(reasonOf(() => new ConnectionStore({ bindingsPerDestinationMax: bound }))).toBe("BadBound")
      expect(reasonOf(() => store.changeLimits({ connectionsMax: bound }))).toBe("BadBound")
    }
    expect({ ...store.sizes }).toEqual(EMPTY)
    expect(store.limits).toEqual(defaultLimits)
  })

  test("a lease stays open when it is put back at no time", () => {
    const store = new ConnectionStore<number>()
    store.saveEndpoint("a", "", 1, 10, 0)
    const lease = store.findEndpoint("a", 0)
    expect(reasonOf(() => lease?.putBack(Number.NaN))).toBe("BadTime")
    expect(lease?.putBack(1)).toBe(true)
  })

  test("another store's connection", () => {
    const one = new ConnectionStore<number>()
    const other = new ConnectionStore<number>()
    const connection = saved(one.saveEndpoint("a", "", 1, 10, 0))
    expect(reasonOf(() => other.remove(connection))).toBe("Foreign")
    expect([one.sizes.connections, other.sizes.connections]).toEqual([1, 0])
    expect(one.remove(connection)).toBe(true)
  })
})

test("an expire takes a bounded number unless told otherwise", () => {
  const store = new ConnectionStore<number>()
  for (let id = 0; id < expireEntriesMax + 5; id++) store.saveEndpoint("a", "", id, 10, 0)
  store.saveDestination("d", "", "a", 5, 0)
  expect(store.expire(10)).toHaveLength(expireEntriesMax)
  expect(store.nextDeadlineMillis).toBe(5)
  expect(store.expire(10)).toHaveLength(5)
  expect({ ...store.sizes }).toEqual(EMPTY)
})

describe("one save evicts a bounded number, and is refused when that is not enough", () => {
  const filled = (connections: number): ConnectionStore<number> => {
    const store = new ConnectionStore<number>({ connectionsPerEndpointMax: "unlimited" })
    for (let id = 0; id < connections; id++) store.saveEndpoint("a", "", id, 10, 0)
    return store
  }

  test("where small texts make room for a large one", () => {
    const store = filled(1023)
    store.changeLimits({ textBytesMax: 1023 })
    const large = "b".repeat(511)
    // Numbers only: printing what was evicted would print the whole store, by its links.
    const outcomes = [0, 1].map(() => store.saveEndpoint("b", large, -1, 10, 0))
    expect(outcomes.map(({ _tag, evicted }) => [_tag, evicted.length])).toEqual([
      ["Refused", saveEvictionsMax],
      ["Saved", 512 - saveEvictionsMax]
    ])
    expect(outcomes.map((each) => (each._tag === "Refused" ? `${each.limit} ${each.reason}` : ""))).toEqual([
      "textBytesMax NoRoom",
      ""
    ])
    expect(store.sizes.textBytes).toBe(1023)
  })

  test("after a limit was lowered", () => {
    const store = filled(1000)
    store.changeLimits({ connectionsMax: 700 })
    const outcomes = [0, 1].map(() => store.saveEndpoint("b", "", -1, 10, 0))
    expect(outcomes.map(({ _tag, evicted }) => [_tag, evicted.length])).toEqual([
      ["Refused", saveEvictionsMax],
      ["Saved", 301 - saveEvictionsMax]
    ])
    expect([store.sizes.connections, store.isExceeded]).toEqual([700, false])
  })
})

test("a connection is taken out once, whatever has become of it", () => {
  const store = new ConnectionStore<string>({ connectionsMax: 5 })
  const save = (label: string, ttlMillis: number) => {
    const outcome = store.saveEndpoint(label, "", label, ttlMillis, 0)
    if (outcome._tag === "Refused") throw new Error(outcome.limit)
    return outcome.connection
  }
  const evicted = save("evicted", 1)
  const stale = save("stale", 5)
  const leased = save("leased", 9)
  const returned = save("returned", 9)
  const committed = save("committed", 9)
  const cached = save("cached", 9)
  const lease = store.findEndpoint("leased", 4)
  store.findEndpoint("returned", 4)?.putBack(4)
  store.findEndpoint("committed", 4)?.commit()
  expect(store.findEndpoint("stale", 5)).toBeUndefined()
  const all = [evicted, stale, leased, returned, committed, cached]
  expect(all.filter((each) => store.remove(each)).map(({ value }) => value)).toEqual(["stale", "returned", "cached"])
  expect(all.filter((each) => store.remove(each)).map(({ value }) => value)).toEqual([])
  expect(lease?.putBack(5)).toBe(true)
  expect(store.remove(leased)).toBe(true)
  expect({ ...store.sizes }).toEqual(EMPTY)
})

describe("nothing is left behind", () => {
  const heapBytes = (): number => {
    Bun.gc(true)
    return process.memoryUsage().heapUsed
  }

  /** Runs cycles, of which each has labels and ttls of its own, and says by how much the heap has grown in the second half. */
  const growth = (cycles: number, cycle: (id: number) => void): number => {
    for (let id = 0; id < cycles / 2; id++) cycle(id)
    const before = heapBytes()
    for (let id = cycles / 2; id < cycles; id++) cycle(id)
    return heapBytes() - before
  }

  test("after 400,000 cycles of all ways in and out", () => {
    const store = new ConnectionStore<number>({ bindingsPerDestinationMax: 2 })
    const stays = saved(store.saveEndpoint("stays", "", -1, 1e9, 0))
    const ways: ReadonlyArray<(label: string, now: number, saved: CachedConnection<number>) => unknown> = [
      (label, now) => store.findEndpoint(label, now)?.commit(),
      (_label, _now, saved) => store.remove(saved),
      (_label, now) => store.expire(now + 5000),
      (label, now) => [store.findEndpoint(label, now)?.putBack(now), store.expire(now + 5000)],
      (label, now) => [store.findEndpoint(label, now)].map((lease) => [store.expire(now + 5000), lease?.putBack(now)]),
      (label, now) => [
        store.saveDestination(label, "p", label, 1, now),
        store.findDestination(label, now)?.lease.commit(),
        store.findDestination(label, now + 5000)
      ],
      (label, now) => [
        store.changeLimits({ connectionsMax: 3, textBytesMax: 100 }),
        ["p", "q", "r"].map((more) => store.saveEndpoint(`${label}${more}`, "", 0, 1, now)),
        store.saveDestination(label, "", label, 1, now),
        store.changeLimits({ connectionsMax: 1, textBytesMax: "unlimited" }),
        store.shrink(now),
        store.changeLimits({ connectionsMax: "unlimited" }),
        store.expire(now + 5000)
      ]
    ]
    const grown = growth(400_000, (id) => {
      const label = `endpoint ${id}`
      const now = id * 10_000
      ways[id % ways.length]?.(label, now, saved(store.saveEndpoint(label, "", id, 1 + (id % 4000), now)))
    })
    store.expire(1e11)
    expect({ ...store.sizes }).toEqual(EMPTY)
    expect(store.remove(stays)).toBe(false)
    // 200,000 cycles that each left a single word would be 1.6 MB.
    expect(grown).toBeLessThan(1_000_000)
  })
})
