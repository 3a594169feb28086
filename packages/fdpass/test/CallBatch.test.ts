/** What a batch does, on io_uring and one by one, on the kernel and in the simulation: the same everywhere. */
import { describe, expect, test } from "bun:test"
import { connect, createServer } from "node:net"
import type { CallBatch, Descriptor, SystemCallsShape } from "../src/index.ts"
import { OneByOneBatch, SeededRandom } from "../src/testing/index.ts"
import { closeAll, kernelCalls, kernelMachine, type Machine, must, show, simulatedMachine } from "./support/machines.ts"

const capacity = 64

const ring = kernelCalls.makeCallBatch(capacity, "always")
// Where the kernel has no io_uring, or does not let us have it, nothing of it can be shown; elsewhere that would be a mistake of ours.
const { CI } = process.env
if (ring === undefined && CI === "true") throw new Error("there is no io_uring here: its batches are untested")

interface Maker {
  readonly name: string
  readonly machine: () => Machine
  readonly make: (calls: SystemCallsShape) => CallBatch
}

const makers: ReadonlyArray<Maker> = [
  ...(ring === undefined ? [] : [{ name: "io_uring", machine: kernelMachine, make: () => ring }]),
  { name: "the kernel, one by one", machine: kernelMachine, make: (calls) => new OneByOneBatch(calls, capacity) },
  { name: "the simulation", machine: simulatedMachine, make: (calls) => new OneByOneBatch(calls, capacity) }
]

const onAll = (name: string, run: (batch: CallBatch, machine: Machine) => void): void => {
  describe(name, () => {
    for (const maker of makers) {
      test(maker.name, () => {
        Bun.gc(true)
        const machine = maker.machine()
        const before = machine.openCount()
        const batch = maker.make(machine.calls)
        run(batch, machine)
        batch.clear()
        expect(machine.openCount()).toBe(before)
        machine.dispose()
      })
    }
  })
}

const pairsOf = ({ calls }: Machine, count: number): ReadonlyArray<readonly [Descriptor, Descriptor]> =>
  Array.from({ length: count }, () => must(calls.socketPair()))

const at = <A>(items: ReadonlyArray<A>, index: number): A => {
  const item = items[index]
  if (item === undefined) throw new RangeError(`there is no item ${index}`)
  return item
}

const outcomes = (batch: CallBatch, count: number) =>
  Array.from({ length: count }, (_, place) => show(batch.outcome(place)))

onAll("bytes of many sockets, each in its buffer and its order", (batch, machine) => {
  const pairs = pairsOf(machine, 20)
  for (const [index, [near]] of pairs.entries()) expect(batch.send(near, Buffer.from(`text ${index}`))).toBe(index)
  batch.run()
  expect(outcomes(batch, 20)).toEqual(pairs.map((_, index) => `text ${index}`.length))
  batch.clear()
  expect(batch.size).toBe(0)
  const buffers = pairs.map(() => machine.calls.makeReceiveBuffer(64))
  for (const [index, [, far]] of pairs.entries()) batch.receive(far, at(buffers, index))
  batch.run()
  const texts = buffers.map((buffer, index) => buffer.bytes.toString("latin1", 0, batch.outcome(index)))
  expect(texts).toEqual(pairs.map((_, index) => `text ${index}`))
  closeAll(...pairs.flat())
})

