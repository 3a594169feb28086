import { describe, expect, test } from "bun:test"
import { CacheModel, earlyMillisMax, lateMillisMax, Place } from "../../src/truth/CacheModel.ts"
import { ViolationLog } from "../../src/truth/ViolationLog.ts"
import { Topology } from "../../src/workload/Topology.ts"

const ttlSeconds = 10
const ttlMillis = ttlSeconds * 1_000

/** A model of 3 endpoints, 3 destinations and 8 connections, with its violations. */
const setUp = () => {
  const log = new ViolationLog()
  const model = new CacheModel(new Topology(3, 3), 8, ttlSeconds, log)
  const save = (connection: number, endpoint: number, nowMillis: number) => {
    const generation = model.saveStarted(connection, endpoint, nowMillis)
    model.saveAnswered(connection, generation, nowMillis + 1)
    return generation
  }
  const texts = () => log.violations.map(({ text }) => text).join("\n")
  return { log, model, save, texts }
}

describe("a connection that is handed out", () => {
  test("was saved, and is handed out once", () => {
    const { model, save, texts } = setUp()
    const generation = save(1, 0, 0)
    expect(model.found(1, generation, 10, "a find")).toBe(true)
    expect(texts()).toBe("")
    expect(model.found(1, generation, 20, "a find")).toBe(false)
    expect(texts()).toContain("handed out already")
  })

  test("may be handed out before its save was answered, and that answer then changes nothing", () => {
    const { model, texts } = setUp()
    const generation = model.saveStarted(1, 0, 0)
    expect(model.found(1, generation, 1, "a find")).toBe(true)
    model.returned(1)
    const again = model.saveStarted(1, 2, 2)
    model.saveAnswered(1, generation, 3)
    expect(model.placeOf(1)).toBe(Place.saving)
    model.saveAnswered(1, again, 4)
    expect(model.placeOf(1)).toBe(Place.cached)
    expect(texts()).toBe("")
  })

  test("has the generation of its last save", () => {
    const { model, save, texts } = setUp()
    const generation = save(1, 0, 0)
    model.found(1, generation, 10, "a find")
    model.returned(1)
    save(1, 0, 20)
    expect(model.found(1, generation, 30, "a find")).toBe(false)
    expect(texts()).toContain(`save ${generation} of it, and ${generation + 1} is the last`)
  })

  test("has not outlived its ttl by more than the tolerance", () => {
    for (const [millis, isWrong] of [
      [1 + ttlMillis + lateMillisMax, false],
      [2 + ttlMillis + lateMillisMax, true]
    ] as const) {
      const { model, save, texts } = setUp()
      model.found(1, save(1, 0, 0), millis, "a find")
      expect(texts().includes("after its ttl")).toBe(isWrong)
    }
  })

  test("is the oldest that no other find may have taken", () => {
    const { model, save, texts } = setUp()
    save(1, 0, 0)
    save(2, 0, 0.5)
    const third = save(3, 0, 10)
    // Two other finds may each have taken one of the older ones.
    model.endpointFindStarted(0)
    model.destinationFindStarted(0)
    model.found(3, third, 20, "a find")
    expect(texts()).toBe("")
    model.destinationFindAnswered(0)
    model.found(2, 1, 20, "a find")
    expect(texts()).toBe("")
    const fourth = save(4, 0, 30)
    model.endpointFindAnswered(0)
    model.found(4, fourth, 40, "a find")
    expect(texts()).toContain("connection 4 of mx0 came before the older connection 1")
  })
})

describe("nothing found", () => {
  test("is wrong while a connection was there all the time", () => {
    const { model, save, texts } = setUp()
    save(1, 0, 0)
    model.missedEndpoint(0, 5, 6)
    expect(texts()).toContain("find_endp of mx0: nothing found, although connection 1 was cached all the time")
  })

  test("is right if the save was answered only after the find was sent, or if another find may have taken the connection", () => {
    const { model, save, texts } = setUp()
    save(1, 0, 4.5)
    model.missedEndpoint(0, 5, 6)
    model.destinationFindStarted(0)
    model.missedEndpoint(0, 7, 8)
    model.missedEndpoint(1, 7, 8)
    expect(texts()).toBe("")
    save(2, 0, 9)
    model.missedEndpoint(0, 11, 12)
    expect(texts()).toContain("nothing found")
  })

  test("is right from one second before the ttl has passed", () => {
    const { model, save, log } = setUp()
    save(1, 0, 0)
    model.missedEndpoint(0, 5, ttlMillis - earlyMillisMax)
    expect(log.total).toBe(0)
    model.missedEndpoint(0, 5, ttlMillis - earlyMillisMax - 1)
    expect(log.total).toBe(1)
  })

  test("of a destination is wrong once its binding was saved", () => {
    const { model, save, log, texts } = setUp()
    save(1, 2, 0)
    model.missedDestination(2, 5, 6)
    model.bindingStarted(2, 6)
    model.bindingAnswered(2, 6, 7)
    model.missedDestination(2, 7, 8)
    expect(log.total).toBe(0)
    model.missedDestination(2, 8, 9)
    expect(texts()).toContain("find_dest of domain2: nothing found, although it is bound to mx2")
  })

  test("of a destination is right when its binding may have expired, and stays wrong when it was renewed", () => {
    const { model, save, log } = setUp()
    model.bindingStarted(2, 0)
    model.bindingAnswered(2, 0, 1)
    save(1, 2, 8_000)
    model.missedDestination(2, 9_000, 9_001)
    expect(log.total).toBe(0)
    model.bindingStarted(2, 8_900)
    model.bindingAnswered(2, 8_900, 8_901)
    model.missedDestination(2, 9_002, 9_003)
    expect(log.total).toBe(1)
  })
})

test("a connection that remains in the model when its label is empty was lost, or has expired", () => {
  const { model, save } = setUp()
  save(1, 0, 0)
  save(2, 0, 5_000)
  const lost: Array<number> = []
  model.settle(0, ttlMillis, (connection) => void lost.push(connection))
  expect(lost).toEqual([2])
  expect(model.placeOf(1)).toBe(Place.expired)
  expect(model.holdsAny(0)).toBe(false)
})

test("a find that was given up may have taken one connection of its label", () => {
  const { model, save } = setUp()
  for (const connection of [1, 2, 3]) save(connection, 0, 10 * connection)
  model.endpointFindStarted(0)
  const lost: Array<number> = []
  model.settle(0, 1_000, (connection) => void lost.push(connection))
  expect(lost).toEqual([2, 3])
})

test("a binding that was never saved, or that has expired, explains no find", () => {
  const { model } = setUp()
  expect(model.isBound(1, 5)).toBe(false)
  model.bindingStarted(1, 5)
  expect(model.isBound(1, 5)).toBe(true)
  expect(model.isBound(1, 5 + ttlMillis + lateMillisMax + earlyMillisMax + 1)).toBe(false)
})
