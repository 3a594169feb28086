import { describe, expect, test } from "bun:test"
import { processCallCount, processLayer } from "@scached/daemon/testing"
import { Effect } from "effect"
import { Watchdog } from "../../src/index.ts"
import { simulate } from "../support/simulations.ts"

describe("a loop that is watched over", () => {
  test("may wait for as long as it likes, and its alarm stays ahead of it", () => {
    simulate(({ kernel, process }) =>
      Effect.gen(function* () {
        yield* Watchdog.start(1_000)
        for (const millis of [100, 5_000, 1, 800, 3_600_000]) {
          yield* Effect.sleep(millis)
          const left = process.alarmAtMillis - kernel.nowMillis
          expect(left).toBeGreaterThanOrEqual(750)
          expect(left).toBeLessThanOrEqual(1_250)
        }
      }).pipe(Effect.scoped, Effect.provide(processLayer(process)))
    )
  })

  test("costs four system calls in each limit under load, and none that wakes it", () => {
    simulate(({ process }) =>
      Effect.gen(function* () {
        yield* Watchdog.start(1_000)
        for (let turn = 0; turn < 4_000; turn++) yield* Effect.sleep(1)
        expect(processCallCount(process, "setAlarm")).toBeLessThanOrEqual(4 * 4 + 2)
        expect(processCallCount(process, "setAlarm")).toBeGreaterThan(4)
      }).pipe(Effect.scoped, Effect.provide(processLayer(process)))
    )
  })

  test("has no alarm left when the watch ends", () => {
    const left = simulate(({ process }) =>
      Effect.gen(function* () {
        yield* Effect.scoped(Watchdog.start(1_000))
        yield* Effect.sleep(10_000)
        return process.alarmAtMillis
      }).pipe(Effect.provide(processLayer(process)))
    )
    expect(left).toBe(Number.POSITIVE_INFINITY)
  })
})
