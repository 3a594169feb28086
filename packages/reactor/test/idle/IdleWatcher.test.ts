/** Connections that nobody reads: what is found out about them, when, and at what price. */
import { describe, expect, test } from "bun:test"
import { type Descriptor, KernelSystemCalls, Readiness, SocketKind, SystemCalls } from "@scached/fdpass"
import { Effect } from "effect"
import {
  EventLoop,
  IdleConnection,
  type IdleInterest,
  type IdleWatch,
  IdleWatcher,
  idleStateOf,
  noHost
} from "../../src/index.ts"
import { resting } from "../support/resting.ts"
import { bytesOf, makeMachine, must } from "../support/simulations.ts"

describe("a connection at rest", () => {
  test("reaches the kernel's set after its time, together with those that came meanwhile", () => {
    const test = resting()
    test.save("first")
    test.pass(40)
    for (let left = 9; left > 0; left--) test.save("later")
    test.pass(109)
    expect([test.watcher.waiting, test.watcher.watched, test.added()]).toEqual([10, 0, 0])
    test.pass(1)
    expect([test.watcher.waiting, test.watcher.watched, test.added()]).toEqual([0, 10, 10])
    expect(test.loop.pendingTimers).toBe(0)
    test.finish()
  })

  test("that is taken out before costs no system call at all", () => {
    const test = resting()
    for (const order of ["012", "021", "102", "120", "201", "210"]) {
      const saved = ["first", "in the middle", "last"].map((name) => test.save(name))
      for (const index of order) saved[Number(index)]?.watch.stop()
      test.pass(1_000)
      expect([test.watcher.waiting, test.watcher.watched, test.added()]).toEqual([0, 0, 0])
    }
    test.finish()
  })

  test("is watched at once where no time is given", () => {
    const test = resting({ afterMillis: 0 })
    const { far } = test.save("one")
    expect(test.watcher.watched).toBe(1)
    far.close()
    test.turn()
    expect(test.events).toEqual(["one closed at 0"])
    test.finish()
  })

  test("tells that its peer has left, also when that was before it was watched", () => {
    const test = resting()
    const [early, late] = [test.save("early"), test.save("late")]
    early.far.close()
    test.pass(150)
    test.turn()
    expect(test.events).toEqual(["early closed at 150"])
    test.pass(50)
    late.far.close()
    test.turn()
    expect(test.events).toEqual(["early closed at 150", "late closed at 200"])
    expect(test.watcher.watched).toBe(0)
    test.finish()
  })

  test("tells a broken connection from one that was closed", () => {
    const test = resting({ afterMillis: 0 })
    const { near, far } = test.save("one")
    test.process.calls.send(near, bytesOf("never read"))
    far.close()
    test.turn()
    expect(test.events).toEqual(["one failed at 0"])
    test.finish()
  })

  const bytesByInterest: ReadonlyArray<readonly [IdleInterest, ReadonlyArray<string>]> = [
    ["nothing", []],
    ["hang-up", ["one closed at 0"]],
    ["hang-up or bytes", ["one bytes at 0"]]
  ]
  for (const [interest, expected] of bytesByInterest) {
    test(`bytes and then the end, watched for ${interest}`, () => {
      const test = resting({ afterMillis: 0, interest })
      const { far } = test.save("one")
      test.process.calls.send(far, bytesOf("421 bye"))
      test.turn()
      far.close()
      test.turn(3)
      expect(test.events).toEqual([...expected])
      test.finish()
    })
  }

  test("gives one event, however often its peer stirs", () => {
    const test = resting({ afterMillis: 0, interest: "hang-up or bytes" })
    const { far } = test.save("one")
    for (let left = 20; left > 0; left--) {
      test.process.calls.send(far, bytesOf("x"))
      test.turn()
    }
    expect(test.events).toHaveLength(1)
    expect(test.process.callCount("epollRemove")).toBe(1)
    test.finish()
  })

  test("that is taken out by another one's handler in the same turn is not heard of", () => {
    const test = resting({ afterMillis: 0 })
    const watches: Array<IdleWatch> = []
    const told: Array<number> = []
    const pairs = [test.pair(), test.pair()]
    for (const [index, [near]] of pairs.entries()) {
      const handler = () => {
        told.push(index)
        for (const watch of watches) watch.stop()
      }
      watches.push(test.watcher.watch(near, handler))
    }
    for (const [, far] of pairs) far.close()
    test.turn(2)
    expect(told).toHaveLength(1)
    for (const [near] of pairs) near.close()
    test.finish()
  })

  test("outlives a handler that throws, unwatched", () => {
    const test = resting({ afterMillis: 0 })
    const [near, far] = test.pair()
    const defects: Array<unknown> = []
    test.loop.onDefect = (defect) => defects.push(defect)
    test.watcher.watch(near, () => {
      throw "defect"
    })
    far.close()
    test.turn(3)
    expect(defects).toEqual(["defect"])
    expect(test.watcher.watched).toBe(0)
    near.close()
    test.finish()
  })
})

