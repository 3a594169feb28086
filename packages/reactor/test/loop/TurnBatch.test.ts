/** What a turn has the kernel do together, with batches that make their calls one by one. */
import { expect, test } from "bun:test"
import { Errno } from "@scached/fdpass"
import type { ChannelHandler } from "../../src/index.ts"
import { bothWays, bytesOf, type Machine, makeMachine, Notes, openChannel, readAll } from "../support/simulations.ts"

const together = { isBatching: true } as const

/** A channel on the loop, what it is told, and the far end. */
const open = (machine: Machine, on: Partial<ChannelHandler> = {}) => {
  const [near, far] = machine.pair()
  const notes = new Notes(on)
  return { channel: openChannel(machine.loop, near, notes), far, notes }
}

const ask = (machine: Machine, ...ends: ReadonlyArray<ReturnType<typeof open>>): void => {
  for (const [index, { far }] of ends.entries()) machine.process.calls.send(far, bytesOf(`question ${index}`))
}

const finish = (machine: Machine, ...ends: ReadonlyArray<ReturnType<typeof open>>): void => {
  for (const { channel, far } of ends) {
    channel.close()
    if (far.isOwned) far.close()
  }
  machine.end()
}

test("all that are ready are read before the first is told, and each is told what came for it", () => {
  const machine = makeMachine(together)
  const reads: Array<number> = []
  const on = { onReceive: () => void reads.push(machine.process.callCount("receive")) }
  const ends = [open(machine, on), open(machine, on), open(machine, on)]
  ask(machine, ...ends)
  machine.turn()
  expect(reads).toEqual([3, 3, 3])
  expect(ends.map(({ notes }) => notes.events)).toEqual([["question 0"], ["question 1"], ["question 2"]])
  finish(machine, ...ends)
})

test("one that is ready alone is read as ever", () => {
  const machine = makeMachine(together)
  const runs: Array<number> = []
  const { makeCallBatch } = machine.loop.calls
  Object.assign(machine.loop.calls, {
    makeCallBatch: (...args: Parameters<typeof makeCallBatch>) => {
      const batch = makeCallBatch(...args)
      if (batch === undefined) return undefined
      const run = batch.run.bind(batch)
      return Object.assign(batch, {
        run: () => {
          runs.push(batch.size)
          run()
        }
      })
    }
  })
  expect(machine.loop.batchCalls("always", () => 100_000)).toBe(true)
  const one = open(machine)
  ask(machine, one)
  machine.turn()
  expect(one.notes.events).toEqual(["question 0"])
  expect(runs).toEqual([])
  finish(machine, one)
})

test("no more is read together than there is room for all the descriptors that could come", () => {
  const machine = makeMachine(together)
  // Three messages of 253, and not four.
  machine.loop.batchCalls("always", () => 1_000)
  const reads: Array<number> = []
  const on = { onReceive: () => void reads.push(machine.process.callCount("receive")) }
  const ends = Array.from({ length: 7 }, () => open(machine, on))
  ask(machine, ...ends)
  machine.turn()
  expect(reads).toEqual([3, 3, 3, 6, 6, 6, 7])
  machine.loop.batchCalls("always", () => 0)
  ask(machine, ...ends)
  machine.turn()
  expect(reads.slice(7)).toEqual([8, 9, 10, 11, 12, 13, 14])
  finish(machine, ...ends)
})

test("nothing is made together unless it is asked for, or where it cannot be", () => {
  const machine = makeMachine()
  expect(machine.loop.batchCalls("always", () => 100_000)).toBe(false)
  const ends = [open(machine), open(machine)]
  ask(machine, ...ends)
  machine.turn()
  expect(ends.map(({ notes }) => notes.events)).toEqual([["question 0"], ["question 1"]])
  finish(machine, ...ends)
})

test("more than there are buffers for have their turns all the same, in order", () => {
  const machine = makeMachine(together)
  const told: Array<number> = []
  const ends = Array.from({ length: 150 }, (_, index) => open(machine, { onReceive: () => void told.push(index) }))
  ask(machine, ...ends)
  machine.turn()
  expect(told).toEqual(ends.map((_, index) => index))
  expect(ends.map(({ notes }) => notes.events)).toEqual(ends.map((_, index) => [`question ${index}`]))
  finish(machine, ...ends)
})

