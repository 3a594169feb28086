import { expect, test } from "bun:test"
import { type CachedConnection, ConnectionStore, type Refused, type Saved } from "@scached/store"
import { saved } from "./saved.ts"

/**
 * Cost without a clock: every field of every cached connection counts how often it is read or written. What an operation touches must be
 * the same number with few connections as with many.
 */
class Touches {
  count = 0

  watch(connection: CachedConnection<number>): void {
    const fields: Record<string, unknown> = { ...connection }
    for (const name of Object.keys(fields)) {
      Object.defineProperty(connection, name, {
        get: () => {
          this.count++
          return fields[name]
        },
        set: (value: unknown) => {
          this.count++
          fields[name] = value
        }
      })
    }
  }

  during(act: () => void): number {
    const before = this.count
    act()
    return this.count - before
  }
}

const TTL_MILLIS = 10_000

interface Filled {
  readonly store: ConnectionStore<number>
  readonly touches: Touches
  readonly save: (label: string, ttlMillis: number, nowMillis: number) => CachedConnection<number>
}

const fill = (count: number, labelOf: (id: number) => string): Filled => {
  const store = new ConnectionStore<number>({ connectionsPerEndpointMax: "unlimited" })
  const touches = new Touches()
  const save = (label: string, ttlMillis: number, nowMillis: number) => {
    const connection = saved(store.saveEndpoint(label, "", 0, ttlMillis, nowMillis))
    touches.watch(connection)
    return connection
  }
  for (let id = 0; id < count; id++) save(labelOf(id), TTL_MILLIS, 0)
  return { store, touches, save }
}

type Costs = Readonly<
  Record<
    | "save"
    | "findAndPutBack"
    | "findAndCommit"
    | "remove"
    | "nextDeadline"
    | "saveWhenFull"
    | "saveWhenFullOfText"
    | "isExceeded"
    | "expireNone"
    | "expireSome",
    number
  >
>

const costs = (count: number, labelOf: (id: number) => string): Costs => {
  const { store, touches, save } = fill(count, labelOf)
  const middle = labelOf(count >> 1)
  const extra = save(middle, TTL_MILLIS, 1)
  for (let id = 0; id < 10; id++) save(labelOf(id), TTL_MILLIS, 1)
  const evictingOne = (save: () => Saved<number> | Refused<number>): number =>
    touches.during(() => {
      const { evicted } = save()
      if (evicted.length !== 1) throw new Error(`${evicted.length} entries were evicted`)
    })
  return {
    save: touches.during(() => store.saveEndpoint(middle, "", 0, TTL_MILLIS, 1)),
    findAndPutBack: touches.during(() => store.findEndpoint(middle, 1)?.putBack(1)),
    findAndCommit: touches.during(() => store.findEndpoint(middle, 1)?.commit()),
    remove: touches.during(() => store.remove(extra)),
    nextDeadline: touches.during(() => store.nextDeadlineMillis),
    saveWhenFull: evictingOne(() => {
      store.changeLimits({ connectionsMax: store.sizes.connections })
      return store.saveEndpoint(labelOf(count >> 2), "", 0, TTL_MILLIS, 1)
    }),
    saveWhenFullOfText: evictingOne(() => {
      store.changeLimits({ connectionsMax: "unlimited", textBytesMax: store.sizes.textBytes })
      return store.saveEndpoint(labelOf(count >> 2), "", 0, TTL_MILLIS, 1)
    }),
    isExceeded: touches.during(() => store.isExceeded),
    expireNone: touches.during(() => store.expire(TTL_MILLIS - 1)),
    expireSome: touches.during(() => store.expire(TTL_MILLIS, 10))
  }
}

test("operations touch as much with 20,000 endpoints as with 100", () => {
  // Of one length, so that one of them makes room for another's text.
  const labelOf = (id: number): string => `endpoint ${100_000 + id}`
  const few = costs(100, labelOf)
  expect(costs(20_000, labelOf)).toEqual(few)
  // The counting works: these read something of some connection.
  expect(Math.min(few.save, few.findAndCommit, few.remove, few.expireSome)).toBeGreaterThan(0)
})

test("operations touch hardly more with 20,000 connections of one endpoint than with 100", () => {
  const counts: Record<string, number> = costs(100, () => "one")
  const many = costs(20_000, () => "one")
  // A heap tells which of them expires first: its depth, 14 against 6, may show, and nothing else.
  for (const [name, count] of Object.entries(many))
    expect({ name, isFew: count <= 3 * (counts[name] ?? 0) }).toEqual({ name, isFew: true })
})

test("putting back out of order touches each connection a few times only, however many are leased", () => {
  const eachOf = (count: number): number => {
    const { store, touches } = fill(count, () => "one")
    const leases = Array.from({ length: count }, () => store.findEndpoint("one", 1))
    // The youngest is back first, then the oldest upwards: each but one meets a younger head, or must wait its turn in the heap.
    const putBack = (): void => {
      for (let at = 0; at < count; at++) leases[(at * 7919) % count]?.putBack(1)
      for (let at = 0; at < count; at++) store.findEndpoint("one", 1)
    }
    return touches.during(putBack) / count
  }
  // Binary heap: its depth may show, its size may not.
  expect(eachOf(8192)).toBeLessThan(eachOf(64) * 3)
})

test("expired connections are passed over once, not by each find", () => {
  const { store, touches, save } = fill(5_000, () => "one")
  save("one", TTL_MILLIS, 1)
  const first = touches.during(() => store.peekEndpoint("one", TTL_MILLIS))
  const second = touches.during(() => store.peekEndpoint("one", TTL_MILLIS))
  expect(first).toBeGreaterThan(5_000)
  expect(second).toBeLessThan(10)
})

test("a shrink touches no more than it takes, and takes no more than it is told to", () => {
  const eachOf = (count: number): number => {
    const { store, touches } = fill(count, (id) => `endpoint ${id}`)
    store.changeLimits({ connectionsMax: 10 })
    let most = 0
    for (let calls = 0; store.isExceeded; calls++) {
      most = Math.max(
        most,
        touches.during(() => expect(store.shrink(1, 10).length).toBe(10))
      )
      if (calls * 10 > count) throw new Error("it does not end")
    }
    expect(store.sizes.connections).toBe(10)
    return most
  }
  expect(eachOf(20_000)).toBe(eachOf(100))
})

test("an expire touches no more than it takes", () => {
  const { store, touches } = fill(20_000, (id) => `endpoint ${id}`)
  let calls = 0
  let reported = 0
  let most = 0
  while (store.sizes.connections > 0) {
    most = Math.max(
      most,
      touches.during(() => {
        reported += store.expire(TTL_MILLIS, 100).length
      })
    )
    calls++
  }
  expect({ calls, reported }).toEqual({ calls: 200, reported: 20_000 })
  expect(most).toBeLessThan(100 * 50)
})
