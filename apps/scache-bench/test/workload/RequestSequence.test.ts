import { describe, expect, test } from "bun:test"
import { RequestKind } from "../../src/workload/RequestKind.ts"
import { choicesOf, RequestSequence } from "../../src/workload/RequestSequence.ts"
import { Topology } from "../../src/workload/Topology.ts"
import type { Workload } from "../../src/workload/Workload.ts"
import { aWorkload } from "../support/aWorkload.ts"

const take = (workload: Workload, client: number, count: number) => {
  const topology = new Topology(workload.endpoints, workload.destinations)
  const sequence = new RequestSequence(choicesOf(workload), topology, workload.seed, client)
  return Array.from({ length: count }, () => {
    sequence.next()
    const { kind, endpoint, destination, binding } = sequence
    return { kind, endpoint, destination, binding }
  })
}

describe("the requests of a client", () => {
  test("are the same for the same seed, and others for another seed or client", () => {
    const first = take(aWorkload({ seed: 7 }), 0, 500)
    expect(take(aWorkload({ seed: 7 }), 0, 500)).toEqual(first)
    expect(take(aWorkload({ seed: 8 }), 0, 500)).not.toEqual(first)
    expect(take(aWorkload({ seed: 7 }), 1, 500)).not.toEqual(first)
  })

  test("are, in a cycle, the three of one delivery", () => {
    const all = take(aWorkload({ endpoints: 9, destinations: 4 }), 0, 300)
    for (let at = 0; at < all.length; at += 3) {
      const [save, bind, find] = all.slice(at, at + 3)
      expect([save?.kind, bind?.kind, find?.kind]).toEqual([
        RequestKind.saveEndpoint,
        RequestKind.saveDestination,
        RequestKind.findDestination
      ])
      expect(bind?.endpoint).toBe(save?.endpoint)
      expect(find?.destination).toBe((save?.endpoint ?? 0) % 4)
    }
  })

  test("come in the proportion of their weights", () => {
    const workload = aWorkload({ mix: { _tag: "Weights", weights: [3, 1, 0, 0] } })
    const kinds = take(workload, 0, 20_000).map(({ kind }) => kind)
    const saves = kinds.filter((kind) => kind === RequestKind.saveEndpoint).length
    expect(kinds.every((kind) => kind <= RequestKind.findEndpoint)).toBe(true)
    expect(saves / kinds.length).toBeCloseTo(0.75, 1)
  })

  test("go, with Zipf popularity, to the n-th label n times less often than to the first", () => {
    const workload = aWorkload({
      mix: { _tag: "Weights", weights: [0, 1, 0, 0] },
      endpoints: 100,
      popularity: { _tag: "Zipf", exponent: 1 }
    })
    const counts = new Map<number, number>()
    for (const { endpoint } of take(workload, 0, 200_000)) counts.set(endpoint, (counts.get(endpoint) ?? 0) + 1)
    const share = (endpoint: number) => (counts.get(endpoint) ?? 0) / (counts.get(0) ?? 1)
    expect(share(1)).toBeCloseTo(1 / 2, 1)
    expect(share(9)).toBeCloseTo(1 / 10, 1)
    expect(counts.size).toBe(100)
  })
})

describe("bindings", () => {
  for (const [endpoints, destinations] of [
    [9, 4],
    [4, 9],
    [5, 5]
  ] as const) {
    test(`of ${endpoints} endpoints and ${destinations} destinations agree from both sides`, () => {
      const topology = new Topology(endpoints, destinations)
      const seen = new Set<number>()
      for (let destination = 0; destination < destinations; destination++) {
        for (let place = 0; place < topology.bindingsOfDestination(destination); place++) {
          const binding = topology.bindingOfDestination(destination, place)
          seen.add(binding)
          expect(topology.destinationOf(binding)).toBe(destination)
          expect(topology.bindingBetween(destination, topology.endpointOf(binding))).toBe(binding)
        }
      }
      expect(seen.size).toBe(topology.bindings)
      for (let endpoint = 0; endpoint < endpoints; endpoint++) {
        for (let place = 0; place < topology.bindingsOfEndpoint(endpoint); place++) {
          expect(topology.endpointOf(topology.bindingOfEndpoint(endpoint, place))).toBe(endpoint)
        }
      }
      expect(new Topology(9, 4).bindingBetween(1, 4)).toBe(-1)
    })
  }
})
