import { describe, expect, test } from "bun:test"
import { ConnectionStore, type StoreWalk } from "@scached/store"
import fc from "fast-check"
import { seed } from "./Seed.ts"
import { saved } from "./saved.ts"

interface Visited {
  readonly connections: Array<string>
  readonly bindings: Array<string>
}

const visitorOf = ({ connections, bindings }: Visited) => ({
  connection: (connection: { readonly value: string }) => connections.push(connection.value),
  binding: (binding: { readonly destinationLabel: string; readonly endpointLabel: string }) =>
    bindings.push(`${binding.destinationLabel}>${binding.endpointLabel}`)
})

const walkOn = (walk: StoreWalk<string, string>, nowMillis: number, stepsMax: number, visited: Visited): boolean =>
  walk.next(nowMillis, stepsMax, visitorOf(visited))

const visitAll = (store: ConnectionStore<string>, nowMillis: number): Visited => {
  const visited: Visited = { connections: [], bindings: [] }
  const walk = store.walk()
  while (walkOn(walk, nowMillis, 3, visited));
  return visited
}

describe("a walk over the store", () => {
  test("visits every connection and every binding once, with the time of saving", () => {
    const store = new ConnectionStore<string>()
    store.saveEndpoint("A", "p", "first", 1000, 5)
    store.saveEndpoint("A", "p", "second", 3000, 7)
    store.saveEndpoint("B", "p", "third", 1000, 9)
    store.saveDestination("D", "q", "A", 2000, 11)
    const times: Array<readonly [string, number]> = []
    const visitor = {
      connection: (connection: { readonly value: string }, savedMillis: number) =>
        times.push([connection.value, savedMillis]),
      binding: (binding: { readonly destinationLabel: string }, savedMillis: number) =>
        times.push([binding.destinationLabel, savedMillis])
    }
    expect(store.walk().next(20, 100, visitor)).toBe(false)
    const ofConnections = times.slice(0, 3).toSorted(([, left], [, right]) => left - right)
    expect([...ofConnections, ...times.slice(3)]).toEqual([
      ["first", 5],
      ["second", 7],
      ["third", 9],
      ["D", 11]
    ])
  })

  test("passes over what is leased, and over what has expired and was not swept yet", () => {
    const store = new ConnectionStore<string>()
    store.saveEndpoint("A", "", "leased", 1000, 0)
    store.saveEndpoint("B", "", "expired", 10, 0)
    store.saveEndpoint("C", "", "put back", 1000, 0)
    store.saveDestination("D", "", "A", 10, 0)
    store.findEndpoint("A", 0)
    store.findEndpoint("C", 0)?.putBack(0)
    expect(visitAll(store, 20)).toEqual({ connections: ["put back"], bindings: [] })
  })

  test("visits a binding that is renewed before its turn", () => {
    const store = new ConnectionStore<string>()
    store.saveEndpoint("A", "", "connection", 1000, 0)
    store.saveDestination("D", "", "A", 1000, 0)
    const walk = store.walk()
    const visited: Visited = { connections: [], bindings: [] }
    walkOn(walk, 1, 1, visited)
    store.saveDestination("D", "", "A", 1000, 1)
    while (walkOn(walk, 1, 1, visited));
    expect(visited.bindings).toEqual(["D>A"])
  })

  test("ends although something is saved after each portion", () => {
    const store = new ConnectionStore<string>()
    for (let each = 0; each < 20; each++) store.saveEndpoint("A", "", `old ${each}`, 1000, 0)
    const walk = store.walk()
    const visited: Visited = { connections: [], bindings: [] }
    let portions = 0
    while (walkOn(walk, 0, 2, visited)) {
      for (let each = 0; each < 5; each++) store.saveEndpoint("A", "", `new ${portions}`, 1000, 0)
      portions++
    }
    expect(visited.connections).toEqual(Array.from({ length: 20 }, (_, each) => `old ${each}`))
  })

  test("visits what stays from start to end exactly once, whatever is saved, found and removed between its portions", () => {
    const change = fc.record({ kind: fc.constantFrom("save", "find", "remove", "expire"), pick: fc.nat(9) })
    const ttl = fc.constantFrom(10, 20, 30, 40)
    fc.assert(
      fc.property(
        fc.array(fc.tuple(fc.nat(9), ttl), { maxLength: 60 }),
        fc.array(fc.array(change, { maxLength: 6 }), { maxLength: 40 }),
        fc.integer({ min: 1, max: 7 }),
        (first, changes, stepsMax) => {
          const store = new ConnectionStore<string>()
          const present = new Map<string, ReturnType<typeof saved<string>>>()
          const save = (label: string, name: string, ttlMillis: number, nowMillis: number) =>
            present.set(name, saved(store.saveEndpoint(label, "", name, ttlMillis, nowMillis)))
          for (const [index, [label, ttlMillis]] of first.entries()) save(`L${label}`, `old ${index}`, ttlMillis, 0)
          const atStart = new Set(present.keys())
          const walk = store.walk()
          const visited: Visited = { connections: [], bindings: [] }
          let nowMillis = 0
          let isMore = true
          for (let turn = 0; isMore; turn++) {
            isMore = walkOn(walk, nowMillis, stepsMax, visited)
            for (const { kind, pick } of changes[turn] ?? []) {
              if (kind === "save")
                save(`L${pick}`, `new ${turn} ${pick} ${present.size}`, 10 * (1 + (pick % 4)), nowMillis)
              else if (kind === "find") {
                const lease = store.findEndpoint(`L${pick}`, nowMillis)
                lease?.commit()
                if (lease !== undefined) present.delete(lease.value)
              } else if (kind === "remove") {
                const [name, connection] = [...present][pick] ?? []
                if (connection !== undefined && store.remove(connection)) present.delete(name ?? "")
              } else {
                nowMillis++
                for (const { value } of store.expire(nowMillis)) present.delete(value)
              }
            }
          }
          expect(new Set(visited.connections).size).toBe(visited.connections.length)
          expect(visited.connections.filter((name) => !atStart.has(name))).toEqual([])
          const missed = [...atStart].filter((name) => present.has(name) && !visited.connections.includes(name))
          const living = missed.filter((name) => (present.get(name)?.deadlineMillis ?? 0) > nowMillis)
          expect(living).toEqual([])
        }
      ),
      { seed }
    )
  })
})
