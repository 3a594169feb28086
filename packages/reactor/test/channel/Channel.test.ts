import { describe, expect, test } from "bun:test"
import { type Descriptor, DescriptorMisuse, Errno } from "@scached/fdpass"
import { bytesOf, makeMachine, Notes, openChannel, readAll } from "../support/simulations.ts"

/** Sends pieces until the channel refuses; returns how many bytes it took. */
const fill = (channel: ReturnType<typeof openChannel>, piece: Uint8Array): number => {
  let taken = 0
  while (channel.send(piece)) taken += piece.length
  return taken
}

describe("sending", () => {
  test("to a peer that never reads is bounded, and reading stops until it has read", () => {
    const machine = makeMachine({ socketBufferBytes: 10_000 })
    const [near, far] = machine.pair()
    const notes = new Notes()
    const channel = openChannel(machine.loop, near, notes, 5000)
    const taken = fill(channel, new Uint8Array(100).fill(97))
    expect(channel.isBlocked).toBe(true)
    expect(channel.pendingBytes).toBe(5000)
    expect(channel.send(bytesOf("x"))).toBe(false)
    machine.process.calls.send(far, bytesOf("a question"))
    machine.turn(5)
    expect(notes.events).toEqual([])
    expect(readAll(machine.process, far)).toHaveLength(taken - 5000)
    machine.turn()
    machine.turn()
    expect(readAll(machine.process, far)).toHaveLength(5000)
    expect(notes.events).toEqual(["drained", "a question"])
    expect(channel.send(bytesOf("x"))).toBe(true)
    expect(channel.pendingBytes).toBe(0)
    channel.close()
    far.close()
    machine.end()
  })

  test("a message is taken whole or not at all", () => {
    const machine = makeMachine({ socketBufferBytes: 2000 })
    const [near, far] = machine.pair()
    const channel = openChannel(machine.loop, near, new Notes(), 5000)
    expect(channel.send(new Uint8Array(5001))).toBe(false)
    expect(readAll(machine.process, far)).toBe("")
    expect(channel.send(new Uint8Array(5000))).toBe(true)
    const left = channel.pendingBytes
    expect(left).toBeGreaterThan(0)
    expect(channel.send(new Uint8Array(5001 - left))).toBe(false)
    expect(channel.pendingBytes).toBe(left)
    expect(channel.send(new Uint8Array(0))).toBe(true)
    channel.close()
    far.close()
    machine.end()
  })

  test("keeps bytes and descriptors in order when the output is stuck, and tells each descriptor once", () => {
    const machine = makeMachine({ socketBufferBytes: 3000 })
    const [near, far] = machine.pair()
    const outcomes: Array<string> = []
    const channel = openChannel(machine.loop, near, new Notes(), 100_000)
    let expected = ""
    for (let index = 0; index < 30; index++) {
      const text = `<${index}>`.repeat(20)
      channel.send(bytesOf(text))
      const cargo = machine.process.open(`cargo ${index}`)
      channel.sendDescriptor(cargo, (outcome) => {
        outcomes.push(`${index}: ${outcome}`)
        cargo.close()
      })
      expected += `${text}\0#`
    }
    expect(channel.isBlocked).toBe(true)
    let received = ""
    for (let turn = 0; turn < 200 && channel.isBlocked; turn++) {
      received += readAll(machine.process, far)
      machine.turn()
    }
    received += readAll(machine.process, far)
    expect(received).toBe(expected)
    expect(outcomes).toEqual(Array.from({ length: 30 }, (_, index) => `${index}: 1`))
    channel.close()
    far.close()
    machine.end()
  })

  test("a descriptor that waits can be taken back, and one closed meanwhile does no harm", () => {
    const machine = makeMachine({ socketBufferBytes: 2000 })
    const [near, far] = machine.pair()
    const channel = openChannel(machine.loop, near, new Notes(), 100_000)
    const outcomes: Array<string> = []
    channel.send(new Uint8Array(10_000).fill(97))
    const send = (name: string) => {
      const cargo = machine.process.open(name)
      return { cargo, pending: channel.sendDescriptor(cargo, (outcome) => outcomes.push(`${name} ${outcome}`)) }
    }
    const first = send("taken back")
    const second = send("closed")
    const third = send("sent")
    first.pending.takeBack()
    first.cargo.close()
    second.cargo.close()
    let received = ""
    for (let turn = 0; turn < 50; turn++) {
      received += readAll(machine.process, far)
      machine.turn()
    }
    expect(received.slice(-3)).toBe("a\0#")
    expect(outcomes).toEqual([`closed ${-Errno.EBADF}`, "sent 1"])
    // Too late: it has been told.
    third.pending.takeBack()
    third.cargo.close()
    channel.close()
    far.close()
    machine.end()
  })

  test("closing within onSent tells the others once, and none twice", () => {
    const machine = makeMachine({ socketBufferBytes: 2000 })
    const [near, far] = machine.pair()
    const notes = new Notes()
    const channel = openChannel(machine.loop, near, notes, 100_000)
    const outcomes: Array<string> = []
    channel.send(new Uint8Array(5000))
    const cargo = machine.process.open("cargo")
    for (const name of ["a", "b", "c", "d"]) {
      channel.sendDescriptor(cargo, (outcome) => {
        outcomes.push(`${name} ${outcome}`)
        if (name === "b") channel.close()
      })
    }
    for (let turn = 0; turn < 50; turn++) {
      readAll(machine.process, far)
      machine.turn()
    }
    expect(outcomes).toEqual(["a 1", "b 1", `c ${-Errno.EPIPE}`, `d ${-Errno.EPIPE}`])
    expect(notes.events).toEqual([])
    channel.sendDescriptor(cargo, (outcome) => outcomes.push(`e ${outcome}`))
    expect(outcomes.at(-1)).toBe(`e ${-Errno.EPIPE}`)
    cargo.close()
    far.close()
    machine.end()
  })

  test("a failure that reading would not find ends the channel, and nothing is sent behind lost bytes", () => {
    const machine = makeMachine({ faults: { script: [{ call: "send", nth: 2, fault: "noBuffers" }] } })
    const [near, far] = machine.pair()
    const notes = new Notes()
    const channel = openChannel(machine.loop, near, notes)
    for (const text of ["first", "lost", "behind"]) expect(channel.send(bytesOf(text))).toBe(true)
    expect(channel.sendFailure?.message).toContain("send")
    machine.turn()
    expect(notes.events).toEqual(["end ENOBUFS"])
    expect(readAll(machine.process, far)).toBe("first")
    channel.close()
    far.close()
    machine.end()
  })
})

