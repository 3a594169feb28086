/** What becomes of what the peer had sent when a channel is closed. */
import { describe, expect, test } from "bun:test"
import { Errno } from "@scached/fdpass"
import { bytesOf, makeMachine, Notes, openChannel } from "../support/simulations.ts"

describe("closing with something unread", () => {
  test("receives the descriptors in it, so that the kernel need not close them, and closes each once", () => {
    const machine = makeMachine()
    const [near, far] = machine.pair()
    const channel = openChannel(machine.loop, near, new Notes())
    const cargo = machine.process.open("cargo")
    for (let left = 5; left > 0; left--) machine.process.calls.sendDescriptor(far, cargo)
    machine.process.sendDescriptors(far, [cargo, cargo, cargo])
    machine.process.calls.send(far, bytesOf("and some bytes"))
    cargo.close()
    const open = machine.process.openCount
    channel.close()
    expect(machine.process.openCount).toBe(open - 1)
    expect(machine.kernel.counts).toMatchObject({ received: 8, lost: 0 })
    expect(machine.process.calls.send(far, bytesOf("x"))).toBe(-Errno.EPIPE)
    far.close()
    machine.end()
  })

  test("leaves the bytes alone that its owner is just looking at", () => {
    const machine = makeMachine()
    const [near, far] = machine.pair()
    const seen: Array<string> = []
    const channel = openChannel(
      machine.loop,
      near,
      new Notes({
        onReceive: (bytes) => {
          machine.process.calls.send(far, bytesOf("overwritten"))
          channel.close()
          seen.push(Buffer.from(bytes).toString("latin1"))
        }
      })
    )
    machine.process.calls.send(far, bytesOf("hello"))
    machine.turn()
    expect(seen).toEqual(["hello"])
    far.close()
    machine.end()
  })

  test("costs no call where the peer has left and everything was read", () => {
    const machine = makeMachine()
    const [near, far] = machine.pair()
    const channel = openChannel(machine.loop, near, new Notes())
    far.close()
    machine.turn()
    channel.close()
    expect(machine.process.callCount("discardUnread")).toBe(0)
    machine.end()
  })
})