onAll("a descriptor is passed and arrives, and what is closed is closed", (batch, machine) => {
  const { calls } = machine
  const pairs = pairsOf(machine, 3)
  const [cargo, other] = must(calls.socketPair())
  for (const [near] of pairs) batch.sendDescriptor(near, cargo)
  batch.run()
  expect(outcomes(batch, 3)).toEqual([1, 1, 1])
  batch.clear()
  const buffers = pairs.map(() => calls.makeReceiveBuffer(16))
  for (const [index, [, far]] of pairs.entries()) batch.receive(far, at(buffers, index))
  batch.run()
  expect(outcomes(batch, 3)).toEqual([1, 1, 1])
  batch.clear()
  const received = buffers.map((buffer) => buffer.takeDescriptor())
  cargo.close()
  // Each copy is one: the far end is open until the last of them is gone.
  const last = received.pop()
  for (const each of received) if (each !== undefined) batch.letGo(each)
  if (last !== undefined) batch.close(last)
  const seen = () => show(calls.receive(other, calls.makeReceiveBuffer(8)))
  expect(seen()).toBe("EAGAIN")
  batch.run()
  expect(seen()).toBe(0)
  closeAll(other, ...pairs.flat())
})

onAll("what fails tells why, and costs the others nothing", (batch, machine) => {
  const { calls } = machine
  const pairs = pairsOf(machine, 4)
  const [[near, far], [quiet, quietFar], [left, leftFar], [gone, goneFar]] = [
    at(pairs, 0),
    at(pairs, 1),
    at(pairs, 2),
    at(pairs, 3)
  ]
  leftFar.close()
  const file = machine.open()
  const lent = must(calls.socketPair())
  const buffer = () => calls.makeReceiveBuffer(16)
  batch.send(near, Buffer.from("x"))
  batch.receive(quiet, buffer())
  batch.receive(left, buffer())
  batch.send(left, Buffer.from("x"))
  batch.send(gone, Buffer.from("x"))
  batch.sendDescriptor(near, lent[0])
  batch.send(file, Buffer.from("x"))
  batch.receive(far, buffer())
  // Given up between being put in and being used: the number may be somebody else's by then.
  closeAll(gone, lent[0])
  const [thief, thiefFar] = must(calls.socketPair())
  batch.run()
  expect(outcomes(batch, 8)).toEqual([1, "EAGAIN", 0, "EPIPE", "EBADF", "EBADF", "ENOTSOCK", 1])
  expect(show(calls.receive(thiefFar, buffer()))).toBe("EAGAIN")
  closeAll(near, far, quiet, quietFar, left, goneFar, file, lent[1], thief, thiefFar)
})

onAll("a full socket takes what fits, then nothing", (batch, machine) => {
  const [near, far] = must(machine.calls.socketPair())
  const [other, otherFar] = must(machine.calls.socketPair())
  const much = Buffer.alloc(60_000, "y")
  let taken = 0
  let last = 0
  for (let round = 0; round < 40; round++) {
    batch.send(near, much)
    batch.send(other, Buffer.from("z"))
    batch.run()
    last = batch.outcome(0)
    if (last > 0) taken += last
    expect(batch.outcome(1)).toBe(1)
    batch.clear()
    if (last < 0) break
  }
  expect(show(last)).toBe("EAGAIN")
  const buffer = machine.calls.makeReceiveBuffer(65_536)
  let came = 0
  for (let count = machine.calls.receive(far, buffer); count > 0; count = machine.calls.receive(far, buffer))
    came += count
  expect(came).toBe(taken)
  closeAll(near, far, other, otherFar)
})

onAll(
  "bytes are copied when they are put in, also those that are too many for the batch's own room",
  (batch, machine) => {
    const pairs = pairsOf(machine, 3)
    const texts = ["a", "b", "c"].map((letter) => Buffer.alloc(30_000, letter))
    for (const [index, [near]] of pairs.entries()) batch.send(near, texts[index] ?? Buffer.alloc(0))
    for (const text of texts) text.fill("!")
    Bun.gc(true)
    batch.run()
    const buffer = machine.calls.makeReceiveBuffer(40_000)
    const seen = pairs.map(([, far]) => {
      const count = machine.calls.receive(far, buffer)
      return new Set(buffer.bytes.toString("latin1", 0, count))
    })
    expect(seen).toEqual([new Set("a"), new Set("b"), new Set("c")])
    closeAll(...pairs.flat())
  }
)

