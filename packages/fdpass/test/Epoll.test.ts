/** Epoll sets: on the kernel and on the simulation alike. */
import { Readiness } from "../src/index.ts"
import { closeAll, must, show } from "./support/machines.ts"
import { bytesOf, read, script } from "./support/scripts.ts"

script(
  "epoll: adding, changing and removing",
  (_, calls) => {
    const epoll = must(calls.epollCreate())
    const [one, other] = must(calls.socketPair())
    const batch = calls.makeReadinessBatch(4)
    const seen: Array<unknown> = [show(calls.epollModify(epoll, one, 1, 1)), show(calls.epollRemove(epoll, one))]
    seen.push(calls.epollAdd(epoll, one, Readiness.readable, 0xffffffff), show(calls.epollAdd(epoll, one, 1, 1)))
    seen.push(calls.epollWait(epoll, batch, 0))
    calls.send(other, bytesOf("x"))
    // Level-triggered: what was not read is reported again.
    seen.push(calls.epollWait(epoll, batch, -1), calls.epollWait(epoll, batch, 0), batch.token(0), batch.readiness(0))
    seen.push(
      calls.epollModify(epoll, one, Readiness.readable | Readiness.writable, 5),
      calls.epollWait(epoll, batch, 0)
    )
    seen.push(batch.token(0), batch.readiness(0), calls.epollModify(epoll, one, 0, 5), calls.epollWait(epoll, batch, 0))
    seen.push(calls.epollRemove(epoll, one), calls.epollWait(epoll, batch, 0))
    seen.push(show(calls.epollAdd(epoll, epoll, 1, 1)), show(calls.epollAdd(one, other, 1, 1)))
    seen.push(show(calls.epollWait(one, batch, 0)))
    closeAll(epoll, one, other)
    return seen
  },
  ["ENOENT", "ENOENT", 0, "EEXIST", 0, 1, 1, 0xffffffff, 1, 0, 1, 5, 5, 0, 0, 0, 0, "EINVAL", "EINVAL", "EINVAL"]
)

script(
  "epoll: a set can watch a set, but not in a circle",
  (_, calls) => {
    const [inner, outer] = [must(calls.epollCreate()), must(calls.epollCreate())]
    const [one, other] = must(calls.socketPair())
    const batch = calls.makeReadinessBatch(4)
    const seen: Array<unknown> = [calls.epollAdd(inner, one, 1, 1), calls.epollAdd(outer, inner, 1, 2)]
    seen.push(show(calls.epollAdd(inner, outer, 1, 3)), calls.epollWait(outer, batch, 0))
    calls.send(other, bytesOf("x"))
    seen.push(calls.epollWait(outer, batch, 0), batch.token(0))
    read(calls, one)
    seen.push(calls.epollWait(outer, batch, 0))
    closeAll(inner, outer, one, other)
    return seen
  },
  [0, 0, "ELOOP", 0, 1, 2, 0]
)

script(
  "epoll: more that is ready than a batch holds has its turn in the next one",
  (_, calls) => {
    const epoll = must(calls.epollCreate())
    const pairs = [0, 1, 2, 3, 4].map(() => must(calls.socketPair()))
    for (const [token, [one]] of pairs.entries()) calls.epollAdd(epoll, one, Readiness.writable, token)
    const batch = calls.makeReadinessBatch(2)
    const tokens: Array<number> = []
    const counts = [0, 1, 2, 3, 4].map(() => {
      const count = calls.epollWait(epoll, batch, 0)
      for (let index = 0; index < count; index++) tokens.push(batch.token(index))
      return count
    })
    closeAll(epoll, ...pairs.flat())
    return [counts, tokens]
  },
  [
    [2, 2, 2, 2, 2],
    [0, 1, 2, 3, 4, 0, 1, 2, 3, 4]
  ]
)

script(
  "epoll: a closed descriptor leaves the set with the last reference to its open file, and no sooner",
  (_, calls) => {
    const epoll = must(calls.epollCreate())
    const batch = calls.makeReadinessBatch(4)
    const [one, other] = must(calls.socketPair())
    const [carrier, receiver] = must(calls.socketPair())
    calls.epollAdd(epoll, one, Readiness.writable, 9)
    calls.sendDescriptor(carrier, one)
    one.close()
    const seen = [calls.epollWait(epoll, batch, 0), batch.token(0)]
    // Discards the last reference, which was in flight.
    read(calls, receiver)
    seen.push(calls.epollWait(epoll, batch, 0))
    closeAll(epoll, other, carrier, receiver)
    return seen
  },
  [1, 9, 0]
)

script(
  "poll: many are looked at with one call, which leaves all as it is",
  (machine, calls) => {
    const pairs = [0, 1, 2, 3, 4].map(() => must(calls.socketPair()))
    const listener = must(calls.socket())
    calls.bind(listener, `${machine.directory}/looked-at`)
    calls.listen(listener, 1)
    const near = pairs.map(([each]) => each)
    const [quiet, spoken, left, broken, unasked] = pairs
    if (!quiet || !spoken || !left || !broken || !unasked) throw new Error("five pairs were made")
    calls.send(spoken[1], bytesOf("x"))
    left[1].close()
    calls.send(broken[0], bytesOf("never read"))
    broken[1].close()
    calls.send(unasked[1], bytesOf("x"))
    const batch = calls.makePollBatch(6)
    const look = (count: number) => {
      const outcome = calls.poll(batch, count)
      return [outcome, ...near.map((_, index) => batch.readiness(index)), batch.readiness(5)]
    }
    for (const [index, each] of near.entries()) batch.put(index, each, index === 4 ? 0x2000 : 0x2001)
    batch.put(5, listener, 0x2001)
    const seen: Array<unknown> = [batch.capacity, look(6), look(6), read(calls, spoken[0])]
    // Those beyond the count keep what was found before.
    seen.push(look(3), look(0))
    for (const [index, each] of near.entries()) batch.put(index, each, 0)
    seen.push(look(100))
    closeAll(...pairs.flat().filter((each) => each.isOwned), listener)
    return seen
  },
  [
    6,
    [3, 0, 1, 0x2011, 0x2019, 0, 0],
    [3, 0, 1, 0x2011, 0x2019, 0, 0],
    '"x"',
    [1, 0, 0, 0x2011, 0x2019, 0, 0],
    [0, 0, 0, 0x2011, 0x2019, 0, 0],
    [2, 0, 0, 0x10, 0x18, 0, 0]
  ]
)
