/** What a handler sends while others are still to be read, and when it leaves. */
import { describe, expect, test } from "bun:test"
import { Errno } from "@scached/fdpass"
import type { Channel } from "../../src/index.ts"
import { bothWays, bytesOf, type Machine, makeMachine, Notes, openChannel, readAll } from "../support/simulations.ts"

/** A channel that answers whatever it receives with `answer`, and the peer's end. */
const answering = (machine: Machine, answer: (channel: Channel) => void, max?: number) => {
  const [near, far] = machine.pair()
  const notes: Notes = new Notes({ onReceive: () => answer(channel) })
  const channel = openChannel(machine.loop, near, notes, max)
  return { channel, far, notes }
}

const finish = (machine: Machine, ...ends: ReadonlyArray<ReturnType<typeof answering>>): void => {
  for (const { channel, far } of ends) {
    channel.close()
    far.close()
  }
  machine.end()
}

describe.each([...bothWays])("what is sent in a handler, $way", ({ isBatching }) => {
  test("leaves after all reads of the turn, in the same turn", () => {
    const machine = makeMachine({ isBatching })
    const sends: Array<number> = []
    const answer = (channel: Channel) => {
      channel.send(bytesOf("answer"))
      sends.push(machine.process.callCount("send"))
    }
    const both = [answering(machine, answer), answering(machine, answer)] as const
    for (const { far } of both) machine.process.calls.send(far, bytesOf("question"))
    const before = machine.process.callCount("send")
    machine.turn()
    expect(sends).toEqual([before, before])
    expect(both.map(({ far }) => readAll(machine.process, far))).toEqual(["answer", "answer"])
    finish(machine, ...both)
  })

  test("keeps the order of whatever is sent in one turn", () => {
    const machine = makeMachine({ isBatching })
    const cargo = machine.process.open("cargo")
    const one = answering(machine, (channel) => {
      channel.send(bytesOf("1"))
      channel.send(bytesOf("2"))
      channel.send(bytesOf("3"))
      channel.sendDescriptor(cargo, () => {})
      channel.send(bytesOf("5"))
      channel.send(bytesOf("6"))
    })
    machine.process.calls.send(one.far, bytesOf("question"))
    machine.turn()
    expect(readAll(machine.process, one.far)).toMatch(/^123.*#.*56$/s)
    cargo.close()
    finish(machine, one)
  })

  test("does not leave when it is a descriptor that is taken back, and its callback is not called", () => {
    const machine = makeMachine({ isBatching })
    const cargo = machine.process.open("cargo")
    const outcomes: Array<number> = []
    const answer = (channel: Channel) => {
      const pending = channel.sendDescriptor(cargo, (outcome) => outcomes.push(outcome))
      machine.loop.defer(() => pending.takeBack())
      pending.takeBack()
    }
    const [one, other] = [answering(machine, answer), answering(machine, (channel) => channel.send(bytesOf("answer")))]
    for (const { far } of [one, other]) machine.process.calls.send(far, bytesOf("question"))
    machine.turn()
    expect([readAll(machine.process, one.far), readAll(machine.process, other.far), outcomes]).toEqual([
      "",
      "answer",
      []
    ])
    one.channel.send(bytesOf("later"))
    expect(readAll(machine.process, one.far)).toBe("later")
    cargo.close()
    finish(machine, one, other)
  })

  test("follows what the callback of a descriptor sends that leaves before", () => {
    const machine = makeMachine({ isBatching })
    const cargo = machine.process.open("cargo")
    const one = answering(machine, (channel) => {
      channel.sendDescriptor(cargo, () => channel.send(bytesOf("from the callback, ")))
      channel.send(bytesOf("behind"))
    })
    machine.process.calls.send(one.far, bytesOf("question"))
    machine.turn()
    expect(readAll(machine.process, one.far)).toMatch(/#from the callback, behind$|^.from the callback, behind#$/s)
    cargo.close()
    finish(machine, one)
  })

  test("sends at once where nothing is being read", () => {
    const machine = makeMachine({ isBatching })
    const one = answering(machine, () => {})
    one.channel.send(bytesOf("unasked"))
    expect(readAll(machine.process, one.far)).toBe("unasked")
    finish(machine, one)
  })

  test("sends before the channel closes", () => {
    const machine = makeMachine({ isBatching })
    const one = answering(machine, (channel) => {
      channel.send(bytesOf("farewell"))
      channel.close()
    })
    machine.process.calls.send(one.far, bytesOf("question"))
    machine.turn()
    expect(readAll(machine.process, one.far)).toBe("farewell")
    finish(machine, one)
  })

  test("tells when not all of it was taken, and when the rest was", () => {
    const machine = makeMachine({ isBatching, socketBufferBytes: 24 })
    const one = answering(machine, (channel) => channel.send(bytesOf("more than there is room for")))
    machine.process.calls.send(one.far, bytesOf("question"))
    machine.turn()
    expect(one.notes.events).toEqual(["question", "blocked"])
    let text = ""
    for (let turns = 0; turns < 10 && one.channel.isBlocked; turns++) {
      text += readAll(machine.process, one.far)
      machine.turn()
    }
    expect(text + readAll(machine.process, one.far)).toBe("more than there is room for")
    expect(one.notes.events).toEqual(["question", "blocked", "drained"])
    finish(machine, one)
  })

  test("notices a peer that is gone with the next read", () => {
    const machine = makeMachine({ isBatching })
    const one = answering(machine, (channel) => {
      one.far.close()
      channel.send(bytesOf("for nobody"))
      expect(channel.sendFailure).toBeUndefined()
    })
    machine.process.calls.send(one.far, bytesOf("question"))
    machine.turn()
    expect(one.channel.sendFailure?.errno).toBe(Errno.EPIPE)
    machine.turn()
    expect(one.notes.events).toEqual(["question", "blocked", "end"])
    one.channel.close()
    machine.end()
  })

  test("refuses what is longer than may wait, and sends nothing of it", () => {
    const machine = makeMachine({ isBatching })
    const taken: Array<boolean> = []
    const one = answering(machine, (channel) => taken.push(channel.send(bytesOf("12345"))), 4)
    machine.process.calls.send(one.far, bytesOf("question"))
    machine.turn()
    expect(taken).toEqual([false])
    expect(readAll(machine.process, one.far)).toBe("")
    finish(machine, one)
  })
})
