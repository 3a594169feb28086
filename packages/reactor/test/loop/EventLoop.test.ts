import { describe, expect, test } from "bun:test"
import { type Descriptor, Errno, Readiness } from "@scached/fdpass"
import { type KernelOptions, SimulatedKernel } from "@scached/fdpass/testing"
import { EventLoop, type Host, type Member, makeMember, noHost } from "../../src/index.ts"
import { bytesOf, type Machine, makeMachine, must, readAll, watchReads } from "../support/simulations.ts"

const watch = ({ loop }: Machine, descriptor: Descriptor, run: () => void): Member => watchReads(loop, descriptor, run)

describe("tasks", () => {
  test("run in the order of queueing, and what they queue in the next round of the same turn", () => {
    const machine = makeMachine()
    const order: Array<string> = []
    machine.loop.defer(() => {
      order.push("first")
      machine.loop.defer(() => order.push("third"))
    })
    machine.loop.enqueue(() => order.push("second"))
    machine.loop.turn()
    expect(order).toEqual(["first", "second", "third"])
    machine.end()
  })

  test("can be taken back, before their round and within it", () => {
    const machine = makeMachine()
    const order: Array<string> = []
    const cancelLater = machine.loop.enqueue(() => order.push("taken back before"))
    const cancels: Array<() => void> = []
    machine.loop.defer(() => cancels[0]?.())
    cancels.push(machine.loop.enqueue(() => order.push("taken back within")))
    machine.loop.defer(() => order.push("runs"))
    cancelLater()
    machine.loop.turn()
    cancelLater()
    expect(order).toEqual(["runs"])
    machine.end()
  })

  test("that queue themselves for ever starve neither sockets nor timers", () => {
    const machine = makeMachine({ callMillis: 0.1 })
    const [near, far] = machine.pair()
    const counts = { rounds: 0, sockets: 0, timers: 0 }
    const again = (): void => {
      counts.rounds++
      machine.loop.defer(again)
    }
    again()
    watch(machine, near, () => counts.sockets++)
    machine.loop.at(machine.loop.nowMillis + 1, () => counts.timers++)
    machine.process.calls.send(far, bytesOf("x"))
    for (let turns = 0; turns < 20; turns++) machine.loop.turn()
    expect(counts).toEqual({ rounds: 20 * 16 + 1, sockets: 20, timers: 1 })
    near.close()
    far.close()
    machine.end()
  })

  test("that are postponed come after the sockets of the next turn, and keep the loop from waiting", () => {
    const machine = makeMachine()
    const [near, far] = machine.pair()
    const order: Array<string> = []
    watch(machine, near, () => {
      order.push("socket")
      machine.loop.postpone(() => order.push("postponed"))
    })
    machine.process.calls.send(far, bytesOf("x"))
    machine.loop.turn()
    expect(order).toEqual(["socket"])
    machine.loop.turn()
    expect(order).toEqual(["socket", "socket", "postponed"])
    readAll(machine.process, near)
    machine.loop.turn()
    expect(order).toEqual(["socket", "socket", "postponed", "postponed"])
    near.close()
    far.close()
    machine.end()
  })
})

test("much postponed work is spread over turns, so that the sockets come in between", () => {
  const machine = makeMachine()
  const order: Array<string> = []
  for (let count = 0; count < 10; count++) {
    machine.loop.postpone(() => {
      order.push(`task ${count}`)
      machine.process.kernel.advance(0.4)
    })
  }
  let turns = 0
  while (order.length < 10 && turns < 20) {
    machine.loop.turn()
    turns++
  }
  expect(order).toEqual(Array.from({ length: 10 }, (_, count) => `task ${count}`))
  expect(turns).toBeGreaterThan(1)
  machine.end()
})

