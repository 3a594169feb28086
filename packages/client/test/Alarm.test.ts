/** One timer for all who sleep: when it is set, when it rings, and when it lets the process end. */
import { describe, expect, test } from "bun:test"
import { Alarm, type Sleeper } from "../src/internal/Alarm.ts"

/** A loop whose time and turns are moved by the test. */
class ManualLoop {
  millis = 0
  timersSet = 0
  #timer: { readonly atMillis: number; readonly task: () => void } | undefined
  #tasks: Array<() => void> = []

  readonly nowMillis = () => this.millis
  readonly inNextTurn = (task: () => void) => void this.#tasks.push(task)
  readonly after = (millis: number, task: () => void) => {
    if (this.#timer !== undefined) throw new Error("a second timer")
    const timer = { atMillis: this.millis + millis, task }
    this.#timer = timer
    this.timersSet++
    return () => {
      if (this.#timer === timer) this.#timer = undefined
    }
  }

  get isTimerSet(): boolean {
    return this.#timer !== undefined
  }

  turns(count: number): void {
    for (let turn = 0; turn < count; turn++) for (const task of this.#tasks.splice(0)) task()
  }

  passTo(millis: number): void {
    while (this.#timer !== undefined && this.#timer.atMillis <= millis) {
      const { atMillis, task } = this.#timer
      this.#timer = undefined
      this.millis = atMillis
      task()
    }
    this.millis = millis
  }
}

const setUp = (count: number) => {
  const loop = new ManualLoop()
  const alarm = new Alarm(loop)
  const woken: Array<readonly [number, number]> = []
  const sleepers = Array.from({ length: count }, (_, each): Sleeper => {
    const sleeper = { dueMillis: Number.POSITIVE_INFINITY, wake: () => void woken.push([each, loop.millis]) }
    alarm.add(sleeper)
    return sleeper
  })
  const set = (each: number, atMillis: number) => {
    const sleeper = sleepers[each]
    if (sleeper !== undefined) alarm.set(sleeper, atMillis, loop.millis)
  }
  const clear = (each: number) => {
    const sleeper = sleepers[each]
    if (sleeper !== undefined) alarm.clear(sleeper)
  }
  return { loop, set, clear, woken }
}

describe("the alarm", () => {
  test("wakes each at its own time, in whatever order they were set", () => {
    const { loop, set, woken } = setUp(3)
    set(0, 500)
    set(1, 100)
    set(2, 500)
    loop.passTo(1000)
    expect(woken).toEqual([
      [1, 100],
      [0, 500],
      [2, 500]
    ])
    expect(loop.isTimerSet).toBe(false)
  })

  test("sets one timer for as many requests as come and go in the time of one", () => {
    const { loop, set, clear, woken } = setUp(1)
    for (let request = 0; request < 1000; request++) {
      set(0, loop.millis + 5000)
      loop.turns(1)
      loop.passTo(loop.millis + 4)
      clear(0)
    }
    expect(loop.timersSet).toBe(1)
    set(0, loop.millis + 5000)
    loop.passTo(8999)
    expect(woken).toEqual([])
    loop.passTo(9000)
    expect(woken).toEqual([[0, 9000]])
    expect(loop.timersSet).toBe(2)
  })

  test("rings earlier for whoever cannot wait", () => {
    const { loop, set, woken } = setUp(2)
    set(0, 5000)
    set(1, 1000)
    loop.passTo(5000)
    expect(woken).toEqual([
      [1, 1000],
      [0, 5000]
    ])
  })

  test("wakes nobody who was cleared", () => {
    const { loop, set, clear, woken } = setUp(2)
    set(0, 100)
    set(1, 200)
    clear(0)
    loop.passTo(300)
    expect(woken).toEqual([[1, 200]])
  })

  test("keeps no process alive once nobody sleeps, and is there again for the next", () => {
    const { loop, set, clear, woken } = setUp(1)
    set(0, 5000)
    clear(0)
    expect(loop.isTimerSet).toBe(true)
    loop.turns(2)
    expect(loop.isTimerSet).toBe(false)
    set(0, 6000)
    loop.passTo(6000)
    expect(woken).toEqual([[0, 6000]])
  })

  test("is set anew by a sleeper who is woken and goes to sleep again", () => {
    const loop = new ManualLoop()
    const alarm = new Alarm(loop)
    const woken: Array<number> = []
    const sleeper: Sleeper = {
      dueMillis: Number.POSITIVE_INFINITY,
      wake: () => {
        woken.push(loop.millis)
        if (woken.length < 3) alarm.set(sleeper, loop.millis + 10, loop.millis)
      }
    }
    alarm.add(sleeper)
    alarm.set(sleeper, 10, 0)
    loop.passTo(100)
    expect(woken).toEqual([10, 20, 30])
  })
})