describe("the peer", () => {
  test("that has died is found after what it had sent, and once", () => {
    const machine = makeMachine()
    const [near, far] = machine.pair()
    const notes = new Notes()
    const channel = openChannel(machine.loop, near, notes)
    machine.process.calls.send(far, bytesOf("last words"))
    far.close()
    expect(channel.send(bytesOf("into the void"))).toBe(true)
    expect(channel.sendFailure?.errnoName).toBe("EPIPE")
    machine.turn(5)
    expect(notes.events).toEqual(["last words", "end"])
    // It stays ready for ever; the loop must not hear of it again.
    expect(machine.loop.watched).toBe(0)
    channel.close()
    machine.end()
  })

  test("that left something unread is a reset, also after a failed send", () => {
    const machine = makeMachine()
    const [near, far] = machine.pair()
    const notes = new Notes()
    const channel = openChannel(machine.loop, near, notes)
    channel.send(bytesOf("unread"))
    far.close()
    channel.send(bytesOf("too late"))
    machine.turn(3)
    expect(notes.events).toEqual(["end ECONNRESET"])
    channel.close()
    machine.end()
  })

  test("that dies while output waits ends everything that waited", () => {
    const machine = makeMachine({ socketBufferBytes: 2000 })
    const [near, far] = machine.pair()
    const notes = new Notes()
    const channel = openChannel(machine.loop, near, notes, 100_000)
    const outcomes: Array<number> = []
    channel.send(new Uint8Array(10_000))
    const cargo = machine.process.open("cargo")
    channel.sendDescriptor(cargo, (outcome) => outcomes.push(outcome))
    channel.send(bytesOf("behind"))
    far.close()
    machine.turn(5)
    expect(outcomes).toEqual([-Errno.EPIPE])
    expect(channel.pendingBytes).toBe(0)
    expect(notes.events).toEqual(["drained", "end ECONNRESET"])
    cargo.close()
    channel.close()
    machine.end()
  })
})

describe("pause", () => {
  test("within onReceive holds everything back, and costs nothing when it is taken back within the turn", () => {
    const machine = makeMachine()
    const [near, far] = machine.pair()
    const notes = new Notes({ onReceive: () => channel.pause() })
    const channel = openChannel(machine.loop, near, notes)
    const controls = () => machine.process.callCount("epollModify") + machine.process.callCount("epollRemove")
    machine.process.calls.send(far, bytesOf("one"))
    machine.turn()
    channel.resume()
    machine.turn(3)
    expect(controls()).toBe(0)
    machine.process.calls.send(far, bytesOf("two"))
    machine.turn()
    machine.process.calls.send(far, bytesOf("three"))
    machine.turn(5)
    expect(notes.events).toEqual(["one", "two"])
    expect(machine.loop.watched).toBe(0)
    channel.resume()
    machine.turn()
    expect(notes.events).toEqual(["one", "two", "three"])
    channel.close()
    far.close()
    machine.end()
  })
})