test("one that is closed by another's handler is told nothing, and what was read for it is let go of", () => {
  const machine = makeMachine(together)
  const cargo = machine.process.open("cargo")
  const first = open(machine, { onReceive: () => second.channel.close() })
  const second = open(machine)
  ask(machine, first)
  machine.process.calls.sendDescriptor(second.far, cargo)
  cargo.close()
  machine.turn()
  expect(first.notes.events).toEqual(["question 0"])
  expect(second.notes.events).toEqual([])
  // The machine's end holds that the descriptor is closed.
  finish(machine, first, second)
})

test("a handler that throws loses its own connection, and nobody else a read", () => {
  const machine = makeMachine(together)
  const defects: Array<unknown> = []
  machine.loop.onDefect = (defect) => defects.push(defect)
  const first = open(machine, {
    onReceive: () => {
      throw new Error("planted")
    }
  })
  const second = open(machine)
  ask(machine, first, second)
  machine.turn()
  expect(defects).toEqual([new Error("planted")])
  expect(first.channel.isClosed).toBe(true)
  expect(second.notes.events).toEqual(["question 1"])
  finish(machine, first, second)
})

test("when a defect ends the loop, what was read for the others is let go of", () => {
  const machine = makeMachine(together)
  const cargo = machine.process.open("cargo")
  const first = open(machine, {
    onReceive: () => {
      throw new Error("planted")
    }
  })
  const second = open(machine)
  ask(machine, first)
  machine.process.calls.sendDescriptor(second.far, cargo)
  cargo.close()
  // Nobody has taken care of defects: the first one ends the turn.
  expect(() => machine.turn()).toThrow("planted")
  expect(second.notes.events).toEqual([])
  finish(machine, first, second)
})

test("one that has something to send, or is paused, is not read along with the others", () => {
  const machine = makeMachine({ ...together, socketBufferBytes: 24 })
  const [blocked, paused, other] = [open(machine), open(machine), open(machine)]
  blocked.channel.send(bytesOf("more than there is room for at once"))
  paused.channel.pause()
  ask(machine, blocked, paused, other)
  const before = machine.process.callCount("receive")
  machine.turn()
  expect(machine.process.callCount("receive") - before).toBe(1)
  expect([blocked, paused, other].map(({ notes }) => notes.events)).toEqual([[], [], ["question 2"]])
  finish(machine, blocked, paused, other)
})

test("a peer's end and a failed read reach their handlers in their turn", () => {
  const machine = makeMachine(together)
  const ends = [open(machine), open(machine), open(machine)] as const
  ask(machine, ends[0], ends[1])
  ends[2].far.close()
  machine.turn()
  expect(ends.map(({ notes }) => notes.events)).toEqual([["question 0"], ["question 1"], ["end"]])
  finish(machine, ...ends)
})

test("what was gathered, sent and gathered again leaves once", () => {
  const machine = makeMachine(together)
  const first = open(machine, {
    onReceive: () => {
      first.channel.send(bytesOf("1"))
      first.channel.flush()
      first.channel.send(bytesOf("2"))
    }
  })
  const second = open(machine, { onReceive: () => void second.channel.send(bytesOf("3")) })
  ask(machine, first, second)
  machine.turn()
  expect([readAll(machine.process, first.far), readAll(machine.process, second.far)]).toEqual(["12", "3"])
  finish(machine, first, second)
})