onAll("of several descriptors in one message the first comes, and the others are closed", (batch, machine) => {
  const { calls } = machine
  const [[near, far], [other, otherFar], [cargo, cargoFar]] = [
    must(calls.socketPair()),
    must(calls.socketPair()),
    must(calls.socketPair())
  ]
  machine.sendDescriptors(near, [cargo, cargo, cargo])
  calls.send(other, Buffer.from("y"))
  cargo.close()
  const buffers = [calls.makeReceiveBuffer(16), calls.makeReceiveBuffer(16)] as const
  batch.receive(far, buffers[0])
  batch.receive(otherFar, buffers[1])
  batch.run()
  expect(outcomes(batch, 2)).toEqual([1, 1])
  expect([buffers[0].surplus, buffers[0].truncated, buffers[1].surplus]).toEqual([2, false, 0])
  const first = buffers[0].takeDescriptor()
  expect(first).toBeDefined()
  first?.close()
  // All copies are gone.
  expect(show(calls.receive(cargoFar, buffers[1]))).toBe(0)
  closeAll(near, far, other, otherFar, cargoFar)
})

/** Fills freed memory with something else, so that a collected buffer shows. */
const makeGarbage = (): void => {
  for (let round = 0; round < 20; round++) {
    for (const size of [8, 56, 104, 112, 120, 4_192, 65_536]) new Uint8Array(size).fill(round)
  }
  Bun.gc(true)
}

onAll("a batch's memory stays where it is while everything else is collected", (batch, machine) => {
  const { calls } = machine
  const pairs = pairsOf(machine, 6)
  const cargo = machine.open()
  const buffers = pairs.map(() => calls.makeReceiveBuffer(256))
  for (let round = 0; round < 6; round++) {
    for (const [index, [near]] of pairs.entries()) {
      if (index % 2 === 0) batch.send(near, Buffer.alloc(200, `${round}${index}`))
      else batch.sendDescriptor(near, cargo)
    }
    makeGarbage()
    batch.run()
    batch.clear()
    makeGarbage()
    for (const [index, [, far]] of pairs.entries()) batch.receive(far, at(buffers, index))
    makeGarbage()
    batch.run()
    for (const [index, buffer] of buffers.entries()) {
      const descriptor = buffer.takeDescriptor()
      const count = batch.outcome(index)
      expect(descriptor !== undefined).toBe(index % 2 === 1)
      if (descriptor !== undefined) batch.letGo(descriptor)
      else expect(buffer.bytes.subarray(0, count).equals(Buffer.alloc(200, `${round}${index}`))).toBe(true)
    }
    batch.clear()
    batch.run()
  }
  closeAll(cargo, ...pairs.flat())
})

onAll("more closes than a ring has room for", (batch, machine) => {
  for (const [near, far] of pairsOf(machine, 200)) {
    batch.letGo(near)
    batch.close(far)
  }
  batch.run()
})

onAll("a batch that is full says so", (batch, machine) => {
  const [near, far] = must(machine.calls.socketPair())
  for (let place = 0; place < batch.capacity; place++) batch.send(near, Buffer.from("x"))
  expect(() => batch.send(near, Buffer.from("x"))).toThrow(RangeError)
  batch.run()
  expect(outcomes(batch, batch.capacity)).toEqual(Array.from({ length: batch.capacity }, () => 1))
  closeAll(near, far)
})

onAll("nothing of one run is left in the next", (batch, machine) => {
  const { calls } = machine
  const [near, far] = must(calls.socketPair())
  const [other, otherFar] = must(calls.socketPair())
  const buffers = [calls.makeReceiveBuffer(16), calls.makeReceiveBuffer(16)] as const
  calls.sendDescriptor(near, other)
  calls.send(other, Buffer.from("first"))
  for (const [socket, buffer] of [
    [far, buffers[0]],
    [otherFar, buffers[1]]
  ] as const)
    batch.receive(socket, buffer)
  batch.run()
  expect(outcomes(batch, 2)).toEqual([1, 5])
  // Nobody takes the descriptor: the next read into the buffer lets go of it.
  batch.clear()
  for (const [socket, buffer] of [
    [far, buffers[0]],
    [otherFar, buffers[1]]
  ] as const)
    batch.receive(socket, buffer)
  batch.run()
  expect(outcomes(batch, 2)).toEqual(["EAGAIN", "EAGAIN"])
  expect(buffers[0].takeDescriptor()).toBeUndefined()
  closeAll(near, far, other, otherFar)
})