describe("close", () => {
  test("within onReceive, onDrained and onEnd is the end, and twice is once", () => {
    for (const where of ["onReceive", "onDrained", "onEnd"] as const) {
      const machine = makeMachine({ socketBufferBytes: 2000 })
      const [near, far] = machine.pair()
      const close = () => {
        channel.close()
        channel.close()
      }
      const notes = new Notes({ [where]: close })
      const channel = openChannel(machine.loop, near, notes)
      if (where === "onDrained") channel.send(new Uint8Array(5000))
      else machine.process.calls.send(far, bytesOf("hello"))
      for (let turn = 0; turn < 10; turn++) {
        readAll(machine.process, far)
        machine.turn()
      }
      if (where === "onEnd") far.close()
      machine.turn(5)
      expect(channel.isClosed).toBe(true)
      expect(notes.events).toEqual(
        where === "onReceive" ? ["hello"] : where === "onEnd" ? ["hello", "end"] : ["drained"]
      )
      if (where !== "onEnd") far.close()
      machine.end()
    }
  })

  test("of one client within another's turn", () => {
    const machine = makeMachine()
    const pairs = [machine.pair(), machine.pair()] as const
    const all: Array<ReturnType<typeof openChannel>> = []
    const notes = pairs.map(
      () =>
        new Notes({
          onReceive: () => {
            for (const each of all) each.close()
          }
        })
    )
    for (const [index, [near]] of pairs.entries())
      all.push(openChannel(machine.loop, near, notes[index] ?? new Notes()))
    for (const [, far] of pairs) machine.process.calls.send(far, bytesOf("x"))
    machine.turn(3)
    expect(notes.flatMap((each) => each.events)).toEqual(["x"])
    for (const [, far] of pairs) far.close()
    machine.end()
  })

  test("gives the socket away open with detach", () => {
    const machine = makeMachine()
    const [near, far] = machine.pair()
    const notes = new Notes()
    const channel = openChannel(machine.loop, near, notes)
    machine.process.calls.send(far, bytesOf("unread"))
    const socket = channel.detach()
    machine.turn(3)
    expect(notes.events).toEqual([])
    expect(readAll(machine.process, socket)).toBe("unread")
    expect(() => channel.detach()).toThrow(DescriptorMisuse)
    channel.close()
    socket.close()
    far.close()
    machine.end()
  })

  test("a socket that cannot be watched is closed", () => {
    const machine = makeMachine({ faults: { script: [{ call: "epollAdd", nth: 1, fault: "noMemory" }] } })
    const [near, far] = machine.pair()
    expect(() => openChannel(machine.loop, near, new Notes())).toThrow("epoll_ctl: out of memory (ENOMEM)")
    far.close()
    machine.end()
  })

  test("one that cannot be watched any more is told", () => {
    const machine = makeMachine({ faults: { script: [{ call: "epollAdd", nth: 2, fault: "noMemory" }] } })
    const [near, far] = machine.pair()
    const notes = new Notes({ onReceive: () => channel.pause() })
    const channel = openChannel(machine.loop, near, notes)
    machine.process.calls.send(far, bytesOf("one"))
    machine.turn(1)
    machine.process.calls.send(far, bytesOf("two"))
    machine.turn(2)
    channel.resume()
    machine.turn()
    expect(notes.events).toEqual(["one", "end ENOMEM"])
    channel.close()
    far.close()
    machine.end()
  })
})

describe("an owner that throws", () => {
  const throwing = () => {
    throw "defect"
  }

  test("loses its own client and no other", () => {
    for (const where of ["onReceive", "onDrained", "onEnd"] as const) {
      const machine = makeMachine({ socketBufferBytes: 2000 })
      const told: Array<unknown> = []
      machine.loop.onDefect = (defect) => told.push(defect)
      const [near, far] = machine.pair()
      const [goodNear, goodFar] = machine.pair()
      const goodNotes = new Notes()
      const notes = new Notes({ [where]: throwing })
      const good = openChannel(machine.loop, goodNear, goodNotes)
      const channel = openChannel(machine.loop, near, notes)
      if (where === "onDrained") channel.send(new Uint8Array(5000))
      else machine.process.calls.send(far, bytesOf("x"))
      for (let turn = 0; turn < 10; turn++) {
        readAll(machine.process, far)
        machine.process.calls.send(goodFar, bytesOf("."))
        machine.turn()
      }
      far.close()
      machine.turn(3)
      expect(told).toEqual(["defect"])
      expect(channel.isClosed).toBe(true)
      expect(notes.events.filter((each) => each === "end")).toHaveLength(1)
      expect(goodNotes.events.join("")).toBe("..........")
      good.close()
      goodFar.close()
      machine.end()
    }
  })

  test("in onSent, while the others that wait are told all the same", () => {
    const machine = makeMachine({ socketBufferBytes: 2000 })
    const told: Array<unknown> = []
    machine.loop.onDefect = (defect) => told.push(defect)
    const [near, far] = machine.pair()
    const channel = openChannel(machine.loop, near, new Notes(), 100_000)
    const outcomes: Array<number> = []
    channel.send(new Uint8Array(5000))
    const cargo: Descriptor = machine.process.open("cargo")
    channel.sendDescriptor(cargo, throwing)
    channel.sendDescriptor(cargo, throwing)
    channel.sendDescriptor(cargo, (outcome) => outcomes.push(outcome))
    for (let turn = 0; turn < 10; turn++) {
      readAll(machine.process, far)
      machine.turn()
    }
    expect(told).toEqual(["defect", "defect"])
    expect(outcomes).toEqual([-Errno.EPIPE])
    expect(channel.isClosed).toBe(true)
    cargo.close()
    far.close()
    machine.end()
  })
})
