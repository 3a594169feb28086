/** Answers that wait for the end of the turn's reads: what follows when sending them fails, within `flush` and later. */
import { describe, expect, test } from "bun:test"
import type { FaultKind } from "@scached/fdpass/testing"
import type { Channel } from "../../src/index.ts"
import { bytesOf, type Machine, makeMachine, Notes, openChannel, readAll } from "../support/simulations.ts"

/**
 * A channel whose peer has just asked something, on a machine where the answer's `send` meets this fault: it comes behind the questions of
 * all peers.
 */
const asked = (
  fault: FaultKind | undefined,
  answer: (channel: Channel) => void,
  onBlocked: () => void = () => {},
  questions = 1
) => {
  const script = fault === undefined ? [] : [{ call: "send" as const, nth: questions + 1, fault }]
  const machine: Machine = makeMachine({ faults: { script } })
  const [near, far] = machine.pair()
  const notes = new Notes({ onReceive: () => answer(channel), onBlocked })
  const channel = openChannel(machine.loop, near, notes)
  machine.process.calls.send(far, bytesOf("question"))
  return {
    machine,
    far,
    channel,
    notes,
    sends: () => machine.process.callCount("send") - 1,
    received: () => readAll(machine.process, far),
    end: () => {
      channel.close()
      far.close()
      machine.end()
    }
  }
}

/** What a channel tells of itself. */
const stateOf = ({ isBlocked, isClosed, pendingBytes, sendFailure }: Channel) => ({
  isBlocked,
  isClosed,
  pendingBytes,
  failure: sendFailure?.errnoName
})

const fine = { isBlocked: false, isClosed: false, pendingBytes: 0, failure: undefined }

describe("flush", () => {
  test("sends what is kept within the handler, once", () => {
    const sends: Array<number> = []
    const one = asked(undefined, (channel) => {
      channel.send(bytesOf("answer"))
      sends.push(one.sends())
      channel.flush()
      sends.push(one.sends())
      channel.flush()
    })
    one.machine.turn(2)
    expect([sends, one.sends(), one.received()]).toEqual([[0, 1], 1, "answer"])
    expect([one.notes.events, stateOf(one.channel)]).toEqual([["question"], fine])
    one.end()
  })

  test("makes no call where nothing is kept, or the channel is closed", () => {
    const one = asked(undefined, (channel) => channel.flush())
    one.machine.turn()
    one.channel.flush()
    one.channel.close()
    one.channel.flush()
    expect(one.sends()).toBe(0)
    one.far.close()
    one.machine.end()
  })

  for (const fault of ["notReady", "interrupted", "shortWrite"] as const) {
    test(`what is not taken (${fault}) waits, and is told when it has left`, () => {
      const states: Array<unknown> = []
      const one = asked(fault, (channel) => {
        channel.send(bytesOf("answer"))
        channel.flush()
        states.push(stateOf(channel))
      })
      one.machine.turn()
      const rest = 6 - one.received().length
      expect(states).toEqual([{ ...fine, isBlocked: true, pendingBytes: rest }])
      one.machine.turn(2)
      expect(one.received()).toHaveLength(rest)
      // It was asked for at once, and so is not told what it can see.
      expect([one.notes.events, stateOf(one.channel)]).toEqual([["question", "drained"], fine])
      one.end()
    })
  }

  test("a failure shows at once, and ends the channel's reading later, once", () => {
    const states: Array<unknown> = []
    const one = asked("noBuffers", (channel) => {
      channel.send(bytesOf("lost"))
      channel.flush()
      states.push(stateOf(channel), [...one.notes.events])
      // Nothing is sent behind what was lost.
      channel.send(bytesOf("behind it"))
      channel.flush()
    })
    one.machine.turn(3)
    expect(states).toEqual([{ ...fine, failure: "ENOBUFS" }, ["question"]])
    expect([one.notes.events, one.sends(), one.received()]).toEqual([["question", "end ENOBUFS"], 1, ""])
    one.end()
  })

  test("of a peer that is gone the next read tells, and nothing before", () => {
    const one = asked("connectionBroken", (channel) => {
      channel.send(bytesOf("for nobody"))
      channel.flush()
      expect([stateOf(channel), one.notes.events]).toEqual([{ ...fine, failure: "EPIPE" }, ["question"]])
    })
    one.machine.turn()
    expect(one.notes.events).toEqual(["question"])
    one.machine.turn()
    expect(one.notes.events).toEqual(["question", "end"])
    one.end()
  })

  test("an owner that closes at once for a failure hears no more", () => {
    const one = asked("noBuffers", (channel) => {
      channel.send(bytesOf("lost"))
      channel.flush()
      if (channel.sendFailure !== undefined) channel.close()
    })
    one.machine.turn(3)
    expect([one.notes.events, one.channel.isClosed]).toEqual([["question"], true])
    one.far.close()
    one.machine.end()
  })
})

