/** Threads that close, without threads: what each is given, and what becomes of the rest where one waits for ever. */
import { expect, test } from "bun:test"
import { ClosingLane, type ThreadStarter } from "../src/internal/kernel/ClosingLane.ts"

/** Starts threads that take numbers when they are told to, as many as there may be. */
class FakeStarter implements ThreadStarter {
  listMax = Number.POSITIVE_INFINITY
  threadsMax = Number.POSITIVE_INFINITY
  readonly closed: Array<number> = []
  readonly interrupted: Array<number> = []
  readonly #lists: Array<Int32Array> = []
  readonly #stuck = new Map<number, number>()

  get started(): number {
    return this.#lists.length
  }

  start(list: { readonly words: Uint32Array; readonly buffer: ArrayBuffer }): number | undefined {
    if (this.started >= this.threadsMax) return undefined
    return this.#lists.push(new Int32Array(list.buffer, 4, list.words[0] ?? 0)) - 1
  }

  /** Runs a thread to its end, or to a number whose close never ends. */
  run(thread: number, hangsAt?: number): void {
    const list = this.#lists[thread] ?? new Int32Array()
    for (let index = 0; index < list.length; index++) {
      const number = list[index] ?? -1
      list[index] = -1
      if (number < 0) continue
      if (number === hangsAt) return void this.#stuck.set(thread, number)
      this.closed.push(number)
    }
  }

  /** Ends the close that a thread hangs at. */
  end(thread: number): void {
    this.closed.push(this.#stuck.get(thread) ?? -1)
    this.#stuck.delete(thread)
  }

  hasEnded(thread: number): boolean {
    return this.#lists[thread]?.every((number) => number === -1) === true && !this.#stuck.has(thread)
  }

  interrupt(thread: number): void {
    this.interrupted.push(thread)
  }
}

const numbers = (count: number): ReadonlyArray<number> => Array.from({ length: count }, (_, index) => 100 + index)

test("many that come at once share threads", () => {
  const starter = new FakeStarter()
  const lane = new ClosingLane({ busyMax: 8, stuckMax: 1 })
  for (const number of numbers(200)) lane.add(number, starter)
  expect([starter.started < 10, lane.count]).toEqual([true, 200])
  for (let thread = 0; thread < starter.started || lane.count > 0; thread++) {
    starter.run(thread)
    lane.hurry(starter)
  }
  expect([starter.closed.toSorted(), lane.count, starter.started < 10]).toEqual([[...numbers(200)], 0, true])
})

test("what is behind one that never ends is closed by others", () => {
  const starter = new FakeStarter()
  const lane = new ClosingLane({ busyMax: 2, stuckMax: 2 })
  for (const number of numbers(65)) lane.add(number, starter)
  starter.run(0)
  starter.run(1, 110)
  lane.hurry(starter)
  lane.hurry(starter)
  expect(starter.interrupted.length).toBeGreaterThan(0)
  starter.run(2)
  lane.hurry(starter)
  expect([starter.closed.toSorted(), lane.count]).toEqual([numbers(65).filter((number) => number !== 110), 1])
})

test("files that close well find a thread while others hang, up to a limit of its own", () => {
  const starter = new FakeStarter()
  const lane = new ClosingLane({ busyMax: 2, stuckMax: 64 })
  const hung = numbers(64)
  for (const [thread, number] of hung.entries()) {
    lane.add(number, starter)
    starter.run(thread, number)
    for (let looks = 2; looks > 0; looks--) lane.hurry(starter)
  }
  expect([starter.started, starter.closed, lane.count]).toEqual([64, [], 64])
  lane.add(900, starter)
  expect([starter.started, lane.count]).toEqual([64, 65])
  starter.end(0)
  lane.hurry(starter)
  starter.run(64)
  lane.hurry(starter)
  expect([starter.closed, lane.count]).toEqual([[100, 900], 63])
  lane.add(901, starter)
  starter.run(65)
  lane.hurry(starter)
  expect([starter.closed, lane.count]).toEqual([[100, 900, 901], 63])
})

test("one that comes while another hangs does not wait for a look", () => {
  const starter = new FakeStarter()
  const lane = new ClosingLane({ busyMax: 1, stuckMax: 64 })
  lane.add(100, starter)
  starter.run(0, 100)
  for (let looks = 2; looks > 0; looks--) lane.hurry(starter)
  lane.add(101, starter)
  expect(starter.started).toBe(2)
})

test("under a limit on threads they wait, and begin once there may be one", () => {
  const starter = new FakeStarter()
  starter.threadsMax = 0
  const lane = new ClosingLane({ busyMax: 2, stuckMax: 2 })
  for (const number of numbers(3)) lane.add(number, starter)
  lane.hurry(starter)
  expect([starter.started, lane.count]).toEqual([0, 3])
  starter.threadsMax = 1
  lane.hurry(starter)
  starter.run(0)
  lane.hurry(starter)
  expect([starter.closed, lane.count]).toEqual([[...numbers(3)], 0])
})

test("where a thread can close one only, each has its own", () => {
  const starter = new FakeStarter()
  starter.listMax = 1
  const lane = new ClosingLane({ busyMax: 4, stuckMax: 1 })
  for (const number of numbers(5)) lane.add(number, starter)
  for (let thread = 0; lane.count > 0; thread++) {
    starter.run(thread)
    lane.hurry(starter)
  }
  expect([starter.started, starter.closed.toSorted()]).toEqual([5, [...numbers(5)]])
})
