/**
 * What a system call costs through the kernel's layer: `bun benchmark/systemCalls.ts` prints nanoseconds, the best of five rounds.
 */
import { Effect } from "effect"
import { type Descriptor, KernelSystemCalls, type Outcome, SystemCalls } from "../src/index.ts"

const rounds = 5
const calls = Effect.runSync(Effect.map(SystemCalls, (each) => each).pipe(Effect.provide(KernelSystemCalls.layer)))

const must = <A>(outcome: A | Outcome): Exclude<A, number> => {
  if (typeof outcome === "number") throw new Error(`a call failed with errno ${-outcome}`)
  // The condition has just excluded the number; the compiler does not narrow a type parameter.
  return outcome as Exclude<A, number>
}

const [one, other] = must(calls.socketPair())
const cargo: Descriptor = must(calls.socket())
const epoll = must(calls.epollCreate())
const batch = calls.makeReadinessBatch(64)
const buffer = calls.makeReceiveBuffer(4096)
const message = Buffer.alloc(100, "x")

const measure = (name: string, count: number, run: () => void): void => {
  let best = Number.POSITIVE_INFINITY
  for (let round = 0; round < rounds; round++) {
    const start = Bun.nanoseconds()
    for (let index = 0; index < count; index++) run()
    best = Math.min(best, (Bun.nanoseconds() - start) / count)
  }
  console.log(`${name.padEnd(58)} ${best.toFixed(0).padStart(6)} ns`)
}

const receive = (): void => {
  if (calls.receive(other, buffer) < 1) throw new Error("nothing came")
}

measure("receive, nothing there (EAGAIN)", 200_000, () => void calls.receive(other, buffer))
measure("send and receive 100 bytes", 200_000, () => {
  calls.send(one, message)
  receive()
})
measure("send and receive a descriptor, close it", 100_000, () => {
  calls.sendDescriptor(one, cargo)
  receive()
  buffer.takeDescriptor()?.close()
})
measure("socket pair, closed", 100_000, () => {
  for (const each of must(calls.socketPair())) each.close()
})
calls.epollAdd(epoll, one, 4, 1)
measure("epoll wait, one ready", 200_000, () => void calls.epollWait(epoll, batch, 0))
measure("epoll modify", 200_000, () => void calls.epollModify(epoll, one, 4, 1))
measure("epoll add and remove", 200_000, () => {
  calls.epollAdd(epoll, other, 0x2000, 2)
  calls.epollRemove(epoll, other)
})
const looks = calls.makePollBatch(250)
for (let index = 0; index < looks.capacity; index++) looks.put(index, one, 0x2000)
measure("poll, a batch of 250", 10_000, () => void calls.poll(looks, looks.capacity))
measure("peek, nothing there (EAGAIN)", 200_000, () => void calls.peek(one))
measure("look, nothing there", 200_000, () => void calls.look(one, 0x2001))
measure("socket pair, one end closed by letGo", 100_000, () => {
  const [near, far] = must(calls.socketPair())
  calls.letGo(near)
  far.close()
})
measure("the same after a look", 100_000, () => {
  const [near, far] = must(calls.socketPair())
  calls.look(near, 0x2001)
  calls.letGo(near)
  far.close()
})
measure("peer groups", 200_000, () => void calls.peerGroups(one))
measure("peer credentials", 200_000, () => void calls.peerCredentials(one))
for (const each of [one, other, cargo, epoll]) each.close()

const together = calls.makeCallBatch(64, "always")
if (together !== undefined) {
  const pairs = Array.from({ length: 32 }, () => must(calls.socketPair()))
  const buffers = pairs.map(() => calls.makeReceiveBuffer(4096))
  measure("32 sends and receives of 100 bytes, one by one", 3_000, () => {
    for (const [near] of pairs) calls.send(near, message)
    for (const [index, [, far]] of pairs.entries()) calls.receive(far, buffers[index] ?? buffer)
  })
  measure("the same in two batches", 3_000, () => {
    for (const [near] of pairs) together.send(near, message)
    together.run()
    together.clear()
    for (const [index, [, far]] of pairs.entries()) together.receive(far, buffers[index] ?? buffer)
    together.run()
    if (together.outcome(31) !== message.length) throw new Error("not all came")
    together.clear()
  })
  for (const pair of pairs) for (const each of pair) each.close()
}