describe("onBlocked", () => {
  const keep = (channel: Channel) => {
    channel.send(bytesOf("answer"))
  }

  for (const fault of ["notReady", "interrupted", "shortWrite"] as const) {
    test(`tells of what was not taken (${fault}), and onDrained when it has left`, () => {
      const states: Array<unknown> = []
      const one = asked(fault, keep, () => states.push(stateOf(one.channel)))
      one.machine.turn()
      const rest = 6 - one.received().length
      expect([states, one.notes.events]).toEqual([
        [{ ...fine, isBlocked: true, pendingBytes: rest }],
        ["question", "blocked"]
      ])
      one.machine.turn(2)
      expect(one.received()).toHaveLength(rest)
      expect(one.notes.events).toEqual(["question", "blocked", "drained"])
      one.end()
    })
  }

  test("tells of a failure with its reason, before the end that follows", () => {
    const states: Array<unknown> = []
    const one = asked("noBuffers", keep, () => states.push(stateOf(one.channel)))
    one.machine.turn(3)
    expect(states).toEqual([{ ...fine, failure: "ENOBUFS" }])
    expect([one.notes.events, one.received()]).toEqual([["question", "blocked", "end ENOBUFS"], ""])
    one.end()
  })

  test("tells of a peer that is gone", () => {
    const states: Array<unknown> = []
    const one = asked("connectionBroken", keep, () => states.push(stateOf(one.channel)))
    one.machine.turn(2)
    expect([states, one.notes.events]).toEqual([[{ ...fine, failure: "EPIPE" }], ["question", "blocked", "end"]])
    one.end()
  })

  test("an owner that closes in it hears no more", () => {
    const one = asked("noBuffers", keep, () => one.channel.close())
    one.machine.turn(3)
    expect([one.notes.events, one.channel.isClosed]).toEqual([["question", "blocked"], true])
    one.far.close()
    one.machine.end()
  })

  test("is not called when all was taken", () => {
    const one = asked(undefined, keep)
    one.machine.turn(2)
    expect([one.notes.events, one.received()]).toEqual([["question"], "answer"])
    one.end()
  })

  test("an owner that throws in it loses its channel, and costs the others of this turn nothing", () => {
    const throws = () => {
      throw "defect"
    }
    const one = asked("noBuffers", keep, throws, 2)
    const { loop, process } = one.machine
    const defects: Array<unknown> = []
    loop.onDefect = (defect) => defects.push(defect)
    const [near, far] = one.machine.pair()
    const other: Channel = openChannel(loop, near, new Notes({ onReceive: () => keep(other) }))
    process.calls.send(far, bytesOf("question"))
    one.machine.turn(2)
    expect(defects).toEqual(["defect"])
    expect([one.notes.events, one.channel.isClosed]).toEqual([["question", "blocked", "end"], true])
    expect(readAll(process, far)).toBe("answer")
    other.close()
    far.close()
    one.end()
  })
})