test("descriptors leave after the reads, behind what was gathered, and their outcomes come in order", () => {
  const machine = makeMachine(together)
  const cargo = machine.process.open("cargo")
  const told: Array<string> = []
  const give = (name: string) => ({
    onReceive: () => {
      const { channel } = name === "first" ? first : second
      channel.send(bytesOf("text"))
      channel.sendDescriptor(cargo, (outcome) => void told.push(`${name} ${outcome}`))
      expect(told).toEqual([])
    }
  })
  const first = open(machine, give("first"))
  const second = open(machine, give("second"))
  ask(machine, first, second)
  machine.turn()
  expect(told).toEqual(["first 1", "second 1"])
  for (const { far } of [first, second]) expect(readAll(machine.process, far)).toMatch(/^text.#$/s)
  cargo.close()
  finish(machine, first, second)
})

test("a descriptor for a peer that is gone fails, and one that it has no room for waits for its reading", () => {
  const machine = makeMachine({ ...together, socketBufferBytes: 24 })
  const { process } = machine
  const cargo = process.open("cargo")
  const told: Array<string> = []
  const [near, far] = machine.pair()
  // Another copy of the channel's socket has filled it up.
  const filler = process.calls.adopt(process.inherit(process, near))
  while (process.calls.send(filler, bytesOf("x")) > 0);
  filler.close()
  const notes = new Notes({
    onReceive: () => full.channel.sendDescriptor(cargo, (outcome) => told.push(`full ${outcome}`))
  })
  const full = { channel: openChannel(machine.loop, near, notes), far, notes }
  const gone = open(machine, {
    onReceive: () => {
      gone.far.close()
      gone.channel.sendDescriptor(cargo, (outcome) => told.push(`gone ${outcome}`))
    }
  })
  ask(machine, full, gone)
  machine.turn()
  expect(told).toEqual([`gone ${-Errno.EPIPE}`])
  expect(notes.events).toEqual(["question 0", "blocked"])
  expect(readAll(process, far)).toMatch(/^x+$/)
  machine.turn()
  expect(told).toEqual([`gone ${-Errno.EPIPE}`, "full 1"])
  expect(readAll(process, far)).toMatch(/^.#$/s)
  cargo.close()
  finish(machine, full, gone)
})

test("a channel that closes with a descriptor gathered does not send it", () => {
  const machine = makeMachine(together)
  const cargo = machine.process.open("cargo")
  const told: Array<number> = []
  const first = open(machine, {
    onReceive: () => {
      first.channel.sendDescriptor(cargo, (outcome) => told.push(outcome))
      first.channel.close()
    }
  })
  const second = open(machine)
  ask(machine, first, second)
  machine.turn()
  expect(told).toEqual([-Errno.EPIPE])
  expect(readAll(machine.process, first.far)).toBe("")
  cargo.close()
  first.far.close()
  finish(machine, second)
})

for (const { isBatching, way } of bothWays) {
  test(`what is let go of is closed at the end of the handlers' part, and told: ${way}`, () =>
    closesAtTheEnd(isBatching))
}

const closesAtTheEnd = (isBatching: boolean): void => {
  const machine = makeMachine({ isBatching })
  const [one, other] = [machine.process.open("one"), machine.process.open("other")]
  const told: Array<string> = []
  const first = open(machine, {
    onReceive: () => {
      machine.loop.letGo(one, () => told.push("one"))
      expect(one.isOwned).toBe(false)
      expect(told).toEqual([])
    }
  })
  const second = open(machine, { onReceive: () => machine.loop.letGo(other, () => told.push("other")) })
  ask(machine, first, second)
  machine.turn()
  expect(told).toEqual(["one", "other"])
  finish(machine, first, second)
}

test("where calls are made one by one, few wait to be closed, and are closed although a turn fails", () => {
  const machine = makeMachine()
  const told: Array<number> = []
  const before = machine.process.openCount
  const made = Array.from({ length: 20 }, (_, index) => machine.process.open(`file ${index}`))
  let left = 0
  const one = open(machine, {
    onReceive: () => {
      for (const [index, file] of made.entries()) machine.loop.letGo(file, () => told.push(index))
      left = machine.process.openCount - before - 2
      throw new Error("a defect")
    }
  })
  machine.loop.onDefect = (defect) => {
    throw defect
  }
  ask(machine, one)
  expect(() => machine.turn()).toThrow("a defect")
  expect([left, told.length]).toEqual([4, 16])
  finish(machine, one)
  expect(told.length).toBe(20)
})

test("outside of that it is closed at once, and also where nothing is done together", () => {
  for (const isBatching of [true, false]) {
    const machine = makeMachine({ isBatching })
    const told: Array<string> = []
    machine.loop.letGo(machine.process.open("file"), () => told.push("closed"))
    expect(told).toEqual(["closed"])
    machine.end()
  }
})