describe("watches", () => {
  test("a handler may stop others whose events were reported with its own, and their tokens are not reused in the turn", () => {
    const machine = makeMachine()
    const pairs = Array.from({ length: 8 }, () => machine.pair())
    const called: Array<number> = []
    const members = pairs.map(([near], index) =>
      watch(machine, near, () => {
        called.push(index)
        for (const each of members) machine.loop.unwatch(each)
        // Made in the middle of the turn: an old event must not reach it.
        watch(machine, fresh, () => called.push(100))
      })
    )
    const [fresh, other] = machine.pair()
    for (const [, far] of pairs) machine.process.calls.send(far, bytesOf("x"))
    machine.loop.turn()
    expect(called).toHaveLength(1)
    expect(machine.loop.watched).toBe(1)
    machine.turn(3)
    expect(called).toHaveLength(1)
    machine.process.calls.send(other, bytesOf("x"))
    machine.turn()
    expect(called).toEqual([called[0] ?? -1, 100])
    for (const [near, far] of [...pairs, [fresh, other] as const]) {
      near.close()
      far.close()
    }
    machine.end()
  })

  test("one client that floods leaves every other its turn", () => {
    const machine = makeMachine()
    const flooded = machine.pair()
    const others = Array.from({ length: 20 }, () => machine.pair())
    const turns = new Map<string, number>()
    const count = (name: string) => turns.set(name, (turns.get(name) ?? 0) + 1)
    // Never emptied: it is ready for ever.
    watch(machine, flooded[0], () => count("flood"))
    for (const [index, [near]] of others.entries()) {
      watch(machine, near, () => {
        readAll(machine.process, near)
        count(`client ${index}`)
      })
    }
    machine.process.calls.send(flooded[1], bytesOf("flood"))
    for (let turn = 1; turn <= 50; turn++) {
      for (const [, far] of others) machine.process.calls.send(far, bytesOf("request"))
      machine.loop.turn()
      expect([...turns.values()]).toEqual(Array.from({ length: 21 }, () => turn))
    }
    for (const [near, far] of [flooded, ...others]) {
      near.close()
      far.close()
    }
    machine.end()
  })

  test("more ready descriptors than one turn takes all have their turn", () => {
    const machine = makeMachine({ descriptorsMax: 4096 })
    const pairs = Array.from({ length: 600 }, () => machine.pair())
    const turns = pairs.map(() => 0)
    for (const [index, [near, far]] of pairs.entries()) {
      watch(machine, near, () => {
        turns[index] = (turns[index] ?? 0) + 1
      })
      machine.process.calls.send(far, bytesOf("x"))
    }
    for (let turn = 0; turn < 30; turn++) machine.loop.turn()
    expect(Math.min(...turns)).toBeGreaterThanOrEqual(12)
    expect(Math.max(...turns)).toBeLessThanOrEqual(13)
    for (const [near, far] of pairs) {
      near.close()
      far.close()
    }
    machine.end()
  })

  test("one that was stopped leaves the set, while its descriptor is open and ready", () => {
    const machine = makeMachine()
    const [near, far] = machine.pair()
    let events = 0
    const held = watch(machine, near, () => events++)
    machine.process.calls.send(far, bytesOf("x"))
    machine.turn()
    machine.loop.unwatch(held)
    machine.loop.unwatch(held)
    machine.loop.at(machine.loop.nowMillis + 100, () => {})
    // It would wake at once, and for ever.
    machine.loop.turn()
    expect(machine.kernel.nowMillis).toBe(100)
    expect(events).toBe(1)
    near.close()
    far.close()
    machine.end()
  })

  test("a refused watch takes no place", () => {
    const machine = makeMachine({ faults: { script: [{ call: "epollAdd", nth: 1, fault: "watchLimit" }] } })
    const [near, far] = machine.pair()
    expect(
      machine.loop.watch(
        makeMember(near, () => {}),
        Readiness.readable
      )
    ).toBe(-Errno.ENOSPC)
    expect(machine.loop.watched).toBe(0)
    const held = watch(machine, near, () => {})
    expect(machine.loop.watched).toBe(1)
    // What outlives the loop can still let go.
    machine.loop.close()
    machine.loop.unwatch(held)
    near.close()
    far.close()
    machine.end()
  })
})

