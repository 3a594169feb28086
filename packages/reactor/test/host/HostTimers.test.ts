import { afterEach, beforeEach, describe, expect, test } from "bun:test"
import timers from "node:timers"
import timerPromises from "node:timers/promises"
import { promisify } from "node:util"
import { HostTimers } from "../../src/host/internal/HostTimers.ts"

const current = () => ({
  setTimeout: globalThis.setTimeout,
  setInterval: globalThis.setInterval,
  setImmediate: globalThis.setImmediate,
  sleep: Bun.sleep,
  abort: AbortSignal.timeout,
  timers: { ...timers },
  promises: { ...timerPromises }
})

const untouched = current()

let now = 0
let observer: HostTimers

const make = () =>
  new HostTimers(
    () => now,
    () => 5_000_000 + now
  )

beforeEach(() => {
  now = 1000.25
  observer = make()
})

afterEach(() => {
  observer.release()
  expect(current()).toEqual(untouched)
})

/** Forgets what is due by letting the host have a turn. */
const hostTurn = () => new Promise<void>((resolve) => observer.afterHostTurn(resolve))

describe("a timer is noted", () => {
  const cases: ReadonlyArray<readonly [name: string, make: () => unknown, deadlineMillis: number]> = [
    ["setTimeout", () => clearTimeout(setTimeout(() => {}, 50)), 1052],
    ["setTimeout without a delay", () => clearTimeout(setTimeout(() => {})), 1003],
    ["setTimeout with one too long", () => clearTimeout(setTimeout(() => {}, 2 ** 31)), 1003],
    // Old code passes text, which JavaScript takes for a number.
    ["setTimeout with text", () => clearTimeout(Reflect.apply(setTimeout, undefined, [() => {}, "50"])), 1052],
    ["setInterval", () => clearInterval(setInterval(() => {}, 50)), 1052],
    ["setImmediate", () => clearImmediate(setImmediate(() => {})), 1000],
    ["node:timers", () => clearTimeout(timers.setTimeout(() => {}, 50)), 1052],
    ["node:timers/promises", () => timerPromises.setTimeout(1), 1003],
    ["node:timers/promises, immediate", () => timerPromises.setImmediate(), 1000],
    ["promisify(setTimeout)", () => promisify(setTimeout)(1), 1003],
    ["promisify(setImmediate)", () => promisify(setImmediate)(), 1000],
    ["Bun.sleep", () => Bun.sleep(1), 1003],
    ["Bun.sleep until a date", () => Bun.sleep(new Date(5_000_000 + 1050)), 1052],
    ["AbortSignal.timeout", () => AbortSignal.timeout(1), 1003]
  ]
  for (const [name, make, deadlineMillis] of cases) {
    test(name, async () => {
      const made = make()
      expect(observer.nextDeadlineMillis).toBe(deadlineMillis)
      if (name !== "Bun.sleep until a date") await made
    })
  }
})

describe("the functions", () => {
  test("give back what the original ones do, with their arguments", async () => {
    const handle = setTimeout(() => {}, 10_000)
    expect(handle.hasRef()).toBe(true)
    expect(handle.unref().hasRef()).toBe(false)
    clearTimeout(handle)
    const values = await new Promise<ReadonlyArray<unknown>>((resolve) =>
      Reflect.apply(setTimeout, undefined, [(...all: Array<unknown>) => resolve(all), 1, "a", 2])
    )
    expect(values).toEqual(["a", 2])
    expect(await promisify(setTimeout)(1, "value")).toBe("value")
    expect(await timerPromises.setTimeout(1, "value")).toBe("value")
    expect(AbortSignal.timeout(10_000).aborted).toBe(false)
  })

  test("clear what they made", async () => {
    const ran: Array<string> = []
    clearTimeout(setTimeout(() => ran.push("timeout"), 1))
    clearInterval(setInterval(() => ran.push("interval"), 1))
    clearImmediate(setImmediate(() => ran.push("immediate")))
    const aborted = new AbortController()
    const sleeping = timerPromises.setTimeout(10_000, undefined, { signal: aborted.signal })
    aborted.abort()
    expect(sleeping).rejects.toThrow()
    await new Promise((resolve) => setTimeout(resolve, 5))
    expect(ran).toEqual([])
  })

  test("an interval is noted anew each time, with its arguments and its this", async () => {
    const seen: Array<unknown> = []
    const handle = await new Promise((resolve) => {
      const made: unknown = Reflect.apply(setInterval, undefined, [
        function (this: unknown, value: unknown) {
          seen.push(value, observer.nextDeadlineMillis)
          if (seen.length < 4) return
          resolve(this ?? made)
        },
        2,
        "value"
      ])
    })
    clearInterval(handle as ReturnType<typeof setInterval>) // Made by setInterval just above.
    expect(seen).toEqual(["value", 1004, "value", 1004])
  })
})

describe("deadlines", () => {
  test("are forgotten once the host has had its turn, the later ones not", async () => {
    const handles = [30, 10, 20, 10].map((delay) => setTimeout(() => {}, delay))
    expect(observer.nextDeadlineMillis).toBe(1012)
    now = 1012
    await hostTurn()
    expect(observer.nextDeadlineMillis).toBe(1022)
    now = 1040
    await hostTurn()
    expect(observer.nextDeadlineMillis).toBeUndefined()
    for (const handle of handles) clearTimeout(handle)
  })

  test("too many to remember make the reactor look in every few milliseconds, until the last is over", async () => {
    const handles: Array<ReturnType<typeof setTimeout>> = []
    for (let delay = 1; delay <= 10_010; delay++) handles.push(setTimeout(() => {}, 100_000 + delay))
    expect(observer.nextDeadlineMillis).toBe(1005.25)
    await hostTurn()
    for (now = 1100; now < 100_000; now += 30_000) {
      await hostTurn()
      expect(observer.nextDeadlineMillis).toBe(now + 5)
    }
    // The last one's time has come: the remembered ones are over as well.
    now = 111_020
    await hostTurn()
    expect(observer.nextDeadlineMillis).toBeUndefined()
    for (const handle of handles) clearTimeout(handle)
  })
})

describe("releasing", () => {
  test("one of two that overlap, in either order, takes nothing from the other", async () => {
    for (const order of ["first", "second"] as const) {
      const first = make()
      const second = make()
      const [gone, stays] = order === "first" ? [first, second] : [second, first]
      gone.release()
      clearTimeout(setTimeout(() => {}, 50))
      expect(stays.nextDeadlineMillis).toBe(1052)
      expect(gone.nextDeadlineMillis).toBeUndefined()
      stays.release()
    }
    observer.release()
  })

  test("leaves what somebody else has put on top", () => {
    const ours = globalThis.setTimeout
    const theirs = Object.assign((...args: Parameters<typeof setTimeout>) => ours(...args), ours)
    globalThis.setTimeout = theirs
    observer.release()
    expect(globalThis.setTimeout).toBe(theirs)
    clearTimeout(setTimeout(() => {}, 50))
    expect(observer.nextDeadlineMillis).toBeUndefined()
    globalThis.setTimeout = untouched.setTimeout
  })
})
