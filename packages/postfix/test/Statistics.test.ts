import { expect, test } from "bun:test"
import { Statistics } from "../src/index.ts"

const nothing: Statistics.Statistics = {
  begin: new Date(2026, 10, 22, 10, 28, 53),
  destinationHits: 0,
  destinationMisses: 0,
  endpointHits: 0,
  endpointMisses: 0,
  destinationsMax: 0,
  endpointsMax: 0,
  connectionsMax: 0
}
const lines = (counted: Partial<Statistics.Statistics>) => Statistics.lines({ ...nothing, ...counted })

test("all that was counted, as scache(8) of Postfix 3.7.11 logs it", () => {
  const counted = { destinationHits: 3, destinationMisses: 1, endpointMisses: 4 }
  expect(lines({ ...counted, destinationsMax: 1, endpointsMax: 2, connectionsMax: 2 })).toEqual([
    "statistics: start interval Nov 22 10:28:53",
    "statistics: domain lookup hits=3 miss=1 success=75%",
    "statistics: address lookup hits=0 miss=4 success=0%",
    "statistics: max simultaneous domains=1 addresses=2 connection=2"
  ])
})

test("only what is not zero", () => {
  const start = "statistics: start interval Nov 22 10:28:53"
  expect(lines({})).toEqual([])
  expect(lines({ destinationMisses: 1 })).toEqual([start, "statistics: domain lookup hits=0 miss=1 success=0%"])
  expect(lines({ endpointMisses: 2 })).toEqual([start, "statistics: address lookup hits=0 miss=2 success=0%"])
  expect(lines({ destinationsMax: 1 })).toEqual([
    start,
    "statistics: max simultaneous domains=1 addresses=0 connection=0"
  ])
})

test("a day below 10 has a blank before it", () => {
  const [start] = lines({ begin: new Date(2026, 10, 5, 16, 54, 31), endpointHits: 1 })
  expect(start).toBe("statistics: start interval Nov  5 16:54:31")
})

test("success is truncated, and exact", () => {
  const success = (hits: number, misses: number) => lines({ endpointHits: hits, endpointMisses: misses })[1]
  expect(success(2, 1)).toEndWith("success=66%")
  expect(success(29, 71)).toEndWith("success=29%")
  expect(success(999, 1)).toEndWith("success=99%")
})