describe("many connections", () => {
  test("are made known in shares, and cost nothing while they rest", () => {
    const test = resting({}, { descriptorsMax: 3_000 })
    for (let left = 1_000; left > 0; left--) test.save("one")
    const perTurn: Array<number> = []
    test.pass(149)
    for (let turn = 0; turn < 5; turn++) {
      const before = test.added()
      test.loop.turn()
      perTurn.push(test.added() - before)
      if (test.watcher.waiting === 0) break
    }
    expect(perTurn).toEqual([256, 256, 256, 232])
    const waits = test.process.callCount("epollWait")
    test.pass(3_600_000)
    expect(test.process.callCount("epollWait") - waits).toBe(1)
    test.finish()
  })

  test("that all hang up are told in shares too", () => {
    const test = resting({ afterMillis: 0 }, { descriptorsMax: 3_000 })
    for (const { far } of Array.from({ length: 600 }, () => test.save("one"))) far.close()
    const perTurn: Array<number> = []
    for (let turn = 0; turn < 11; turn++) {
      const before = test.events.length
      test.turn()
      perTurn.push(test.events.length - before)
    }
    expect(perTurn).toEqual([...Array.from({ length: 9 }, () => 64), 24, 0])
    test.finish()
  })
})

describe("a connection that is its own entry", () => {
  class Kept extends IdleConnection {
    readonly events: Array<string> = []

    onStirred(state: string): void {
      this.events.push(`${state}, ${this.token}`)
    }
  }

  test("is told once, when it is watched no more, and can rest again", () => {
    const test = resting({ interest: "hang-up or bytes" })
    const [near, far] = test.pair()
    const kept = new Kept(near)
    test.watcher.rest(kept)
    test.pass(150)
    expect([test.watcher.watched, test.inKernel()]).toEqual([1, 1])
    test.process.calls.send(far, bytesOf("x"))
    test.turn(3)
    expect(kept.events).toEqual(["bytes, 0"])
    expect([test.watcher.watched, test.inKernel()]).toEqual([0, 0])
    test.watcher.rest(kept)
    test.pass(151)
    expect(kept.events).toEqual(["bytes, 0", "bytes, 0"])
    for (const each of [near, far]) each.close()
    test.finish()
  })

  test("begins anew where it rests already, in the line and in the kernel's set", () => {
    const test = resting()
    const [near, far] = test.pair()
    const kept = new Kept(near)
    test.watcher.rest(kept)
    test.pass(120)
    test.watcher.rest(kept)
    expect([test.watcher.waiting, test.watcher.watched]).toEqual([1, 0])
    test.pass(99)
    expect([test.watcher.waiting, test.watcher.watched]).toEqual([1, 0])
    test.pass(100)
    expect([test.watcher.waiting, test.watcher.watched]).toEqual([0, 1])
    test.watcher.rest(kept)
    expect([test.watcher.waiting, test.watcher.watched, test.inKernel()]).toEqual([1, 0, 0])
    for (let left = 2; left > 0; left--) kept.stop()
    expect([test.watcher.waiting, test.watcher.watched, kept.token]).toEqual([0, 0, 0])
    for (const each of [near, far]) each.close()
    test.finish()
  })

  test("is let go by its watcher's end, whether it waits or is watched", () => {
    const test = resting()
    const open = [test.pair(), test.pair(), test.pair(), test.pair()]
    const kept = open.map(([near]) => new Kept(near))
    for (const each of kept.slice(0, 2)) test.watcher.rest(each)
    test.pass(150)
    for (const each of kept.slice(2)) test.watcher.rest(each)
    expect([test.watcher.waiting, test.watcher.watched]).toEqual([2, 2])
    test.watcher.close()
    expect([test.watcher.waiting, test.watcher.watched, test.loop.watched]).toEqual([0, 0, 0])
    for (const each of open.flat()) each.close()
    test.turn(2)
    expect(kept.flatMap(({ events }) => events)).toEqual([])
    test.finish()
  })
})