describe("the host", () => {
  /** A loop of 1,000 turns at most under a host that does nothing but count its turns. */
  const hosted = (host: Partial<Host>, options: Partial<KernelOptions> = {}) => {
    const kernel = new SimulatedKernel({ seed: 42, ...options })
    const { calls } = kernel.process("reactor")
    const resumes: Array<() => void> = []
    const loop = new EventLoop(calls, must(calls.epollCreate()), {
      ...noHost,
      giveWay: (resume) => {
        resumes.push(resume)
      },
      ...host
    })
    let left = 1000
    loop.run(
      () => left-- === 0,
      () => {}
    )
    return { kernel, calls, loop, hostTurn: () => resumes.shift()?.(), turnsLeft: () => left }
  }

  test("has its turn first, and then whenever its descriptor is ready", () => {
    const kernel = new SimulatedKernel({ seed: 42 })
    const { calls } = kernel.process("reactor")
    const [wakeDescriptor, far] = must(calls.socketPair())
    const resumes: Array<() => void> = []
    const loop = new EventLoop(calls, must(calls.epollCreate()), {
      ...noHost,
      wakeDescriptor,
      giveWay: (resume) => {
        resumes.push(resume)
      }
    })
    const order: Array<string> = []
    loop.defer(() => order.push("task"))
    let isDone = false
    loop.run(
      () => isDone,
      () => order.push("done")
    )
    expect(order).toEqual([])
    loop.at(50, () => calls.send(far, bytesOf("x")))
    for (const before of [0, 50]) {
      expect(kernel.nowMillis).toBe(before)
      resumes.shift()?.()
    }
    expect(order).toEqual(["task"])
    isDone = true
    resumes.shift()?.()
    expect(order).toEqual(["task", "done"])
    expect(resumes).toEqual([])
    // Its descriptor is only borrowed, and no longer watched.
    expect(wakeDescriptor.isOwned).toBe(true)
    expect(loop.watched).toBe(0)
  })

  test("has it at the deadline of its timer, in one wait and one turn", () => {
    const { kernel, hostTurn, turnsLeft } = hosted({ nextDeadlineMillis: () => 3 })
    hostTurn()
    expect(kernel.nowMillis).toBe(3)
    expect(turnsLeft()).toBe(999)
  })

  test("has it every 5 ms under load", () => {
    const { kernel, loop, hostTurn } = hosted({}, { callMillis: 0.05 })
    const again = (): void => loop.defer(again)
    again()
    for (let turn = 1; turn <= 3; turn++) {
      const before = kernel.nowMillis
      hostTurn()
      expect(kernel.nowMillis - before).toBeGreaterThan(4.8)
      expect(kernel.nowMillis - before).toBeLessThan(5.2)
    }
  })
})

describe("a defect", () => {
  test("is told, and everything else of the turn still happens", () => {
    const machine = makeMachine()
    const told: Array<unknown> = []
    const order: Array<string> = []
    machine.loop.onDefect = (defect) => told.push(defect)
    const bad = machine.pair()
    const good = machine.pair()
    watch(machine, bad[0], () => {
      throw "handler"
    })
    watch(machine, good[0], () => order.push("good handler"))
    for (const [, far] of [bad, good]) machine.process.calls.send(far, bytesOf("x"))
    machine.loop.at(0, () => {
      throw "timer"
    })
    machine.loop.at(0, () => order.push("good timer"))
    machine.loop.defer(() => {
      throw "task"
    })
    machine.loop.defer(() => order.push("good task"))
    machine.loop.turn()
    expect(told).toEqual(["handler", "timer", "task"])
    expect(order).toEqual(["good handler", "good timer", "good task"])
    // Still ready, but not watched any more: it would be called for ever.
    machine.turn(3)
    expect(told).toHaveLength(3)
    expect(machine.loop.watched).toBe(1)
    for (const [near, far] of [bad, good]) {
      near.close()
      far.close()
    }
    machine.end()
  })

  test("ends the loop when nobody takes it, and `run` says why", () => {
    const machine = makeMachine()
    machine.loop.defer(() => {
      throw "nobody listens"
    })
    const failures: Array<unknown> = []
    machine.loop.run(
      () => false,
      (failure) => failures.push(failure)
    )
    expect(failures).toEqual([{ defect: "nobody listens" }])
    machine.end()
  })

  test("an interrupted wait is none", () => {
    const machine = makeMachine({ faults: { script: [{ call: "epollWait", nth: 1, fault: "interrupted" }] } })
    let runs = 0
    machine.loop.at(10, () => runs++)
    machine.loop.turn()
    machine.loop.turn()
    expect(runs).toBe(1)
    machine.end()
  })
})
