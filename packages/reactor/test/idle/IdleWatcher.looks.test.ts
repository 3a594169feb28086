/** Young connections, which are looked at now and then before the kernel watches them. */
import { describe, expect, test } from "bun:test"
import { resting } from "../support/resting.ts"
import { bytesOf } from "../support/simulations.ts"

describe("young connections, with looks", () => {
  const looks = { everyMillis: 200, untilMillis: 1_000 }

  test("are looked at together, and watched by the kernel from their time on", () => {
    const test = resting({ looks })
    for (let left = 10; left > 0; left--) test.save("one")
    const seen: Array<ReadonlyArray<number>> = []
    for (const millis of [149, 1, 200, 200, 200, 200, 200, 3_600_000]) {
      test.pass(millis)
      const { lookedAt, waiting, watched } = test.watcher
      seen.push([waiting, lookedAt, watched, test.process.callCount("poll")])
    }
    expect(seen).toEqual([
      [10, 0, 0, 0],
      [0, 10, 0, 1],
      [0, 10, 0, 2],
      [0, 10, 0, 3],
      [0, 10, 0, 4],
      [0, 10, 0, 5],
      [0, 0, 10, 6],
      [0, 0, 10, 6]
    ])
    expect([test.added(), test.loop.pendingTimers]).toEqual([10, 0])
    test.finish()
  })

  test("tell with the next look what has become of their peers, once", () => {
    const test = resting({ interest: "hang-up or bytes", looks })
    const [before, speaks, leaves, stays, later] = ["before", "speaks", "leaves", "stays", "later"].map(test.save)
    before?.far.close()
    test.pass(151)
    if (speaks) test.process.calls.send(speaks.far, bytesOf("421"))
    if (leaves) test.process.calls.send(leaves.near, bytesOf("never read"))
    leaves?.far.close()
    test.pass(1_500)
    later?.far.close()
    test.turn()
    expect(test.events).toEqual([
      "before closed at 150",
      "speaks bytes at 350",
      "leaves failed at 350",
      "later closed at 1651"
    ])
    expect([test.watcher.lookedAt, test.watcher.watched, stays?.near.isOwned]).toEqual([0, 1, true])
    test.finish()
  })

  test("that are taken out are not looked at, whoever takes them and when", () => {
    const test = resting({ looks })
    const saved = Array.from({ length: 6 }, (_, index) => test.save(`${index}`))
    test.pass(150)
    for (const index of [0, 3, 5]) saved[index]?.watch.stop()
    test.pass(200)
    expect([test.watcher.lookedAt, test.events]).toEqual([3, []])
    for (const { watch } of saved) watch.stop()
    test.pass(1_000)
    expect([test.watcher.lookedAt, test.process.callCount("poll"), test.loop.pendingTimers]).toEqual([0, 2, 0])
    test.finish()
  })

  test("are many: a share a turn, and nothing is missed when some leave in the middle of a round", () => {
    const test = resting({ looks }, { descriptorsMax: 3_000 })
    const saved = Array.from({ length: 1_000 }, (_, index) => test.save(`${index}`))
    test.pass(149)
    const perTurn: Array<ReadonlyArray<number>> = []
    const counts = () => [test.process.callCount("socketKind"), test.process.callCount("poll"), test.events.length]
    for (let turn = 0; turn < 9; turn++) {
      const before = counts()
      // Those that stand before, at and behind the place that the round has reached.
      if (turn === 4) for (const index of [0, 255, 256, 257, 511, 512, 999]) saved[index]?.watch.stop()
      if (turn === 4) for (const index of [258, 600, 998]) saved[index]?.far.close()
      test.loop.turn()
      perTurn.push(counts().map((count, index) => count - (before[index] ?? 0)))
      if (turn > 2 && test.loop.pendingTimers > 0) break
    }
    expect(perTurn).toEqual([
      [256, 0, 0],
      [256, 0, 0],
      [256, 0, 0],
      [232, 1, 0],
      [0, 1, 1],
      [0, 1, 1],
      [0, 1, 1]
    ])
    expect(test.watcher.lookedAt).toBe(990)
    test.finish()
  })

  test("one that its neighbour's handler takes out in the same look is not told", () => {
    const test = resting({ looks })
    const saved = [test.pair(), test.pair()]
    const told: Array<number> = []
    const watches = saved.map(([near], index) =>
      test.watcher.watch(near, () => {
        told.push(index)
        for (const watch of watches) watch.stop()
      })
    )
    for (const [, far] of saved) far.close()
    test.pass(1_000)
    expect(told).toEqual([0])
    for (const [near] of saved) near.close()
    test.finish()
  })

  test("a handler that throws costs the others nothing", () => {
    const test = resting({ looks })
    const [near, far] = test.pair()
    const defects: Array<unknown> = []
    test.loop.onDefect = (defect) => defects.push(defect)
    test.watcher.watch(near, () => {
      throw "defect"
    })
    const other = test.save("other")
    for (const each of [far, other.far]) each.close()
    test.pass(1_000)
    expect([defects, test.events]).toEqual([["defect"], ["other closed at 150"]])
    near.close()
    test.finish()
  })

  test("a look that fails is made again", () => {
    const test = resting({ looks }, { faults: { script: [{ call: "poll", nth: 1, fault: "interrupted" }] } })
    const { far } = test.save("one")
    far.close()
    test.pass(349)
    expect(test.events).toEqual([])
    test.pass(1)
    expect(test.events).toEqual(["one closed at 350"])
    test.finish()
  })

  test("stay young where the kernel has no room for more watches", () => {
    const script = [2, 3].map((nth) => ({ call: "epollAdd", nth, fault: "watchLimit" }) as const)
    const test = resting({ looks }, { faults: { script } })
    const { far } = test.save("one")
    test.pass(1_351)
    expect([test.watcher.lookedAt, test.watcher.watched, test.watcher.refusals.count]).toEqual([1, 0, 2])
    far.close()
    test.pass(200)
    expect(test.events).toEqual(["one closed at 1550"])
    test.finish()
  })

  test("are let go when nobody wants to know any more", () => {
    const test = resting({ looks }, { descriptorsMax: 3_000 })
    const saved = Array.from({ length: 600 }, () => test.save("one"))
    test.pass(160)
    test.watcher.setInterest("nothing")
    for (const { far } of saved) far.close()
    test.pass(200)
    expect([test.watcher.lookedAt, test.events.length, test.loop.pendingTimers]).toEqual([0, 0, 0])
    test.finish()
  })
})