test.if(ring !== undefined)("random calls: io_uring and one by one come to the same", () => {
  for (let seed = 1; seed <= 60; seed++) {
    const results = [ring, new OneByOneBatch(kernelCalls, capacity)].map((batch) => {
      if (batch === undefined) return []
      const random = new SeededRandom(seed)
      const machine = kernelMachine()
      const ends = pairsOf(machine, 4).flat()
      const heard: Array<unknown> = []
      for (let round = 0; round < 12; round++) {
        const buffers: Array<ReturnType<SystemCallsShape["makeReceiveBuffer"]>> = []
        const count = random.below(12)
        for (let call = 0; call < count; call++) {
          const socket = random.pick(ends)
          const kind = random.below(3)
          const text = Buffer.from(`${round}.${call}`)
          const cargo = random.pick(ends)
          if (kind === 0) batch.send(socket, text)
          else if (kind === 1) batch.sendDescriptor(socket, cargo)
          else {
            const buffer = kernelCalls.makeReceiveBuffer(32)
            buffers.push(buffer)
            batch.receive(socket, buffer)
          }
        }
        batch.run()
        heard.push(outcomes(batch, count))
        for (const buffer of buffers) {
          const descriptor = buffer.takeDescriptor()
          heard.push(descriptor !== undefined, buffer.truncated)
          if (descriptor !== undefined) batch.letGo(descriptor)
        }
        batch.clear()
        batch.run()
        // What becomes of the other end is seen when it is closed.
        for (; kernelCalls.closesUnderWay() > 0; kernelCalls.hurryCloses()) Bun.sleepSync(0.2)
        if (random.chance(0.1)) random.pick(ends.filter((each) => each.isOwned)).close()
        if (ends.filter((each) => each.isOwned).length < 3) break
      }
      closeAll(...ends)
      machine.dispose()
      return heard
    })
    expect(results[0], `seed ${seed}`).toEqual(results[1] ?? [])
  }
})

test.if(ring !== undefined)("what is let go of and may hold its closer up is closed elsewhere", async () => {
  const batch = ring
  if (batch === undefined) return
  const machine = kernelMachine()
  const server = createServer((socket) => socket.resume()).listen(0)
  await new Promise<void>((resolve) => server.once("listening", resolve))
  const address = server.address()
  const port = typeof address === "object" && address !== null ? address.port : 0
  const tcp = connect(port, "127.0.0.1")
  await new Promise<void>((resolve) => tcp.once("connect", resolve))
  tcp.destroy()
  server.close()
  const before = machine.openCount()
  const [near, far] = must(machine.calls.socketPair())
  // Something unread, which might carry what lingers; and a file, whose system might not answer.
  machine.calls.send(near, Buffer.from("x"))
  const file = machine.open()
  batch.letGo(far)
  batch.letGo(file)
  batch.letGo(near)
  batch.run()
  expect(machine.openCount()).toBe(before)
  machine.dispose()
})

test("never means one by one", () => {
  expect(kernelCalls.makeCallBatch(8, "never")).toBeUndefined()
})

test("a buffer of another layer is refused", () => {
  if (ring === undefined) return
  const [near, far] = must(kernelCalls.socketPair())
  const foreign = simulatedMachine().calls.makeReceiveBuffer(8)
  expect(() => ring.receive(near, foreign)).toThrow(TypeError)
  closeAll(near, far)
})
