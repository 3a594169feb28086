import { expect, test } from "bun:test"
import { CacheStatistics } from "../../src/cache/CacheStatistics.ts"

test("peaks begin at 0 with each interval, however much is cached, and count what is cached at the next save", () => {
  const statistics = new CacheStatistics(1_000)
  const peaksAt = (millis: number) => statistics.takeInterval(millis).peaks
  statistics.savedEndpoint({ destinations: 1, endpoints: 2, connections: 3, bindings: 1, leases: 0, textBytes: 9 })
  expect(peaksAt(2_000)).toEqual({ destinations: 1, endpoints: 2, connections: 3 })
  expect(peaksAt(3_000)).toEqual({ destinations: 0, endpoints: 0, connections: 0 })
  statistics.savedDestination({ destinations: 2, endpoints: 2, connections: 3, bindings: 2, leases: 0, textBytes: 9 })
  expect(peaksAt(4_000)).toEqual({ destinations: 2, endpoints: 2, connections: 3 })
})
