/** Peers that leave by the thousand: whoever speaks meanwhile is heard in the next turn. */
import { expect, test } from "bun:test"
import { resting } from "../support/resting.ts"
import { bytesOf, watchReads } from "../support/simulations.ts"

const many = { descriptorsMax: 5_000 }

test("a socket that is ready behind a thousand peers that have left has its turn with the first of them", () => {
  const test = resting({ afterMillis: 0 }, many)
  const saved = Array.from({ length: 1_000 }, () => test.save("one"))
  const [near, far] = test.pair()
  let heard = 0
  const member = watchReads(test.loop, near, () => heard++)
  for (const each of saved) each.far.close()
  test.process.calls.send(far, bytesOf("x"))
  test.turn()
  expect(heard).toBe(1)
  expect(test.events.length).toBe(64)
  for (let left = 20; left > 0; left--) test.turn()
  expect([test.events.length, test.watcher.watched]).toEqual([1_000, 0])
  test.loop.unwatch(member)
  for (const each of [near, far]) each.close()
  test.finish()
})

test("peers that have left are not taken faster than their descriptors are closed", () => {
  const test = resting({ afterMillis: 0 }, many)
  const far = Array.from({ length: 1_000 }, () => {
    const [near, far] = test.pair()
    test.watcher.watch(near, () => test.loop.deferClose(near, () => {}))
    return far
  })
  for (const each of far) each.close()
  let mostWaiting = 0
  let mostClosed = 0
  while (test.watcher.watched + test.loop.closesUnderWay > 0) {
    const before = test.process.openCount
    test.turn()
    mostClosed = Math.max(mostClosed, before - test.process.openCount)
    mostWaiting = Math.max(mostWaiting, test.loop.closesUnderWay)
  }
  expect([mostClosed, mostWaiting > 192]).toEqual([32, true])
  test.finish()
})

test("young connections are not looked at while closes of the last look wait", () => {
  const looks = { everyMillis: 10, untilMillis: 100_000 }
  const test = resting({ looks }, many)
  const far = Array.from({ length: 600 }, () => {
    const [near, far] = test.pair()
    test.watcher.watch(near, () => test.loop.deferClose(near, () => {}))
    return far
  })
  test.pass(200)
  for (const each of far) each.close()
  let most = 0
  while (test.watcher.lookedAt > 0) {
    test.turn()
    most = Math.max(most, test.loop.closesUnderWay)
    if (test.loop.closesUnderWay === 0) test.pass(1)
  }
  expect(most).toBe(224)
  while (test.loop.closesUnderWay > 0) test.turn()
  test.finish()
})

test("the set is made with the first connection that is to be watched where it could not be made before", () => {
  const test = resting(
    { afterMillis: 0 },
    { faults: { script: [{ call: "epollCreate", nth: 2, fault: "processTableFull" }] } }
  )
  expect(test.loop.watched).toBe(0)
  const { far } = test.save("one")
  expect([test.watcher.watched, test.watcher.refusals.count, test.loop.watched]).toEqual([1, 0, 1])
  far.close()
  test.turn()
  expect(test.events).toEqual(["one closed at 0"])
  test.finish()
})