describe("what cannot be watched", () => {
  test("a file rests unwatched, and is no refusal", () => {
    const test = resting({ afterMillis: 0 })
    const file = test.process.open("a file")
    const watch = test.watcher.watch(file, () => test.events.push("event"))
    expect([test.watcher.watched, test.watcher.refusals.count, test.added()]).toEqual([0, 0, 0])
    watch.stop()
    file.close()
    test.finish()
  })

  test("where the kernel has no room for more watches that is counted", () => {
    const test = resting(
      { afterMillis: 0 },
      { faults: { script: [{ call: "epollAdd", nth: 2, fault: "watchLimit" }] } }
    )
    const { watch } = test.save("one")
    expect(test.watcher.refusals).toEqual({ count: 1, errno: 28 })
    watch.stop()
    test.save("other")
    expect([test.watcher.watched, test.watcher.refusals.count]).toEqual([1, 1])
    test.finish()
  })

  test("a change of what is watched for holds for those that rest already", () => {
    const test = resting()
    const waiting = test.save("waiting")
    test.watcher.setInterest("nothing")
    test.pass(150)
    expect([test.watcher.waiting, test.added()]).toEqual([0, 0])
    const unwatched = test.save("unwatched")
    test.watcher.setInterest("hang-up or bytes")
    const later = test.save("later")
    test.pass(150)
    expect([test.watcher.watched, test.added()]).toEqual([3, 3])
    for (const { far } of [waiting, unwatched, later]) test.process.calls.send(far, bytesOf("x"))
    test.turn()
    expect(test.events.toSorted()).toEqual(["later bytes at 300", "unwatched bytes at 300", "waiting bytes at 300"])
    test.finish()
  })

  test("the kernel is told of the change, some connections a turn", () => {
    const test = resting({ afterMillis: 0, interest: "hang-up or bytes" }, { descriptorsMax: 3_000 })
    const saved = Array.from({ length: 600 }, () => test.save("one"))
    const changed = () => test.process.callCount("epollModify")
    test.watcher.setInterest("hang-up")
    test.turn()
    expect(changed()).toBe(256)
    for (let left = 2; left > 0; left--) test.turn()
    expect(changed()).toBe(600)
    for (const { far } of saved) test.process.calls.send(far, bytesOf("x"))
    test.turn()
    expect(test.events).toEqual([])
    test.watcher.setInterest("hang-up or bytes")
    for (let left = 14; left > 0; left--) test.turn()
    expect(test.events).toHaveLength(600)
    test.finish()
  })

  test("those that the kernel watches are taken out when nobody asks any more, and come back", () => {
    const test = resting({ afterMillis: 0 })
    const { far } = test.save("one")
    test.watcher.setInterest("nothing")
    test.turn()
    expect([test.watcher.watched, test.inKernel()]).toEqual([0, 0])
    far.close()
    test.turn()
    expect(test.events).toEqual([])
    test.watcher.setInterest("hang-up")
    test.pass(1)
    test.turn()
    expect(test.events).toHaveLength(1)
    test.finish()
  })
})

describe("the last look", () => {
  test("tells what has become of a connection, and reads nothing", () => {
    const { end, pair, process } = makeMachine()
    const { calls } = process
    const [near, far] = pair()
    const file = process.open("a file")
    const fresh = must(calls.socket())
    const seen = [idleStateOf(calls, near), idleStateOf(calls, file), idleStateOf(calls, fresh)]
    calls.send(far, bytesOf("x"))
    seen.push(idleStateOf(calls, near), idleStateOf(calls, near))
    calls.receive(near, calls.makeReceiveBuffer(8))
    calls.send(near, bytesOf("never read"))
    far.close()
    seen.push(idleStateOf(calls, near), idleStateOf(calls, near))
    expect(seen).toEqual(["idle", "unknown", "closed", "bytes", "bytes", "failed", "failed"])
    for (const each of [near, file, fresh]) each.close()
    end()
  })

  test("sees what takes no byte, and urgent data, and does not ask what may wait", () => {
    const { end, pair, process } = makeMachine()
    const { calls } = process
    const connecting = process.foreignSocket(SocketKind.tcp, "connecting")
    const urgent = process.foreignSocket(SocketKind.tcp, "urgent", Readiness.urgent | Readiness.writable)
    const other = process.foreignSocket(SocketKind.unknown, "of another family")
    const [near, far] = pair()
    calls.discardUnread(far)
    const seen = [connecting, urgent, other, near].map((each) => idleStateOf(calls, each))
    expect(seen).toEqual(["unready", "bytes", "unknown", "failed"])
    for (const each of [connecting, urgent, other, near, far]) each.close()
    end()
  })
})

test("on the real kernel", () => {
  const calls = Effect.runSync(Effect.provide(SystemCalls, KernelSystemCalls.layer))
  const loop = new EventLoop(calls, must(calls.epollCreate()), noHost)
  const events: Array<string> = []
  const watch = (interest: IdleInterest, act: (near: Descriptor, far: Descriptor) => void): void => {
    const watcher = new IdleWatcher(loop, { interest, afterMillis: 0 })
    const [near, far] = must(calls.socketPair())
    watcher.watch(near, (state) => events.push(`${interest}: ${state}`))
    act(near, far)
    loop.defer(() => {})
    loop.turn()
    watcher.close()
    for (const each of [near, far]) if (each.isOwned) each.close()
  }
  watch("hang-up", (_, far) => far.close())
  watch("hang-up", (_, far) => calls.send(far, bytesOf("x")))
  watch("hang-up or bytes", (_, far) => calls.send(far, bytesOf("x")))
  watch("hang-up", (near, far) => {
    calls.send(near, bytesOf("never read"))
    far.close()
  })
  expect(events).toEqual(["hang-up: closed", "hang-up or bytes: bytes", "hang-up: failed"])
  loop.close()
})
